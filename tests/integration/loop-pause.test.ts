import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type Agent, addAgent, join, type Person, setUp } from '../support/client.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { SseJournal, until } from '../support/streams.ts'

let server: TestServer
let admin: Person
let ana: Person
let forge: Agent
let scout: Agent
/** An agent with the role of an administrator. */
let chief: Agent

beforeAll(async () => {
  server = await startServer()
  admin = await setUp(server)
  ana = await join(admin, 'Ana Duarte')
  forge = await addAgent(admin, 'forge')
  scout = await addAgent(admin, 'scout')
  chief = await addAgent(admin, 'chief')
  await admin.in('PATCH', `/users/${chief.user.id}`, { role: 'administrator' })
  await admin.in('PATCH', '', {
    settings: { agent_limits: { loop_brake: { messages: 4, minutes: 10 } } },
  })
})
afterAll(() => server.stop())

const write = async (who: Agent, channel_id: string) =>
  (await who.in('POST', `/channels/${channel_id}/messages`, { content: 'Over to you' })).status
const lift = (who: { in: Person['in'] }, channel_id: string) =>
  who.in<{ error: { code: string } } | undefined>('DELETE', `/channels/${channel_id}/loop-pause`)

/** A channel in which the agents were just stopped. */
async function pausedChannel(name: string): Promise<string> {
  const { id } = (await admin.in<{ id: string }>('POST', '/channels', { name })).body
  for (let i = 0; i < 4; i++) expect(await write(i % 2 ? forge : scout, id)).toBe(201)
  expect(await write(scout, id)).toBe(429)
  return id
}

test('C75 an administrator ends the pause at once, and the event names who did', async () => {
  const id = await pausedChannel('lifted')
  const stream = await SseJournal.open(`${server.url}/api/v1/orgs/fieldnote/events/stream`, forge.headers)
  expect((await lift(admin, id)).status).toBe(204)
  expect(await write(forge, id)).toBe(201)
  expect(await write(scout, id)).toBe(201)
  await until(() => stream.ofType('channel.loop_resumed').length > 0, 'the event')
  expect(stream.ofType('channel.loop_resumed')).toMatchObject([
    {
      actor: { id: admin.user_id, type: 'human', display_name: 'Ines Carvalho' },
      channel_id: id,
      payload: { channel_id: id, reason: 'administrator' },
    },
  ])
  await stream.close()
  // A new run of agents' messages is stopped again.
  for (let i = 0; i < 2; i++) expect(await write(i % 2 ? forge : scout, id)).toBe(201)
  expect(await write(forge, id)).toBe(429)
})

test('C75 without a pause the answer is the same, and nothing is logged', async () => {
  const id = await pausedChannel('twice')
  const answers = await Promise.all([lift(admin, id), lift(admin, id), lift(admin, id)])
  expect(answers.map(({ status }) => status)).toEqual([204, 204, 204])
  expect((await lift(admin, id)).status).toBe(204)
  const { body } = await admin.in<{ data: unknown[] }>(
    'GET',
    `/events?channel_id=${id}&type=channel.loop_resumed`,
  )
  expect(body.data).toHaveLength(1)
})

test('C75 contributors and agents do not end it, and no channel is 404', async () => {
  const id = await pausedChannel('kept')
  for (const who of [ana, forge, chief])
    expect(await lift(who, id)).toMatchObject({ status: 403, body: { error: { code: 'FORBIDDEN' } } })
  expect(await write(forge, id)).toBe(429)
  expect(await lift(admin, crypto.randomUUID())).toMatchObject({
    status: 404,
    body: { error: { code: 'CHANNEL_NOT_FOUND' } },
  })
})
