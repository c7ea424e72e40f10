/**
 * `bun run soak [--minutes 30]`: half of the rate that the server sustains, with readers of every kind, and the slope of its
 * memory over the last two thirds of the time. Exits with 1 when the slope is above the bound or a message was lost.
 */

import { readdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { rssOf } from '../tests/support/server.ts'
import { machine, slope } from './lib.ts'
import { agentsInProjects, type Seat, storedMessages } from './load/messages.ts'
import { openSender } from './load/sender.ts'
import { channelsUrl, openChannels, seatOf } from './load/socket.ts'
import { openStreams } from './load/sse.ts'
import { type Product, startProduct } from './product.ts'

const SENDERS = 32
const WINDOW = 8
const SUSTAINED_S = 15
const READERS = 50
const READ_EVERY_MS = 100
const SAMPLE_MS = 10_000
const SLOPE_MAX_MIB = 1
const TICK_MS = 10

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '30' } } })
const minutes = Number(values.minutes)
if (!(minutes > 0)) {
  console.error('bun run soak [--minutes 30]')
  process.exit(2)
}
console.log(machine())
const product = await startProduct()
try {
  process.exitCode = (await soak(product)) ? 0 : 1
} finally {
  await product.stop()
}

async function soak({ admin, server }: Product): Promise<boolean> {
  const seats = await agentsInProjects(admin, SENDERS)
  const sustained = await storedMessages(seats, SUSTAINED_S, WINDOW)
  const rate = sustained / 2
  console.log(
    `sustained: ${Math.round(sustained)} messages/s; soak at ${Math.round(rate)}/s for ${minutes} min`,
  )

  const sockets: WebSocket[] = []
  for (let n = 0; n < READERS; n++) sockets.push(await openChannels(seatOf(admin), () => undefined))
  const stream = `/api/v1/orgs/${admin.org}/events/stream HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${seats[0]!.headers.Authorization}\r\n\r\n`
  const streams = await openStreams(
    server.port,
    Array.from({ length: READERS }, () => stream),
  )
  let reading = true
  const readers = (async () => {
    for (; reading; await Bun.sleep(READ_EVERY_MS)) {
      await admin.in('GET', '/tasks')
      await admin.in('GET', `/channels/${seats[0]!.channel_id}/messages`)
    }
  })()
  const load = await startPaced(seats, rate)
  const began_at = performance.now()
  const samples: { x: number; y: number }[] = []
  for (let n = 1; performance.now() - began_at < minutes * 60_000; n++) {
    await Bun.sleep(Math.max(0, began_at + n * SAMPLE_MS - performance.now()))
    const x = (performance.now() - began_at) / 60_000
    samples.push({ x, y: rssOf(server.pid) })
    if (n % 6 === 0)
      console.log(
        `${x.toFixed(0).padStart(4)} min  ${Math.round(samples.at(-1)!.y)} MiB, ${descriptors(server.pid)} descriptors, ${load.acknowledged()} acknowledged, ${load.behind()} under way`,
      )
  }
  await load.stop()
  reading = false
  await readers
  streams.close()
  for (const socket of sockets) socket.close()

  const late = samples.filter(({ x }) => x >= minutes / 3)
  const rise = slope(late)
  const { sent, acknowledged } = { sent: load.sent(), acknowledged: load.acknowledged() }
  console.log(
    `${acknowledged} of ${sent} acknowledged; RSS slope over the last ${((minutes * 2) / 3).toFixed(0)} min: ${rise.toFixed(2)} MiB/min (at most ${SLOPE_MAX_MIB})`,
  )
  return rise <= SLOPE_MAX_MIB && sent === acknowledged
}

/** Messages at a fixed rate over all seats, whether those before were acknowledged or not. */
async function startPaced(seats: readonly Seat[], rate: number) {
  const body = 'x'.repeat(300)
  let sent = 0
  let acknowledged = 0
  const senders = await Promise.all(
    seats.map(({ headers, ...seat }) =>
      openSender(channelsUrl({ ...seat, headers } as Seat), headers, () => acknowledged++),
    ),
  )
  const began_at = performance.now()
  const run = crypto.randomUUID().slice(0, 8)
  const timer = setInterval(() => {
    const due = ((performance.now() - began_at) / 1_000) * rate
    // A server that is far behind is not sent more than its sockets may have under way.
    while (sent < due && sent - acknowledged < seats.length * WINDOW * 4) {
      const at = sent % seats.length
      const client_id = `${run}-${sent}`
      senders[at]!.send(
        JSON.stringify({ type: 'message', channel_id: seats[at]!.channel_id, content: body, client_id }),
      )
      sent++
    }
  }, TICK_MS)
  return {
    sent: () => sent,
    acknowledged: () => acknowledged,
    behind: () => sent - acknowledged,
    async stop() {
      clearInterval(timer)
      const give_up_at = performance.now() + 60_000
      while (acknowledged < sent && performance.now() < give_up_at) await Bun.sleep(20)
      for (const sender of senders) sender.close()
    },
  }
}

function descriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length
}
