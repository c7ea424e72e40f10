import { type Agent, addAgent, generalChannel, join, setUp } from '../support/client.ts'
import { databaseOf, startServer } from '../support/server.ts'
import { until } from '../support/streams.ts'
import { check, isCaughtUp } from './check.ts'
import type { Fact } from './history.ts'
import { randomFrom } from './random.ts'
import { SseReader, WsReader } from './readers.ts'
import { report } from './report.ts'
import { readStored } from './stored.ts'
import type { Target } from './target.ts'
import { RestWriter, type Writer, WsWriter } from './writers.ts'

export interface SingleOptions {
  seed: number
  kills: number
  /** Messages per second, over all writers. */
  rate: number
  writers: number
  channels: number
}

/**
 * One server that is killed again and again under load, with readers that are cut off at random. Returns the number of
 * broken promises.
 */
export async function runSingle(options: SingleOptions): Promise<number> {
  const { seed, kills, rate, writers: writers_count, channels: channels_count } = options
  const random = randomFrom(seed)
  console.log(`chaos --single: seed ${seed}, ${kills} kills, ${rate} messages/s`)
  const server = await startServer({ cluster: 'own', env: { MC_LOG_LEVEL: 'error' } })
  try {
    const admin = await setUp(server)
    const channels = [(await generalChannel(admin)).id]
    for (let i = 1; i < channels_count; i++)
      channels.push((await admin.in<{ id: string }>('POST', '/channels', { name: `chaos ${i}` })).body.id)
    const people = await Promise.all(Array.from({ length: 4 }, (_, i) => join(admin, `Writer ${i}`)))
    const agents: Agent[] = []
    for (let i = 0; i < 2; i++) agents.push(await addAgent(admin, `reader-${i}`))
    const org_id = (await admin.in<{ id: string }>('GET', '')).body.id
    const target = (headers: Record<string, string>): Target => ({
      url: () => server.url,
      org_id,
      org: admin.org,
      headers,
    })
    const cookie = (i: number) => {
      const person = people[i % people.length]!
      return { Cookie: person.cookieHeader, 'X-CSRF-Token': person.cookies.get('mc_csrf') ?? '' }
    }
    const writers: Writer[] = Array.from({ length: writers_count }, (_, i) =>
      i % 2 === 0
        ? new RestWriter(target(cookie(i)))
        : new WsWriter(target({ ...cookie(i), Origin: server.url })),
    )
    const readers = [
      ...Array.from(
        { length: 6 },
        (_, i) => new WsReader(`websocket ${i}`, target({ ...cookie(i), Origin: server.url }), channels),
      ),
      ...Array.from(
        { length: 6 },
        (_, i) => new SseReader(`sse ${i}`, target(agents[i % agents.length]!.headers), channels),
      ),
    ]

    const facts: Fact[] = []
    const open = new Set<Promise<void>>()
    let writing = true
    const load = (async () => {
      for (let n = 0; writing; n++) {
        const channel_id = channels[n % channels.length]!
        const fact: Fact = { org_id, kind: 'message', mark: `message ${n}`, channel_id, acks: [] }
        facts.push(fact)
        const done = writers[n % writers.length]!.send(fact)
        open.add(done)
        done.finally(() => open.delete(done))
        // While the server is away the load waits with it instead of piling up for ever.
        while (open.size > rate * 2) await Bun.sleep(5)
        await Bun.sleep(1000 / rate)
      }
    })()

    const started_at = Date.now()
    let restart_ms = 0
    for (let kill = 1; kill <= kills; kill++) {
      await Bun.sleep(300 + random() * 1200)
      if (random() < 0.3) readers[Math.floor(random() * readers.length)]!.cut()
      const killed_at = Date.now()
      await server.kill('SIGKILL')
      await server.restart()
      restart_ms += Date.now() - killed_at
      if (kill % 10 === 0 || kill === kills)
        console.log(
          `${kill} kills, ${facts.filter(({ acks }) => acks.length > 0).length} acknowledged, ${Math.round((Date.now() - started_at) / 1000)} s`,
        )
    }
    await Bun.sleep(500)
    writing = false
    await load
    await Promise.all(open)

    const superuser = databaseOf(server)
    const stored = await readStored(superuser, org_id)
    await superuser.end()
    const views = readers.map(({ view }) => view)
    await until(() => views.every((view) => isCaughtUp(view, stored)), 'every reader to catch up').catch(
      () => undefined,
    )
    for (const stopping of [...readers, ...writers]) stopping.stop()
    console.log(`mean restart ${Math.round(restart_ms / kills)} ms`)
    const history = { facts, views, stored: [stored] }
    return report(history, check(history))
  } finally {
    await server.stop()
  }
}
