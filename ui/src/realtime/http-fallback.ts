import type { SocketState } from './chat-socket.ts'
import type { StreamState } from './event-stream.ts'
import type { Timers } from './timers.ts'

/** A socket that is not live for so long beside a live stream is taken for blocked. Longer than a usual reconnect. */
const SOCKET_LATE_MS = 4_000

/**
 * Decides whether chat goes over HTTP. A proxy may refuse or swallow WebSocket upgrades while requests and the event stream
 * get through: then messages are posted by request and arrive with the events. The socket is tried on, and wins once live.
 */
export class HttpFallback {
  readonly #timers: Timers
  readonly #changed: (on: boolean) => void
  #socket: SocketState['is'] = 'connecting'
  #stream: StreamState = 'connecting'
  #on = false
  #cancel: (() => void) | undefined

  constructor(timers: Timers, changed: (on: boolean) => void) {
    this.#timers = timers
    this.#changed = changed
  }

  get on(): boolean {
    return this.#on
  }

  socket(state: SocketState): void {
    this.#socket = state.is
    this.#decide()
  }

  stream(state: StreamState): void {
    this.#stream = state
    this.#decide()
  }

  #decide(): void {
    const blocked = this.#stream === 'live' && (this.#socket === 'connecting' || this.#socket === 'waiting')
    if (blocked && !this.#on) this.#cancel ??= this.#timers.after(SOCKET_LATE_MS, () => this.#enter(true))
    if (blocked) return
    this.#cancel?.()
    this.#cancel = undefined
    if (this.#on) this.#enter(false)
  }

  #enter(on: boolean): void {
    this.#cancel = undefined
    this.#on = on
    this.#changed(on)
  }
}
