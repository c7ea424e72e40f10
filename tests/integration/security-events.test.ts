import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type Agent, addAgent, join, type Person, setUp } from '../support/client.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let admin: Person
let ana: Person
let bot: Agent

beforeAll(async () => {
  server = await startServer()
  admin = await setUp(server)
  ana = await join(admin, 'Ana Lima')
  bot = await addAgent(admin, 'forge')
})
afterAll(() => server.stop())

interface Row {
  type: string
  actor: { id: string; type: string }
  payload: { ip?: string; user_agent?: string }
}

test('whatever touches security is a row with who did it, from where and with what; administrators see it', async () => {
  const from = { 'User-Agent': 'an examiner' }
  const user = `/users/${bot.user.id}`
  const doings: [string, string, string, unknown?][] = [
    ['api_key.rotated', 'POST', `${user}/api-keys/rotate`, { grace_hours: 1 }],
    ['api_key.revoked', 'DELETE', `${user}/api-keys`],
    ['user.role_changed', 'PATCH', user, { role: 'administrator' }],
    ['user.removed', 'DELETE', user],
    ['org.settings_changed', 'PATCH', '', { settings: { task_defaults: { priority: 'high' } } }],
    ['org.deletion_initiated', 'DELETE', '', { confirm: 'fieldnote' }],
  ]
  for (const [type, method, path, body] of doings) {
    const { status } = await admin.in(method, path, body, from)
    expect([type, status < 300]).toEqual([type, true])
    const { body: found } = await admin.in<{ data: Row[] }>('GET', `/events?type=${type}`)
    expect(found.data).toHaveLength(1)
    expect(found.data[0]).toMatchObject({
      actor: { id: admin.user_id, type: 'human' },
      payload: { ip: expect.stringMatching(/^(127\.0\.0\.1|::1)$/), user_agent: 'an examiner' },
    })
    expect((await ana.in<{ data: Row[] }>('GET', `/events?type=${type}`)).body.data).toEqual([])
  }
})
