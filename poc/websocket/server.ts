/**
 * A server reduced to channels over WebSockets: one order per channel, resume after the last seq, frames published by the
 * runtime, and a bound for readers that do not read. A process of its own, so that its memory and CPU can be measured.
 *
 * Environment: `IDLE_S` (a silent peer is gone after so long), `BOUND_BYTES`, `LIMIT_BYTES` (of the runtime, per socket).
 */
import type { ServerWebSocket } from 'bun'

interface Peer {
  name: string
  /** Frames given to this socket alone since the bound was looked at. */
  opened_ms: number
}
interface Message {
  channel: string
  seq: number
  content: string
}
type Socket = ServerWebSocket<Peer>

const IDLE_S = Number(process.env.IDLE_S ?? 60)
const BOUND_BYTES = Number(process.env.BOUND_BYTES ?? 1024 * 1024)
const LIMIT_BYTES = Number(process.env.LIMIT_BYTES ?? 16 * 1024 * 1024)
/** What may be published between two looks at what waits: so much can a socket be over its bound, and no more. */
const LOOK_BYTES = BOUND_BYTES / 4

const channels = new Map<string, Message[]>()
const by_client_id = new Map<string, Message>()
const sockets = new Set<Socket>()
const ended: { name: string; code: number; after_ms: number }[] = []
let published_bytes = 0

function channelOf(name: string): Message[] {
  const known = channels.get(name) ?? []
  channels.set(name, known)
  return known
}

const frameOf = (message: Message) => JSON.stringify({ type: 'message', ...message })

/** Gives a message its place and hands it to the runtime, in one turn: nobody can see two in another order. */
function post(channel: string, content: string, client_id: string): Message {
  const known = by_client_id.get(`${channel} ${client_id}`)
  if (known) return known
  const log = channelOf(channel)
  const message = { channel, seq: log.length + 1, content }
  log.push(message)
  by_client_id.set(`${channel} ${client_id}`, message)
  const frame = frameOf(message)
  server.publish(channel, frame)
  published_bytes += frame.length
  if (published_bytes >= LOOK_BYTES) look()
  return message
}

/** Ends who has too much waiting. A socket that is open has therefore missed nothing. */
function look(): void {
  published_bytes = 0
  for (const socket of sockets) {
    if (socket.getBufferedAmount() <= BOUND_BYTES) continue
    socket.close(4002, 'too slow')
    // The close frame waits behind what is not read; the connection does not.
    setTimeout(() => socket.terminate(), 500)
    sockets.delete(socket)
  }
}
setInterval(look, 1_000)

/** Sends `frames` to every open socket in one of three ways; gives what it cost this process. */
async function burst(mode: string, frames: number): Promise<object> {
  const text = JSON.stringify({ type: 'message', content: 'x'.repeat(270) })
  const cpu = process.cpuUsage()
  const begin_ms = performance.now()
  for (let i = 0; i < frames; i++) {
    if (mode === 'publish') server.publish('everybody', text)
    else
      for (const socket of sockets) {
        if (mode === 'cork') socket.cork(() => socket.send(text))
        else socket.send(text)
      }
    if (i % 20 === 19) await Bun.sleep(0)
  }
  const { user, system } = process.cpuUsage(cpu)
  return { cpu_us: user + system, wall_ms: performance.now() - begin_ms, sockets: sockets.size }
}

function look_cost(): object {
  const [socket] = sockets
  const begin_ns = Bun.nanoseconds()
  let sum = 0
  for (let i = 0; i < 1_000_000; i++) sum += socket?.getBufferedAmount() ?? 0
  return { ns: (Bun.nanoseconds() - begin_ns) / 1_000_000, sum }
}

const server = Bun.serve<Peer>({
  hostname: process.env.HOST ?? '127.0.0.1',
  port: 0,
  async fetch(request, self) {
    const url = new URL(request.url)
    const name = url.searchParams.get('name') ?? ''
    if (url.pathname === '/ws')
      return self.upgrade(request, { data: { name, opened_ms: performance.now() } })
        ? undefined
        : new Response(null, { status: 400 })
    if (url.pathname === '/post') {
      const { channel, content, client_id } = (await request.json()) as Record<string, string>
      return Response.json(post(channel ?? '', content ?? '', client_id ?? ''), { status: 201 })
    }
    if (url.pathname === '/burst')
      return Response.json(
        await burst(url.searchParams.get('mode') ?? '', Number(url.searchParams.get('frames'))),
      )
    if (url.pathname === '/look') return Response.json(look_cost())
    if (url.pathname === '/gc') Bun.gc(true)
    return Response.json({ open: sockets.size, ended, rss: process.memoryUsage.rss() })
  },
  websocket: {
    idleTimeout: IDLE_S,
    sendPings: true,
    backpressureLimit: LIMIT_BYTES,
    closeOnBackpressureLimit: false,
    perMessageDeflate: false,
    open(socket) {
      sockets.add(socket)
      socket.subscribe('everybody')
    },
    message(socket, text) {
      const frame = JSON.parse(String(text)) as {
        type: string
        after?: Record<string, number>
        channel?: string
        content?: string
        client_id?: string
      }
      if (frame.type === 'hello')
        // What was missed and the subscription in one turn: no message can come between the two.
        for (const [channel, seq] of Object.entries(frame.after ?? {})) {
          for (const message of channelOf(channel).slice(seq)) socket.send(frameOf(message))
          socket.subscribe(channel)
        }
      if (frame.type === 'message') {
        const { seq } = post(frame.channel ?? '', frame.content ?? '', frame.client_id ?? '')
        socket.send(JSON.stringify({ type: 'ack', client_id: frame.client_id, seq }))
      }
    },
    close(socket, code) {
      sockets.delete(socket)
      ended.push({ name: socket.data.name, code, after_ms: performance.now() - socket.data.opened_ms })
    },
  },
})
console.log(JSON.stringify({ port: server.port }))
