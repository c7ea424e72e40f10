import { afterAll, beforeAll, expect, test } from 'bun:test'
import { addAgent, generalChannel, type Message, type Person, setUp } from '../support/client.ts'
import { rawRequest } from '../support/raw-socket.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { until } from '../support/streams.ts'

const APP = 'https://app.example.com'

let server: TestServer
let admin: Person
let key: string
let general: string
let user_id: string

beforeAll(async () => {
  server = await startServer({ env: { MC_CORS_ORIGIN: APP } })
  admin = await setUp(server)
  const bot = await addAgent(admin, 'forge')
  key = bot.key
  user_id = bot.user.id
  general = (await generalChannel(admin)).id
  for (let i = 0; i < 10; i++)
    await admin.in<Message>('POST', `/channels/${general}/messages`, { content: `${i} `.repeat(500) })
})
afterAll(() => server.stop())

/** The head of an answer, as it was sent. */
async function headOf(method: string, path: string, headers: readonly string[], body = ''): Promise<string> {
  const request = rawRequest(server.port, [
    `${method} ${path} HTTP/1.1`,
    'Host: localhost',
    'Accept-Encoding: gzip, br',
    `Origin: ${APP}`,
    ...headers,
    ...(body === '' ? [] : ['Content-Type: application/json', `Content-Length: ${body.length}`]),
  ])
  request.socket.write(body)
  await until(() => request.text().includes('\r\n\r\n'))
  request.socket.destroy()
  return request.text().split('\r\n\r\n', 1)[0]!.toLowerCase()
}

const ORG = '/api/v1/orgs/fieldnote'

test('W8 a read of an org above 1 KiB is compressed, and says that it depends on coding and origin', async () => {
  const head = await headOf('GET', `${ORG}/channels/${general}/messages`, [`Authorization: Bearer ${key}`])
  expect(head).toContain('content-encoding: gzip')
  expect(head).toContain('vary: origin, accept-encoding')
  const answer = await fetch(`${server.url}${ORG}/channels/${general}/messages`, {
    headers: { Authorization: `Bearer ${key}` },
  })
  const { data } = (await answer.json()) as { data: Message[] }
  expect(data).toHaveLength(10)
})

test('W8 streams, answers of /auth, writes and lists of keys are never compressed', async () => {
  const bearer = [`Authorization: Bearer ${key}`]
  const cookies = [`Cookie: ${admin.cookieHeader}`]
  // A list of keys that is long enough.
  for (let i = 0; i < 8; i++) await admin.in('POST', `/users/${user_id}/api-keys/rotate`, { grace_hours: 24 })
  const long = JSON.stringify({ content: 'a'.repeat(5_000) })
  const heads = await Promise.all([
    headOf('GET', `${ORG}/events/stream`, bearer),
    headOf('GET', '/auth/me', cookies),
    headOf('GET', '/auth/sessions', cookies),
    headOf('GET', `${ORG}/users/${user_id}/api-keys`, cookies),
    headOf('POST', `${ORG}/channels/${general}/messages`, bearer, long),
  ])
  for (const head of heads) {
    expect(head).toMatch(/^http\/1\.1 20[01]/)
    expect(head).not.toContain('content-encoding')
  }
})

test('W8 the document of the API and its viewer are compressed', async () => {
  for (const path of ['/docs/json', '/docs/swagger-ui-bundle.js'])
    expect(await headOf('GET', path, [])).toContain('content-encoding: gzip')
})
