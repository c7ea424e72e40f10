import { CLOSE } from '../../../src/contracts/close-codes.ts'
import type { ClientFrame, ServerFrame } from '../../../src/contracts/frames.ts'
import { backOffMs } from './back-off.ts'
import type { Connection } from './connection.ts'
import type { WaitingDelivery } from './port.ts'

/** What others see lasts 3 s; more often than this it is not repeated. */
const TYPING_REPEAT_MS = 2_000
const PING_INTERVAL_MS = 30_000
/** A server that is silent for this long, across two pings, counts as gone. */
const SILENCE_MS_MAX = 75_000

/**
 * The WebSocket of an agent: says that it types, hears of deliveries. Best effort: connects when it is first needed and comes
 * back with back-off; what was said meanwhile is lost.
 */
export class AgentSocket {
  readonly #connection: Connection
  #socket: Socket | null = null
  /** Own user id, from the `ready` frame; null while the socket is not usable. */
  #user_id: string | null = null
  #state: 'unused' | 'wanted' | 'refused' | 'closed' = 'unused'
  #failures = 0
  #heard_at = 0
  #cancel_timer: () => void = () => undefined
  readonly #typed_at = new Map<string, number>()
  readonly #listeners = new Set<{ queued: (delivery: WaitingDelivery) => void; opened?: () => void }>()

  constructor(connection: Connection) {
    this.#connection = connection
  }

  typing(channel_id: string): void {
    this.#want()
    const now = this.#connection.clock.now()
    if (this.#user_id === null || now - (this.#typed_at.get(channel_id) ?? 0) < TYPING_REPEAT_MS) return
    for (const [id, at] of this.#typed_at) if (now - at >= TYPING_REPEAT_MS) this.#typed_at.delete(id)
    this.#typed_at.set(channel_id, now)
    this.#send({ type: 'typing', channel_id })
  }

  onDelivery(queued: (delivery: WaitingDelivery) => void, opened?: () => void): () => void {
    const listener = { queued, ...(opened ? { opened } : {}) }
    this.#listeners.add(listener)
    this.#want()
    if (this.#user_id !== null) opened?.()
    return () => this.#listeners.delete(listener)
  }

  /** The key is not valid: no more attempts until there is another one. */
  refused(): void {
    if (this.#state === 'closed') return
    this.#state = this.#state === 'unused' ? 'unused' : 'refused'
    this.#drop()
  }

  /** There is another key. */
  rekeyed(): void {
    if (this.#state !== 'refused') return
    this.#state = 'wanted'
    this.#failures = 0
    this.#connect()
  }

  close(): void {
    this.#state = 'closed'
    this.#drop()
    this.#listeners.clear()
  }

  #want(): void {
    if (this.#state !== 'unused') return
    this.#state = 'wanted'
    this.#connect()
  }

  #connect(): void {
    const { base, key, verify_tls, user_agent } = this.#connection
    if (!key.sendable) return
    const socket = openSocket(`${base.replace(/^http/, 'ws')}/channels/ws`, {
      headers: { Authorization: `Bearer ${key.value}`, 'User-Agent': user_agent },
      ...(verify_tls ? {} : { tls: { rejectUnauthorized: false } }),
    })
    this.#socket = socket
    const current = () => this.#socket === socket
    socket.onopen = () => {
      if (current()) this.#send({ type: 'hello' })
    }
    socket.onmessage = ({ data }) => {
      if (current()) this.#hear(String(data))
    }
    socket.onclose = ({ code }) => {
      if (current()) this.#ended(code)
    }
    this.#heard_at = this.#connection.clock.now()
    this.#watch()
  }

  #ended(code: number): void {
    this.#drop()
    // The event stream hears of a revoked key as well, and says so to its consumer.
    if (code === CLOSE.revoked) this.refused()
    if (this.#state !== 'wanted') return
    const wait_ms = backOffMs(++this.#failures, this.#connection.random)
    this.#cancel_timer = this.#connection.clock.after(wait_ms, () => this.#connect())
  }

  #hear(text: string): void {
    this.#heard_at = this.#connection.clock.now()
    // Messages of all channels come too: they are not parsed, the event stream carries them.
    if (this.#user_id !== null && !text.includes('"type":"delivery"')) return
    const frame = parse(text)
    if (frame?.type === 'ready') {
      this.#user_id = frame.user_id
      this.#failures = 0
      for (const { opened } of this.#listeners) opened?.()
    }
    if (frame?.type !== 'delivery' || frame.agent_id !== this.#user_id || frame.state !== 'queued') return
    const { channel_id, seq, detail } = frame
    for (const { queued } of this.#listeners) queued({ channel_id, seq, detail })
  }

  #watch(): void {
    this.#cancel_timer()
    this.#cancel_timer = this.#connection.clock.after(PING_INTERVAL_MS, () => {
      if (this.#connection.clock.now() - this.#heard_at >= SILENCE_MS_MAX) return this.#ended(CLOSE.silent)
      if (this.#user_id !== null) this.#send({ type: 'ping' })
      this.#watch()
    })
  }

  #drop(): void {
    this.#cancel_timer()
    this.#user_id = null
    const socket = this.#socket
    this.#socket = null
    if (socket && socket.readyState < WebSocket.CLOSING) socket.terminate()
  }

  #send(frame: ClientFrame): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame))
  }
}

/** Of Bun: `terminate` ends a connection without the handshake that a dead peer would not answer. */
type Socket = WebSocket & { terminate(): void }

/** The constructor of the runtime takes headers; the type of the browser's, which the app shares, does not. */
function openSocket(url: string, options: Bun.WebSocketOptions): Socket {
  return Reflect.construct(WebSocket, [url, options])
}

function parse(text: string): ServerFrame | undefined {
  try {
    return JSON.parse(text) as ServerFrame
  } catch {
    // Not one of our server's frames: nothing to act on.
    return undefined
  }
}
