import type { Person } from '../../tests/support/client.ts'
import { startReference } from '../lib.ts'
import { openChannels, openSocket, seatOf } from '../load/socket.ts'
import { openStreams } from '../load/sse.ts'
import type { Row, Rows } from '../row.ts'
import { waitFor } from '../wait.ts'

const STREAMS = 2_000
const TOPICS = 10
const SENDERS = 10
const WARM_UP_MS = 1_500
const SETTLE_MS = 300

interface Sender {
  send(): void
  close(): void
}

/** Delivered events per second; `connect` opens a sender that calls `next` when it may send again. */
async function fanOut(
  port: number,
  requests: string[],
  seconds: number,
  connect: (next: () => void) => Promise<Sender>,
): Promise<number> {
  const streams = await openStreams(port, requests)
  let running = true
  const senders: Sender[] = []
  for (let i = 0; i < SENDERS; i++) {
    const sender = await connect(() => running && sender.send())
    senders.push(sender)
  }
  for (const sender of senders) sender.send()
  await waitFor('the first events', () => streams.count() > 0)
  await Bun.sleep(WARM_UP_MS)
  const before = streams.count()
  const started_at = performance.now()
  await Bun.sleep(seconds * 1000)
  const rate = (streams.count() - before) / ((performance.now() - started_at) / 1000)
  running = false
  await Bun.sleep(SETTLE_MS)
  for (const sender of senders) sender.close()
  streams.close()
  return rate
}

async function bunStreams(seconds: number): Promise<number> {
  const bun = await startReference(['bun', 'bench/reference/bun-sse.ts'])
  const requests = Array.from(
    { length: STREAMS },
    (_, i) => `/?topic=${i % TOPICS} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
  )
  try {
    return await fanOut(bun.port, requests, seconds, async (next) => {
      const socket = await openSocket(`ws://127.0.0.1:${bun.port}/ws`, {}, next)
      let n = 0
      // The same bytes per event as the product's envelope.
      const send = () => {
        socket.send(JSON.stringify({ topic: String(n++ % TOPICS), content: 'x'.repeat(1_000) }))
      }
      return { send, close: () => socket.close() }
    })
  } finally {
    await bun.stop()
  }
}

/** Made once: names of channels are unique. */
let topics: Promise<string[]> | undefined

async function makeTopics(admin: Person): Promise<string[]> {
  const ids: string[] = []
  for (let i = 0; i < TOPICS; i++) {
    const { status, body } = await admin.in<{ id: string }>('POST', '/channels', { name: `topic ${i}` })
    if (status !== 201) throw new Error(`channel: ${JSON.stringify(body)}`)
    ids.push(body.id)
  }
  return ids
}

const row: Row = {
  name: 'SSE fan-out, 2,000 streams over 10 topics',
  unit: 'delivered frames/s',
  judge: [{ reference: 'raw Bun SSE', floor: 0.5, goal: 0.8 }],
  async run({ admin, agent, server }, seconds) {
    topics ??= makeTopics(admin)
    const channels = await topics
    const requests = Array.from(
      { length: STREAMS },
      (_, i) =>
        `/api/v1/orgs/${admin.org}/events/stream?topics=channel:${channels[i % TOPICS]} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${agent.key}\r\n\r\n`,
    )
    const product = await fanOut(server.port, requests, seconds, async (next) => {
      const socket = await openChannels(seatOf(admin), (text) => {
        if (text.startsWith('{"type":"ack"')) next()
      })
      let n = 0
      const send = () => {
        const channel_id = channels[n++ % TOPICS]
        socket.send(JSON.stringify({ type: 'message', channel_id, content: 'x'.repeat(300) }))
      }
      return { send, close: () => socket.close() }
    })
    return { product, 'raw Bun SSE': await bunStreams(seconds) }
  },
}

export const sse: Rows = { sse: row }
