import { waitFor } from '../wait.ts'

/** One way into a room: how to connect, send, and tell whether a frame is somebody's message. */
export interface RoomProtocol {
  /** Connects a client; `onFrame` is called with every frame's text. */
  connect(onFrame: (text: string) => void): Promise<{ send(text: string): void; close(): void }>
  /** A frame that carries a message with this body. */
  encode(body: string): string
  isMessage(text: string): boolean
  /** A frame that lets this sender send its next one. */
  isAnswer(text: string, sender_tag: string): boolean
}

export interface RoomLoad {
  clients: number
  senders: number
  /** Messages that one sender has under way. */
  window: number
  /** Messages per second of all senders in turn, sent whether those before are answered or not; the window does not count then. */
  per_second?: number
  seconds: number
}

const BODY_BYTES = 300
const WARM_UP_MS = 1_500
const SETTLE_MS = 300
const TICK_MS = 2

/** Delivered message frames per second, at saturation or at a rate. */
export async function measureRoom(protocol: RoomProtocol, load: RoomLoad): Promise<number> {
  let delivered = 0
  let running = true
  const senders: { tag: string; outstanding: number; fill(): void; send(): void }[] = []
  const connections = await Promise.all(
    Array.from({ length: load.clients }, async (_, i) => {
      const tag = `<s${i}>`
      const is_sender = i < load.senders
      const connection = await protocol.connect((text) => {
        if (protocol.isMessage(text)) delivered++
        if (!is_sender || !protocol.isAnswer(text, tag)) return
        const self = senders[i]
        if (!self) return
        self.outstanding--
        if (load.per_second === undefined) self.fill()
      })
      if (is_sender)
        senders[i] = {
          tag,
          outstanding: 0,
          fill() {
            while (running && this.outstanding < load.window) this.send()
          },
          send() {
            this.outstanding++
            connection.send(protocol.encode((tag + crypto.randomUUID()).padEnd(BODY_BYTES, 'x')))
          },
        }
      return connection
    }),
  )
  if (load.per_second === undefined) for (const sender of senders) sender.fill()
  else sendAtRate(senders, load.per_second, () => running)
  await waitFor('the first message to reach every client', () => delivered >= load.clients)
  await Bun.sleep(WARM_UP_MS)
  delivered = 0
  const started_at = performance.now()
  await Bun.sleep(load.seconds * 1000)
  const rate = delivered / ((performance.now() - started_at) / 1000)
  running = false
  await Bun.sleep(SETTLE_MS)
  for (const connection of connections) connection.close()
  return rate
}

/** Sends in turn at an even rate while it runs; what a late tick owes is sent at the next one. */
function sendAtRate(senders: readonly { send(): void }[], per_second: number, runs: () => boolean): void {
  const started_at = performance.now()
  let sent = 0
  const timer = setInterval(() => {
    if (!runs()) return clearInterval(timer)
    const due = Math.floor(((performance.now() - started_at) / 1000) * per_second)
    for (; sent < due; sent++) senders[sent % senders.length]?.send()
  }, TICK_MS)
}
