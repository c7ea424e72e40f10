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
  seconds: number
}

const BODY_BYTES = 300
const WARM_UP_MS = 1_500
const SETTLE_MS = 300

/** Delivered message frames per second at saturation. */
export async function measureRoom(protocol: RoomProtocol, load: RoomLoad): Promise<number> {
  let delivered = 0
  let running = true
  const senders: { tag: string; outstanding: number; fill(): void }[] = []
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
        self.fill()
      })
      if (is_sender)
        senders[i] = {
          tag,
          outstanding: 0,
          fill() {
            while (running && this.outstanding < load.window) {
              this.outstanding++
              connection.send(protocol.encode((tag + crypto.randomUUID()).padEnd(BODY_BYTES, 'x')))
            }
          },
        }
      return connection
    }),
  )
  for (const sender of senders) sender.fill()
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
