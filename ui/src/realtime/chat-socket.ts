import { CLOSE } from '@contracts/close-codes.ts'
import type { ClientFrame, ServerFrame } from '@contracts/frames.ts'
import { backoffMs } from './backoff.ts'
import type { Timers } from './timers.ts'

/** What this needs of a browser's WebSocket. */
export interface SocketLike {
  readonly readyState: number
  onopen: (() => void) | null
  onmessage: ((event: { data: unknown }) => void) | null
  onclose: ((event: { code: number }) => void) | null
  send(text: string): void
  close(): void
}

export type SocketState =
  | { is: 'connecting' }
  | { is: 'live' }
  /** `retry_at` in epoch milliseconds. */
  | { is: 'waiting'; retry_at: number }
  | { is: 'ended'; why: 'stopped' | 'revoked' }

export interface ResumePoint {
  log: string | null
  /** Last seq that this browser has, by channel. */
  resume: Record<string, number>
}

export interface ChatSocketHandlers {
  /** Asked at every connection, at the moment of the hello. */
  resumePoint(): ResumePoint
  frame(frame: ServerFrame): void
  state(state: SocketState): void
  /** Time between a ping and its pong. */
  roundTrip(ms: number): void
}

/** A connection that has not said `ready` by then is given up. */
const READY_WITHIN_MS = 15_000
/** Dead peers behind a proxy are noticed by a ping of our own: browsers cannot send the protocol's. */
const PING_EVERY_MS = 20_000
const PONG_WITHIN_MS = 10_000
/** There is a reason to doubt: a living connection answers sooner, a dead one is worth no more waiting. */
const CHECK_WITHIN_MS = 3_000
/** A server that restarts asks for patience: everybody comes back at once otherwise. */
const RESTART_SPREAD_MS = 1_500

/**
 * One WebSocket for all channels that comes back by itself. Every close but "credentials revoked" means: connect again
 * with what was seen last. Nothing is queued here; what must not be lost waits in the outbox.
 */
export class ChatSocket {
  readonly #open: () => SocketLike
  readonly #handlers: ChatSocketHandlers
  readonly #timers: Timers
  readonly #random: () => number
  #socket: SocketLike | undefined
  #state: SocketState = { is: 'connecting' }
  #attempt = 0
  #pinged_at: number | undefined
  #cancel = new Map<'retry' | 'ready' | 'ping' | 'pong', () => void>()

  constructor(open: () => SocketLike, handlers: ChatSocketHandlers, timers: Timers, random: () => number) {
    this.#open = open
    this.#handlers = handlers
    this.#timers = timers
    this.#random = random
  }

  get state(): SocketState {
    return this.#state
  }

  start(): void {
    if (this.#socket || this.#state.is === 'ended') return
    this.#connect()
  }

  /** Ends it for good: the page leaves the org. */
  stop(): void {
    this.#end('stopped')
  }

  /** Tries now instead of after the back-off, e.g. when the network is back. Does nothing while connected. */
  retryNow(): void {
    if (this.#state.is !== 'waiting') return
    this.#attempt = 0
    this.#connect()
  }

  /** Gives up a connection that seems dead and makes a new one. */
  restart(): void {
    if (this.#state.is !== 'live' && this.#state.is !== 'connecting') return
    this.#lost(undefined)
  }

  /** Asks at once whether the connection is still there, e.g. when the browser says that the network is gone. */
  check(): void {
    if (this.#state.is !== 'live') return
    this.#ping(CHECK_WITHIN_MS)
  }

  /** Sends now or not at all. */
  send(frame: ClientFrame): boolean {
    if (this.#state.is !== 'live' || this.#socket?.readyState !== 1) return false
    this.#socket.send(JSON.stringify(frame))
    return true
  }

  #connect(): void {
    this.#clear()
    this.#drop()
    this.#enter({ is: 'connecting' })
    const socket = this.#open()
    this.#socket = socket
    this.#later('ready', READY_WITHIN_MS, () => this.#lost(undefined))
    socket.onopen = () => socket.send(JSON.stringify({ type: 'hello', ...this.#handlers.resumePoint() }))
    socket.onmessage = ({ data }) => this.#receive(data)
    socket.onclose = ({ code }) => this.#lost(code)
  }

  #receive(data: unknown): void {
    const frame = parseFrame(data)
    if (!frame) return
    if (frame.type === 'pong') this.#ponged()
    else if (frame.type === 'ready') {
      this.#clear()
      this.#attempt = 0
      this.#enter({ is: 'live' })
      this.#handlers.frame(frame)
      this.#ping()
    } else this.#handlers.frame(frame)
  }

  #ping(within_ms = PONG_WITHIN_MS): void {
    this.#pinged_at = this.#timers.now()
    if (!this.send({ type: 'ping' })) return
    this.#later('pong', within_ms, () => this.restart())
    this.#later('ping', PING_EVERY_MS, () => this.#ping())
  }

  #ponged(): void {
    this.#cancel.get('pong')?.()
    if (this.#pinged_at !== undefined) this.#handlers.roundTrip(this.#timers.now() - this.#pinged_at)
    this.#pinged_at = undefined
  }

  /** `code` is undefined when this side gave up. */
  #lost(code: number | undefined): void {
    this.#clear()
    this.#drop()
    if (code === CLOSE.revoked) {
      this.#end('revoked')
      return
    }
    const spread_ms = code === CLOSE.restarting ? this.#random() * RESTART_SPREAD_MS : 0
    const delay_ms = Math.round(backoffMs(this.#attempt++, this.#random) + spread_ms)
    this.#later('retry', delay_ms, () => this.#connect())
    this.#enter({ is: 'waiting', retry_at: this.#timers.now() + delay_ms })
  }

  #end(why: 'stopped' | 'revoked'): void {
    this.#clear()
    this.#drop()
    if (this.#state.is !== 'ended') this.#enter({ is: 'ended', why })
  }

  #enter(state: SocketState): void {
    this.#state = state
    this.#handlers.state(state)
  }

  /** Forgets the socket before it is closed, so that its late events change nothing. */
  #drop(): void {
    const socket = this.#socket
    this.#socket = undefined
    if (!socket) return
    socket.onopen = null
    socket.onmessage = null
    socket.onclose = null
    socket.close()
  }

  #later(name: 'retry' | 'ready' | 'ping' | 'pong', delay_ms: number, run: () => void): void {
    this.#cancel.get(name)?.()
    this.#cancel.set(name, this.#timers.after(delay_ms, run))
  }

  #clear(): void {
    for (const cancel of this.#cancel.values()) cancel()
    this.#cancel.clear()
  }
}

/** A frame of the protocol. What is not one is dropped: a newer server may say more than this page knows. */
function parseFrame(data: unknown): ServerFrame | undefined {
  if (typeof data !== 'string') return undefined
  try {
    const frame = JSON.parse(data)
    return typeof frame?.type === 'string' ? frame : undefined
  } catch {
    // Not JSON: not from our server.
    return undefined
  }
}
