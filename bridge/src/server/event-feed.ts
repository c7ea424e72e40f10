import { parseCursor } from '../../../src/contracts/events.ts'
import { pause } from '../clock.ts'
import type { Api } from './api.ts'
import { backOffMs } from './back-off.ts'
import type { Connection } from './connection.ts'
import { readStream, StreamFailed, type StreamItem } from './event-stream.ts'
import { poll } from './poll.ts'
import { type Incoming, KeyRefused, ServerAway, ServerRefused, type StreamMode } from './port.ts'

/** After this long without a stream that carries anything, events are polled. */
const DEGRADED_AFTER_MS = 5 * 60_000
const POLL_INTERVAL_MS = 30_000
/** Reason of a reset: the stored position is not of the form of a position. */
const LOST_POSITION = 'invalid_cursor'

/**
 * The events of one agent without an end: from the stream, with back-off between connections, from the list when there is no
 * stream for long. The position moves when the consumer asks for the next item, so delivery is at least once, in order.
 */
export class EventFeed {
  readonly #connection: Connection
  readonly #api: Api
  #cursor: string | null
  #mode: StreamMode = 'connecting'
  #reason: string | null = null
  /** When a stream last carried more than its first frame. */
  #proven_at: number
  #failures = 0
  #next_poll_at = 0
  /** Of the last event that was given out or skipped. */
  #sequence: number
  /** The stored position is not one that the server reads; the next stream begins anew. */
  #lost_position = false

  constructor(connection: Connection, api: Api, cursor: string | null) {
    this.#connection = connection
    this.#api = api
    this.#cursor = cursor
    this.#sequence = (cursor === null ? undefined : parseCursor(cursor)?.sequence) ?? 0
    this.#proven_at = connection.clock.now()
  }

  /** Ends when `signal` aborts; throws `KeyRefused` when the key in use is refused. */
  async *run(signal: AbortSignal): AsyncGenerator<Incoming> {
    while (!signal.aborted) {
      const used = this.#connection.key.value
      try {
        yield* this.#fromStream(signal)
      } catch (error) {
        if (signal.aborted) return
        if (error instanceof StreamFailed) yield* this.#untilNextTry(error, signal)
        else if (!(error instanceof KeyRefused) || this.#connection.key.value === used) throw error
      }
    }
  }

  /** Ends by itself only when `signal` aborts. */
  async *#fromStream(signal: AbortSignal): AsyncGenerator<Incoming> {
    const position = this.#lost_position ? null : this.#cursor
    for await (const item of readStream(this.#connection, position, signal)) {
      yield* this.#take(item, position !== null)
      if (signal.aborted) return
    }
  }

  async *#take({ frame, cursor }: StreamItem, resumed: boolean): AsyncGenerator<Incoming> {
    if (frame?.type === 'stream.opened') return yield* this.#opened(cursor, resumed)
    this.#failures = 0
    this.#proven_at = this.#connection.clock.now()
    yield* this.#say('stream', null)
    if (frame?.type === 'events.reset')
      yield* this.#move({ kind: 'reset', reason: frame.payload.reason, cursor })
    else if (frame && 'sequence' in frame && frame.sequence !== null)
      yield* this.#move({ kind: 'event', event: frame, cursor })
    else if (cursor !== '') yield* this.#move({ kind: 'cursor', cursor })
  }

  async *#opened(cursor: string, resumed: boolean): AsyncGenerator<Incoming> {
    // A stream that brings nothing but its first frame ends neither polling nor the back-off.
    if (this.#mode !== 'polling') yield* this.#say('stream', null)
    if (resumed || cursor === '') yield { kind: 'opened', cursor: null }
    else if (this.#lost_position) yield* this.#move({ kind: 'reset', reason: LOST_POSITION, cursor })
    else yield* this.#move({ kind: 'opened', cursor })
  }

  async *#untilNextTry(failure: StreamFailed, signal: AbortSignal): AsyncGenerator<Incoming> {
    const { clock, random } = this.#connection
    if (failure.code === 'INVALID_CURSOR') this.#lost_position = true
    const try_at = clock.now() + failure.retry_after_ms + backOffMs(++this.#failures, random)
    if (this.#mode !== 'polling') yield* this.#say('connecting', failure.message)
    while (!signal.aborted) {
      const degraded_at = this.#proven_at + DEGRADED_AFTER_MS
      if (clock.now() >= degraded_at) {
        yield* this.#say('polling', failure.message)
        if (clock.now() >= this.#next_poll_at) yield* this.#poll(signal)
      }
      if (clock.now() >= try_at) return
      const next = clock.now() < degraded_at ? degraded_at : this.#next_poll_at
      await pause(clock, Math.min(try_at, next) - clock.now(), signal)
    }
  }

  async *#poll(signal: AbortSignal): AsyncGenerator<Incoming> {
    const { clock } = this.#connection
    this.#next_poll_at = clock.now() + POLL_INTERVAL_MS
    try {
      for await (const item of poll(this.#api, this.#cursor, signal)) {
        yield* this.#move(item)
        if (signal.aborted) return
      }
    } catch (error) {
      // The next poll asks again; only a refused key ends the feed.
      if (!(error instanceof ServerAway || error instanceof ServerRefused)) throw error
      if (error instanceof ServerAway)
        this.#next_poll_at = Math.max(this.#next_poll_at, clock.now() + error.retry_after_ms)
    }
  }

  /** Gives an item out and then takes its position, unless nothing is new at it. */
  async *#move(item: Incoming & { cursor: string }): AsyncGenerator<Incoming> {
    if (item.kind === 'event' && this.#isBehind(item)) return
    if (item.kind === 'cursor' && item.cursor === this.#cursor) return
    yield item
    this.#cursor = item.cursor
    if (item.kind === 'reset') this.#lost_position = false
    this.#sequence = item.kind === 'event' ? item.event.sequence : (parseCursor(item.cursor)?.sequence ?? 0)
  }

  /** Whether an event was given out already, e.g. by a proxy that repeats what it had kept. */
  #isBehind({ event, cursor }: Extract<Incoming, { kind: 'event' }>): boolean {
    const log = (text: string | null) => (text === null ? undefined : parseCursor(text)?.log)
    return event.sequence <= this.#sequence && log(cursor) === log(this.#cursor)
  }

  /** Another reason for the same trouble is said as well, but not while events come in some way. */
  async *#say(mode: StreamMode, reason: string | null): AsyncGenerator<Incoming> {
    if (mode === this.#mode && (mode !== 'connecting' || reason === this.#reason)) return
    this.#mode = mode
    this.#reason = reason
    yield { kind: 'mode', mode, reason }
  }
}
