import { type Agent, addAgent, join, type Message, setUp } from '../support/client.ts'
import { startServer } from '../support/server.ts'
import { until } from '../support/streams.ts'
import { check, type Sent, type Truth } from './journal.ts'
import { randomFrom } from './random.ts'
import { SseReader, WsReader } from './readers.ts'
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
    const channels: string[] = []
    for (let i = 0; i < channels_count; i++)
      channels.push((await admin.in<{ id: string }>('POST', '/channels', { name: `chaos ${i}` })).body.id)
    const people = await Promise.all(Array.from({ length: 4 }, (_, i) => join(admin, `Writer ${i}`)))
    const agents: Agent[] = []
    for (let i = 0; i < 2; i++) agents.push(await addAgent(admin, `reader-${i}`))
    const target = (headers: Record<string, string>) => ({ url: server.url, org: admin.org, headers })
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
        (_, i) => new SseReader(`sse ${i}`, target(agents[i % agents.length]!.headers)),
      ),
    ]

    const sent: Sent[] = []
    const open = new Set<Promise<void>>()
    let writing = true
    const load = (async () => {
      for (let n = 0; writing; n++) {
        const message: Sent = {
          client_id: `c${n}`,
          channel_id: channels[n % channels.length]!,
          content: `message ${n}`,
        }
        sent.push(message)
        const done = writers[n % writers.length]!.send(message)
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
          `${kill} kills, ${sent.filter((m) => m.ack).length} acknowledged, ${Math.round((Date.now() - started_at) / 1000)} s`,
        )
    }
    await Bun.sleep(500)
    writing = false
    await load
    await Promise.all(open)

    const truth = await readTruth(admin, channels)
    const total = [...truth.channels.values()].reduce((sum, messages) => sum + messages.length, 0)
    const complete = () =>
      readers.every((r) =>
        channels.every(
          (id) => (r.journal.messages.get(id)?.length ?? 0) >= (truth.channels.get(id)?.length ?? 0),
        ),
      )
    await until(complete, 'every reader to catch up').catch(() => undefined)
    for (const stopping of [...readers, ...writers]) stopping.stop()

    const problems = check(
      sent,
      readers.map((reader) => reader.journal),
      truth,
    )
    const acked = sent.filter((message) => message.ack).length
    console.log(
      `${sent.length} sent, ${acked} acknowledged, ${total} stored, ${readers.length} readers, log head ${truth.sequences.length}, mean restart ${Math.round(restart_ms / kills)} ms`,
    )
    for (const problem of problems.slice(0, 20)) console.log(`  BROKEN: ${problem}`)
    return problems.length + (sent.length - acked)
  } finally {
    await server.stop()
  }
}

async function readTruth(
  admin: Awaited<ReturnType<typeof setUp>>,
  channels: readonly string[],
): Promise<Truth> {
  const truth: Truth = { channels: new Map(), sequences: [] }
  for (const id of channels) {
    const messages: Message[] = []
    for (let cursor = ''; ; ) {
      const { body } = await admin.in<{ data: Message[]; next_cursor: string | null }>(
        'GET',
        `/channels/${id}/messages?limit=200${cursor && `&cursor=${cursor}`}`,
      )
      messages.push(...body.data)
      if (body.next_cursor === null) break
      cursor = body.next_cursor
    }
    truth.channels.set(
      id,
      messages.toReversed().map(({ seq, id: message_id, content }) => ({ seq, id: message_id, content })),
    )
  }
  for (let cursor = ''; ; ) {
    const { body } = await admin.in<{ data: { sequence: number }[]; next_cursor: string | null }>(
      'GET',
      `/events?order=asc&limit=200${cursor && `&cursor=${cursor}`}`,
    )
    truth.sequences.push(...body.data.map((event) => event.sequence))
    if (body.next_cursor === null) break
    cursor = body.next_cursor
  }
  return truth
}
