import { afterAll, beforeAll, expect, test } from 'bun:test'
import {
  type Agent,
  addAgent,
  generalChannel,
  join,
  type Message,
  type Person,
  setUp,
} from '../../support/client.ts'
import { databaseOf, startServer, type TestServer } from '../../support/server.ts'
import { Statements } from '../../support/statements.ts'
import { SseJournal, until, WsJournal } from '../../support/streams.ts'

let server: TestServer
let admin: Person
let people: Person[]
let bot: Agent
let channel_id: string
let statements: Statements

const socket = (who: Person, hello: Record<string, unknown> = {}) =>
  WsJournal.open(
    `${server.url}/api/v1/orgs/fieldnote/channels/ws`,
    { Cookie: who.cookieHeader, Origin: server.url },
    hello,
  )
const stream = (headers: Record<string, string>) =>
  SseJournal.open(`${server.url}/api/v1/orgs/fieldnote/events/stream`, headers)
const activeChannels = async () =>
  Number(
    /mc_actors_active\{kind="channel"\} (\d+)/.exec(await (await fetch(`${server.url}/metrics`)).text())?.[1],
  )

beforeAll(async () => {
  server = await startServer({ cluster: 'own' })
  admin = await setUp(server)
  people = [
    admin,
    ...(await Promise.all(['Ana Lima', 'Bo Tran', 'Cy Young'].map((name) => join(admin, name)))),
  ]
  // A kill leaves the limits of connections as they are.
  await admin.in('PATCH', '', { settings: { connection_limits: { sse: 500, websocket: 500 } } })
  bot = await addAgent(admin, 'forge')
  channel_id = (await generalChannel(admin)).id
  statements = await Statements.of(server)
})
afterAll(() => server.stop())

test('C33 clients that come back after a kill of the server share their reads: less than a statement for each', async () => {
  const say = (content: string) => admin.in<Message>('POST', `/channels/${channel_id}/messages`, { content })
  for (let i = 0; i < 10; i++) await say(`before ${i}`)
  const clients = 200
  const open = async (cursor: string, seen: number) => {
    const sockets = await Promise.all(
      Array.from({ length: clients }, (_, i) =>
        socket(people[i % people.length] ?? admin, { resume: { [channel_id]: seen - (i % 4) } }),
      ),
    )
    const [log, at] = cursor.split('.')
    const streams = await Promise.all(
      Array.from({ length: clients }, (_, i) =>
        stream({ ...bot.headers, 'Last-Event-ID': `${log}.${Number(at) - (i % 4)}` }),
      ),
    )
    return { sockets, streams }
  }
  const watcher = await stream(bot.headers)
  const { body: last } = await say('the last one')
  await until(() => watcher.ofType('message.created').length > 0)
  const cursor = String(watcher.last_id)
  await watcher.close()
  await server.kill('SIGKILL')
  await server.restart()
  await statements.reset()
  const { sockets, streams } = await open(cursor, last.seq)
  await say('after')
  await until(() => sockets.every((ws) => ws.messages().at(-1)?.content === 'after'))
  await until(() => streams.every((sse) => sse.sequences.at(-1) === Number(cursor.split('.')[1]) + 1))
  const { total } = await statements.count()
  for (const [i, ws] of sockets.entries())
    expect(ws.messages().map(({ seq }) => seq)).toEqual(
      Array.from({ length: (i % 4) + 1 }, (_, n) => last.seq - (i % 4) + n + 1),
    )
  expect(total).toBeLessThanOrEqual(2 * clients)
  for (const ws of sockets) ws.close()
  for (const sse of streams) await sse.close()
})

test('C32 a connect costs a few statements, however many channels the user may read, and activates none of them', async () => {
  const sql = databaseOf(server)
  await sql`insert into channels (org_id, id, name, type)
    select o.id, uuidv7(), 'channel ' || n, 'org_wide' from organizations o, generate_series(1, 2000) n`
  await sql.end()
  await server.restart()
  await statements.reset()
  const ws = await socket(admin)
  const { total, by_text } = await statements.count()
  expect(ws.ofType('ready')[0]?.channels).toBeArrayOfSize(2_001)
  expect([total <= 5, by_text]).toEqual([true, by_text])
  await until(() => ws.ofType('presence').length >= 2_001, 'presence of every channel')
  expect(await activeChannels()).toBe(0)
  ws.close()
})
