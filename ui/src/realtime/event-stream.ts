import type { EventEnvelope, StreamEnvelope } from '@contracts/events.ts'
import { backoffMs } from './backoff.ts'
import type { Timers } from './timers.ts'

export function isLogged(envelope: StreamEnvelope): envelope is EventEnvelope {
  return 'sequence' in envelope && envelope.sequence !== null
}

/** The part of an EventSource that is used. */
export interface SourceLike {
  readonly readyState: number
  onopen: (() => void) | null
  onmessage: ((event: { data: unknown; lastEventId: string }) => void) | null
  onerror: (() => void) | null
  /** Called for all bytes that arrive, heartbeats included. */
  onactivity: (() => void) | null
  close(): void
}

export type StreamState = 'connecting' | 'live' | 'waiting' | 'ended'

export interface EventStreamHandlers {
  envelope(envelope: StreamEnvelope, cursor: string): void
  state(state: StreamState): void
}

const CLOSED = 2

/** A stream that is silent for so many of its heartbeats is dead: one may be late, two are not. */
const SILENT_HEARTBEATS = 2.5
/** Assumed until `stream.opened` names the interval: the server's default. */
const HEARTBEAT_SECONDS = 15

/**
 * The live event log of an org. An EventSource reconnects after a lost connection, but closes for good after an HTTP error
 * (502 of a restarting proxy, 429): then this opens a new one at the last cursor, with back-off. So it does when nothing
 * arrives for some heartbeats, e.g. behind a proxy that keeps a dead connection, or after a suspend.
 */
export class EventStream {
  readonly #open: (cursor: string | undefined) => SourceLike
  readonly #handlers: EventStreamHandlers
  readonly #timers: Timers
  readonly #random: () => number
  #source: SourceLike | undefined
  #cursor: string | undefined
  #attempt = 0
  #ended = false
  #cancel: (() => void) | undefined
  #heard_at = 0
  #silent_ms = SILENT_HEARTBEATS * HEARTBEAT_SECONDS * 1000
  #cancelWatch: (() => void) | undefined

  constructor(
    open: (cursor: string | undefined) => SourceLike,
    handlers: EventStreamHandlers,
    timers: Timers,
    random: () => number,
  ) {
    this.#open = open
    this.#handlers = handlers
    this.#timers = timers
    this.#random = random
  }

  /** Starts after `cursor`; without one at the head of the log. */
  start(cursor: string | undefined): void {
    this.#cursor = cursor
    this.#connect()
  }

  stop(): void {
    this.#ended = true
    this.#close()
    this.#handlers.state('ended')
  }

  /** Skips the back-off. No effect while a source is open. */
  retryNow(): void {
    if (this.#ended || this.#source) return
    this.#attempt = 0
    this.#connect()
  }

  /** Replaces a source that may be dead without an error. */
  reopen(): void {
    this.#attempt = 0
    this.#connect()
  }

  /** Replaces a source that is silent for too long. Timers may be late, above all after a suspend. */
  check(): void {
    if (this.#source && this.#timers.now() - this.#heard_at >= this.#silent_ms) this.reopen()
  }

  #connect(): void {
    this.#close()
    if (this.#ended) return
    this.#handlers.state('connecting')
    const source = this.#open(this.#cursor)
    this.#source = source
    this.#heard()
    this.#watch()
    source.onactivity = () => this.#heard()
    source.onopen = () => {
      this.#attempt = 0
      this.#handlers.state('live')
    }
    source.onmessage = ({ data, lastEventId }) => this.#receive(data, lastEventId)
    source.onerror = () => this.#failed(source)
  }

  #receive(data: unknown, cursor: string): void {
    if (cursor !== '') this.#cursor = cursor
    const envelope = parseEnvelope(data)
    if (!envelope) return
    if (envelope.type === 'stream.opened') {
      this.#silent_ms = SILENT_HEARTBEATS * envelope.payload.heartbeat_seconds * 1000
      this.#watch()
    }
    this.#handlers.envelope(envelope, this.#cursor ?? '')
    if (envelope.type === 'session.revoked') this.stop()
  }

  #failed(source: SourceLike): void {
    if (source !== this.#source) return
    if (source.readyState !== CLOSED) {
      this.#heard()
      this.#handlers.state('connecting')
      return
    }
    this.#close()
    this.#handlers.state('waiting')
    this.#cancel = this.#timers.after(
      backoffMs(this.#attempt++, this.#random, { first_ms: 1_000, longest_ms: 30_000 }),
      () => this.#connect(),
    )
  }

  #heard(): void {
    this.#heard_at = this.#timers.now()
  }

  /** Checks when the limit would be reached; bytes only note their time. */
  #watch(): void {
    this.#cancelWatch?.()
    const left_ms = Math.max(1, this.#heard_at + this.#silent_ms - this.#timers.now())
    this.#cancelWatch = this.#timers.after(left_ms, () => {
      this.check()
      if (this.#source) this.#watch()
    })
  }

  #close(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#cancelWatch?.()
    this.#cancelWatch = undefined
    const source = this.#source
    this.#source = undefined
    if (!source) return
    source.onopen = null
    source.onmessage = null
    source.onerror = null
    source.onactivity = null
    source.close()
  }
}

function parseEnvelope(data: unknown): StreamEnvelope | undefined {
  if (typeof data !== 'string') return undefined
  try {
    const envelope = JSON.parse(data)
    return typeof envelope?.type === 'string' ? envelope : undefined
  } catch {
    // Not JSON.
    return undefined
  }
}
