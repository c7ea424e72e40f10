import { afterAll, beforeAll, expect, test } from 'bun:test'
import { check, type Seen, type Sent } from '../../chaos/journal.ts'
import { SseReader, WsReader } from '../../chaos/readers.ts'
import { WsWriter } from '../../chaos/writers.ts'
import { type Agent, addAgent, join, type Person, setUp } from '../../support/client.ts'
import { databaseOf, startServer, type TestServer } from '../../support/server.ts'
import { until } from '../../support/streams.ts'

const MESSAGES = 4_000
const CHANNELS = 3
const WRITERS = 4
/** Messages that one writer has under way. */
const WINDOW = 16
const READERS_OF_A_KIND = 8
const KILLS = 2

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

test('I-42 clients that are cut and resume while messages come at full speed, over kills of the server, get each once', async () => {
  const target = (headers: Record<string, string>) => ({ url: server.url, org: admin.org, headers })
  const cookie = { Cookie: ana.cookieHeader, Origin: server.url }
  const channels: string[] = []
  for (let i = 0; i < CHANNELS; i++)
    channels.push((await admin.in<{ id: string }>('POST', '/channels', { name: `resume ${i}` })).body.id)
  const readers = Array.from({ length: READERS_OF_A_KIND }, (_, i) => [
    new WsReader(`socket ${i}`, target(i % 2 ? cookie : bot.headers), channels),
    new SseReader(`stream ${i}`, target(i % 2 ? cookie : bot.headers)),
  ]).flat()
  const writers = Array.from({ length: WRITERS }, () => new WsWriter(target(cookie)))
  const sent: Sent[] = []
  const acked = () => sent.filter(({ ack }) => ack).length
  const writing = writers.flatMap((writer) =>
    Array.from({ length: WINDOW }, async () => {
      while (sent.length < MESSAGES) {
        const n = sent.length
        const message = {
          client_id: `r${n}`,
          channel_id: channels[n % CHANNELS] ?? '',
          content: `message ${n}`,
        }
        sent.push(message)
        await writer.send(message)
      }
    }),
  )
  let cutting = true
  const cuts = (async () => {
    for (let n = 0; cutting; n++) {
      readers[n % readers.length]?.cut()
      await Bun.sleep(15)
    }
  })()
  for (let kill = 1; kill <= KILLS; kill++) {
    await until(() => acked() > (MESSAGES / (KILLS + 1)) * kill, 'messages')
    await server.kill('SIGKILL')
    await server.restart()
  }
  await Promise.all(writing)
  cutting = false
  await cuts

  const truth = { channels: new Map<string, Seen[]>(), sequences: [] as number[] }
  const sql = databaseOf(server)
  for (const id of channels)
    truth.channels.set(id, [
      ...(await sql<Seen[]>`
        select seq::int, id, content from messages where channel_id = ${id} order by seq`),
    ])
  truth.sequences = (await sql<{ n: number }[]>`select sequence::int as n from events order by sequence`).map(
    ({ n }) => n,
  )
  await sql.end()
  const seen = ({ journal }: (typeof readers)[number]) =>
    channels.every((id) => (journal.messages.get(id)?.length ?? 0) >= (truth.channels.get(id)?.length ?? 0))
  await until(() => readers.every(seen), 'every reader to catch up')
  // A repeat would come after the last message.
  await Bun.sleep(300)
  for (const { stop } of [...readers, ...writers].map((one) => ({ stop: () => one.stop() }))) stop()
  expect(acked()).toBe(sent.length)
  expect(
    check(
      sent,
      readers.map(({ journal }) => journal),
      truth,
    ),
  ).toEqual([])
})
