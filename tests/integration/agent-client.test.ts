import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { ClientReport } from '../../src/contracts/requests.ts'
import type { AgentClient, User } from '../../src/contracts/resources.ts'
import { type Agent, addAgent, type Person, setUp } from '../support/client.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { SseJournal, until } from '../support/streams.ts'

let server: TestServer
let admin: Person

beforeAll(async () => {
  server = await startServer()
  admin = await setUp(server)
})
afterAll(() => server.stop())

const REPORT: ClientReport = {
  name: 'mc-bridge',
  version: '1.0.0',
  wake: 'mention',
  state: 'ready',
  detail: null,
  gateway: { version: '2026.7.1', connected: true },
}
const report = (agent: Agent, body: unknown) => agent.in<AgentClient>('PUT', '/users/me/client', body)
const userOf = async (agent: Agent) => (await admin.in<User>('GET', `/users/${agent.user.id}`)).body
/** Events about an agent, from the log. */
const changesOf = async ({ user }: Agent) =>
  (
    await admin.in<{ data: { payload: { user: User } }[] }>('GET', '/events?type=user.updated&limit=200')
  ).body.data.filter(({ payload }) => payload.user.id === user.id)

describe('C70 the client of an agent reports itself', () => {
  test('as part of the member, live, and left out before', async () => {
    const forge = await addAgent(admin, 'forge')
    expect(await userOf(forge)).not.toHaveProperty('client')
    const stream = await SseJournal.open(`${server.url}/api/v1/orgs/fieldnote/events/stream`, {
      Cookie: admin.cookieHeader,
    })
    const before = new Date().toISOString()
    const { status, body } = await report(forge, REPORT)
    expect([status, body]).toEqual([200, { ...REPORT, reported_at: expect.any(String) as string }])
    expect(body.reported_at >= before).toBe(true)
    await until(() => stream.ofType('user.updated').length > 0, 'the event')
    // The last activity is written beside the commands: it may be later in the member than in the event.
    const told = stream.ofType('user.updated')[0]?.payload.user
    expect({ ...told, last_active_at: null }).toEqual({ ...(await userOf(forge)), last_active_at: null })
    expect((await userOf(forge)).client).toEqual(body)
    expect(stream.problems).toEqual([])
    await stream.close()
  })

  test('the same again is neither a write nor an event; any other field is both', async () => {
    const probe = await addAgent(admin, 'probe')
    const { body: first } = await report(probe, REPORT)
    const { gateway: _, ...rest } = REPORT
    const same = { gateway: { connected: true, version: '2026.7.1' }, ...rest, name: ' mc-bridge ' }
    expect((await report(probe, same)).body).toEqual(first)
    expect(await changesOf(probe)).toHaveLength(1)
    const changes: Partial<ClientReport>[] = [
      { name: 'another' },
      { version: '1.0.1' },
      { wake: 'all' },
      { state: 'degraded' },
      { detail: 'The gateway is away.' },
      { gateway: { version: '2026.7.1', connected: false } },
      { gateway: { version: '2026.7.2', connected: true } },
      { gateway: null },
      { instance: 'one' },
      { instance: 'another' },
    ]
    for (const change of changes) {
      await report(probe, { ...REPORT, ...change })
      expect((await userOf(probe)).client).toMatchObject(change)
      await report(probe, REPORT)
    }
    expect(await changesOf(probe)).toHaveLength(1 + 2 * changes.length)
  })

  test('the same again after a restart is no event either', async () => {
    const lynx = await addAgent(admin, 'lynx')
    const { body: first } = await report(lynx, REPORT)
    await server.restart()
    expect((await report(lynx, REPORT)).body).toEqual(first)
    expect(await changesOf(lynx)).toHaveLength(1)
  })

  test('keys that are rotated and revoked, and changes of the member, leave it', async () => {
    const crane = await addAgent(admin, 'crane')
    const { body: client } = await report(crane, REPORT)
    await crane.in('PUT', '/users/me/commands', [{ name: 'deploy', description: 'Ships.' }])
    await admin.in('PATCH', `/users/${crane.user.id}`, { display_name: 'Crane II' })
    await admin.in('POST', `/users/${crane.user.id}/api-keys/rotate`, { grace_hours: 0 })
    await admin.in('DELETE', `/users/${crane.user.id}/api-keys`)
    expect(await userOf(crane)).toMatchObject({ client, display_name: 'Crane II' })
  })

  test('fields and callers are checked', async () => {
    const owl = await addAgent(admin, 'owl')
    const longest = {
      name: 'n'.repeat(64),
      version: 'v'.repeat(32),
      wake: 'project',
      state: 'degraded',
      detail: 'd'.repeat(300),
      gateway: { version: 'g'.repeat(64), connected: false },
      instance: 'i'.repeat(64),
    }
    expect((await report(owl, longest)).status).toBe(200)
    for (const bad of [
      {},
      { ...REPORT, name: '' },
      { ...longest, name: 'n'.repeat(65) },
      { ...longest, version: 'v'.repeat(33) },
      { ...longest, instance: 'i'.repeat(65) },
      { ...longest, instance: '' },
      { ...longest, instance: null },
      { ...longest, detail: 'd'.repeat(301) },
      { ...longest, gateway: { version: 'g'.repeat(65), connected: true } },
      { ...REPORT, gateway: { version: '1' } },
      { ...REPORT, wake: 'never' },
      { ...REPORT, state: 'away' },
      { ...REPORT, reported_at: '2026-01-01T00:00:00.000Z' },
    ])
      expect([bad, (await report(owl, bad)).status]).toEqual([bad, 400])
    expect((await admin.in('PUT', '/users/me/client', REPORT)).status).toBe(403)
    expect((await userOf(owl)).client).toMatchObject(longest)
  })
})
