import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type Agent, addAgent, generalChannel, type Person, setUp } from '../../support/client.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { SseJournal, until, WsJournal } from '../../support/streams.ts'

let server: TestServer
let admin: Person
let socket: WsJournal
let general: string

beforeAll(async () => {
  server = await startServer()
  admin = await setUp(server)
  general = (await generalChannel(admin)).id
  socket = await WsJournal.open(
    `${server.url}/api/v1/orgs/fieldnote/channels/ws`,
    { Cookie: admin.cookieHeader, Origin: server.url },
    {},
  )
})
afterAll(async () => {
  socket?.close()
  await server.stop()
})

const stream = (agent: Agent) =>
  SseJournal.open(`${server.url}/api/v1/orgs/fieldnote/events/stream`, agent.headers)
const present = () => {
  const last = socket.ofType('presence').findLast(({ channel_id }) => channel_id === general)
  return (last?.user_ids ?? []) as string[]
}

test('C51 an agent is present by its streams, until the last of them ends', async () => {
  const forge = await addAgent(admin, 'forge')
  expect(present()).not.toContain(forge.user.id)
  const [one, two] = [await stream(forge), await stream(forge)]
  await until(() => present().includes(forge.user.id), 'presence by a stream')
  await one.close()
  const other = await addAgent(admin, 'other')
  const mark = await stream(other)
  await until(() => present().includes(other.user.id), 'a later announcement')
  expect(present()).toContain(forge.user.id)
  await two.close()
  await until(() => !present().includes(forge.user.id), 'the end of the presence')
  await mark.close()
})

test('C51 an agent that only calls is present, and no longer once it is removed', async () => {
  const poller = await addAgent(admin, 'poller')
  await poller.in('GET', '/users/me')
  await until(() => present().includes(poller.user.id), 'presence by a call')
  await admin.in('DELETE', `/users/${poller.user.id}`)
  await until(() => !present().includes(poller.user.id), 'the end of the presence')
})
