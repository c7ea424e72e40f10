import { afterAll, beforeAll, expect, test } from 'bun:test'
import { check, isCaughtUp } from '../../chaos/check.ts'
import type { Fact } from '../../chaos/history.ts'
import { SseReader, WsReader } from '../../chaos/readers.ts'
import { readStored } from '../../chaos/stored.ts'
import { WsWriter } from '../../chaos/writers.ts'
import { type Agent, addAgent, generalChannel, join, type Person, setUp } from '../../support/client.ts'
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
  const org_id = (await admin.in<{ id: string }>('GET', '')).body.id
  const target = (headers: Record<string, string>) => ({
    url: () => server.url,
    org_id,
    org: admin.org,
    headers,
  })
  const cookie = { Cookie: ana.cookieHeader, Origin: server.url }
  const channels = [(await generalChannel(admin)).id]
  for (let i = 1; i < CHANNELS; i++)
    channels.push((await admin.in<{ id: string }>('POST', '/channels', { name: `resume ${i}` })).body.id)
  const readers = Array.from({ length: READERS_OF_A_KIND }, (_, i) => [
    new WsReader(`socket ${i}`, target(i % 2 ? cookie : bot.headers), channels),
    new SseReader(`stream ${i}`, target(i % 2 ? cookie : bot.headers), channels),
  ]).flat()
  const writers = Array.from({ length: WRITERS }, () => new WsWriter(target(cookie)))
  const facts: Fact[] = []
  const acked = () => facts.filter(({ acks }) => acks.length > 0).length
  const writing = writers.flatMap((writer) =>
    Array.from({ length: WINDOW }, async () => {
      while (facts.length < MESSAGES) {
        const n = facts.length
        const channel_id = channels[n % CHANNELS] ?? ''
        const fact: Fact = { org_id, kind: 'message', mark: `message ${n}`, channel_id, acks: [] }
        facts.push(fact)
        await writer.send(fact)
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

  const sql = databaseOf(server)
  const stored = await readStored(sql, org_id)
  await sql.end()
  const views = readers.map(({ view }) => view)
  await until(() => views.every((view) => isCaughtUp(view, stored)), 'every reader to catch up')
  // A repeat would come after the last message.
  await Bun.sleep(300)
  for (const { stop } of [...readers, ...writers].map((one) => ({ stop: () => one.stop() }))) stop()
  expect(acked()).toBe(facts.length)
  expect(check({ facts, views, stored: [stored] })).toEqual([])
})
