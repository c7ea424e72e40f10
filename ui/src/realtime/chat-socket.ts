import { CLOSE } from '@contracts/close-codes.ts'
import type { ClientFrame, ServerFrame } from '@contracts/frames.ts'
import { backoffMs } from './backoff.ts'
import type { Timers } from './timers.ts'

/** The part of a browser's WebSocket that is used. */
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
  /** Last seq in this browser, by channel. */
  resume: Record<string, number>
}

export interface ChatSocketHandlers {
  /** Called at each connection, for the hello. */
  resumePoint(): ResumePoint
  frame(frame: ServerFrame): void
  state(state: SocketState): void
  /** Milliseconds between a ping and its pong. */
  roundTrip(ms: number): void
  /** The server does not answer a ping, though the connection is open; or it answers again. */
  silent(is_silent: boolean): void
  /** A ping stayed without an answer: what else is open may be dead as well, e.g. after sleep. */
  dead(): void
}

/** Deadline for `ready` after a connect. */
const READY_WITHIN_MS = 15_000
/** An application-level ping detects dead connections behind a proxy: browsers cannot send protocol pings. */
const PING_EVERY_MS = 2_500
/** A pong later than this is reported, so that a server that hangs shows within 5 s; the connection is kept. */
const SILENT_AFTER_MS = 2_000
const PONG_WITHIN_MS = 10_000
/** Shorter deadline of a pong when there is a reason to suspect a dead connection. */
const CHECK_WITHIN_MS = 3_000
/** Extra jitter after a restart of the server, against a reconnect storm. */
const RESTART_SPREAD_MS = 1_500

type TimerName = 'retry' | 'ready' | 'ping' | 'pong' | 'silent'

/**
 * One WebSocket for all channels, with reconnection. Every close except "credentials revoked" leads to a new connection that
 * resumes after the last seq. It queues nothing: unsent messages live in the outbox.
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
  #cancel = new Map<TimerName, () => void>()

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

  /** Ends the socket for good: the page leaves the org. */
  stop(): void {
    this.#end('stopped')
  }

  /** Skips the back-off, e.g. when the network is back. No effect while connected. */
  retryNow(): void {
    if (this.#state.is !== 'waiting') return
    this.#attempt = 0
    this.#connect()
  }

  /** Replaces a connection that seems dead. */
  restart(): void {
    if (this.#state.is !== 'live' && this.#state.is !== 'connecting') return
    this.#lost(undefined)
  }

  /** Pings at once, e.g. when the browser reports that the network is gone. */
  check(): void {
    if (this.#state.is !== 'live') return
    this.#ping(CHECK_WITHIN_MS)
  }

  /** Sends a frame; false without a live connection. */
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
    this.#schedule('ready', READY_WITHIN_MS, () => this.#lost(undefined))
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
    this.#schedule('ping', PING_EVERY_MS, () => this.#ping())
    // One ping at a time: the deadline of an unanswered one is not moved by the next.
    if (this.#pinged_at !== undefined && within_ms === PONG_WITHIN_MS) return
    if (!this.send({ type: 'ping' })) return
    this.#pinged_at = this.#timers.now()
    this.#schedule('silent', SILENT_AFTER_MS, () => this.#handlers.silent(true))
    this.#schedule('pong', within_ms, () => {
      this.#handlers.dead()
      this.restart()
    })
  }

  #ponged(): void {
    this.#cancel.get('pong')?.()
    this.#cancel.get('silent')?.()
    this.#handlers.silent(false)
    if (this.#pinged_at !== undefined) this.#handlers.roundTrip(this.#timers.now() - this.#pinged_at)
    this.#pinged_at = undefined
  }

  /** Schedules a reconnect. `code` is undefined if this side closed the connection. */
  #lost(code: number | undefined): void {
    this.#clear()
    this.#drop()
    if (code === CLOSE.revoked) {
      this.#end('revoked')
      return
    }
    const spread_ms = code === CLOSE.restarting ? this.#random() * RESTART_SPREAD_MS : 0
    const delay_ms = Math.round(backoffMs(this.#attempt++, this.#random) + spread_ms)
    this.#schedule('retry', delay_ms, () => this.#connect())
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

  /** Detaches the handlers before the close, so that late events have no effect. */
  #drop(): void {
    const socket = this.#socket
    this.#socket = undefined
    if (!socket) return
    socket.onopen = null
    socket.onmessage = null
    socket.onclose = null
    socket.close()
  }

  #schedule(name: TimerName, delay_ms: number, run: () => void): void {
    this.#cancel.get(name)?.()
    this.#cancel.set(name, this.#timers.after(delay_ms, run))
  }

  #clear(): void {
    for (const cancel of this.#cancel.values()) cancel()
    this.#cancel.clear()
    this.#pinged_at = undefined
  }
}

/** Parses a frame. Anything else is dropped, since a newer server may send more than this page knows. */
function parseFrame(data: unknown): ServerFrame | undefined {
  if (typeof data !== 'string') return undefined
  try {
    const frame = JSON.parse(data)
    return typeof frame?.type === 'string' ? frame : undefined
  } catch {
    // Not JSON.
    return undefined
  }
}
