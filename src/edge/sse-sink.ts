import { type Cursor, formatCursor } from '../contracts/events.ts'
import { LIMITS } from '../contracts/limits.ts'
import type { ResetReason, RevocationReason } from '../contracts/vocabulary.ts'
import type { Credential } from './credential.ts'
import type { CompiledFilter } from './event-filter.ts'
import { SendQueue } from './send-queue.ts'
import { controlFrame, heartbeatFrame, openedFrame, resetFrame } from './sse-frames.ts'

/** Why a stream ended; `gone` when the reader left, `failed` when a read of this side failed. */
export type StreamEnd = 'gone' | 'slow' | 'revoked' | 'draining' | 'failed'

/** Writes to the reader. A promise means that the reader is behind; it settles when the reader took the chunk. */
export type WriteOut = (chunk: Uint8Array) => Promise<unknown> | undefined

/** One frame of a replay. Rights are checked when it is written, not when it was read. */
export interface ReplayEntry {
  frame: Uint8Array
  may_have(): boolean
}

/** Frames of a replay with the position after them; `removed` when retention took what follows the position. */
export type ReplayPage = { entries: ReplayEntry[]; position: number } | 'removed'

/** Source of the events that a stream has missed. A position is the last sequence that was sent or skipped. */
export interface Replay {
  /** The last sequence that was delivered to live streams, now. */
  head(): number
  log: string
  heartbeat_seconds: number
  /** Where a stream with this cursor begins. */
  start(sink: SseSink, cursor: Cursor | undefined): Promise<Start>
  /** Frames that follow `position`, at most a page. */
  page(sink: SseSink, position: number): Promise<ReplayPage>
  /** Reports a read that failed for another reason than an absent database. */
  failed(stage: string, error: unknown): void
}

/** Where a stream begins. */
export type Start =
  | { from: 'head' }
  | { from: 'cursor'; cursor: Cursor }
  | { from: 'reset'; reason: ResetReason }

type State = { name: 'replaying' } | { name: 'live' } | { name: 'ended'; why: StreamEnd; last?: Uint8Array }

/**
 * One open SSE stream. It replays at the reader's pace, and goes live in the tick in which nothing is missing: database
 * pages, ring and live tail are one cursor.
 */
export class SseSink {
  readonly credential: Credential
  filter: CompiledFilter
  /** Sequence of the last event that was offered to this sink, so that several indexes offer it once. */
  offered = 0
  #state: State = { name: 'replaying' }
  #position = 0
  #wake: (() => void) | undefined
  #writing_since: number | undefined
  #onEnd: ((why: StreamEnd) => void) | undefined
  readonly #queue = new SendQueue<Uint8Array>()

  constructor(credential: Credential, filter: CompiledFilter) {
    this.credential = credential
    this.filter = filter
  }

  get live(): boolean {
    return this.#state.name === 'live'
  }

  get ended(): boolean {
    return this.#state.name === 'ended'
  }

  get queued(): { frames: number; bytes: number } {
    return { frames: this.#queue.frames, bytes: this.#queue.bytes }
  }

  /** Ends the stream when a write has stalled for too long; called about twice a second. */
  checkStall(now: number): void {
    if (this.#writing_since !== undefined && now - this.#writing_since > LIMITS.write_stall_ms)
      this.end('slow')
  }

  onEnd(listener: (why: StreamEnd) => void): void {
    this.#onEnd = listener
  }

  /** Queues a live frame. A stream that is still replaying reads it from storage instead. */
  push(frame: Uint8Array): void {
    if (!this.live) return
    if (!this.#queue.push(frame)) this.end('slow')
    else this.#signal()
  }

  /** Queues a frame that is not part of the log. It has no other source, so it waits for the end of a replay. */
  pushAside(frame: Uint8Array): void {
    if (this.ended) return
    if (!this.#queue.push(frame)) this.end('slow')
    else if (this.live) this.#signal()
  }

  /** Ends the stream: queued frames are dropped, `last` is tried, no later event is written. */
  end(why: StreamEnd, last?: Uint8Array): void {
    if (this.#state.name === 'ended') return
    this.#state = last ? { name: 'ended', why, last } : { name: 'ended', why }
    this.#queue.clear()
    this.#signal()
    this.#onEnd?.(why)
  }

  /** The client has to come back, to be judged anew. */
  comeBack(): void {
    this.end('failed')
  }

  revoke(reason: RevocationReason): void {
    this.end('revoked', controlFrame({ type: 'session.revoked', payload: { reason } }))
  }

  /** Runs the stream until it ends; the transport closes the connection when this settles. Never rejects. */
  async run(cursor: Cursor | undefined, replay: Replay, writeOut: WriteOut): Promise<void> {
    try {
      const start = await this.#read(replay, 'start a stream', () => replay.start(this, cursor))
      await this.#open(start, replay, writeOut)
      await this.#catchUp(replay, writeOut)
      await this.#tail(writeOut)
    } catch {
      // A failed read ended the stream already and was reported; otherwise a write failed: the reader is gone.
      this.end('gone')
    }
    // Tried, not awaited: a reader that does not read learns it from the connection's end.
    if (this.#state.name === 'ended' && this.#state.last) writeOut(this.#state.last)?.catch(() => undefined)
  }

  /** Reads for the replay. A failure is reported and ends the stream: its reader comes back with its cursor. */
  async #read<T>(replay: Replay, stage: string, read: () => Promise<T>): Promise<T> {
    try {
      return await read()
    } catch (error) {
      if (!this.ended) replay.failed(stage, error)
      this.end('failed')
      throw error
    }
  }

  async #open(start: Start, replay: Replay, writeOut: WriteOut): Promise<void> {
    if (this.ended) return
    const { log, heartbeat_seconds } = replay
    const head = replay.head()
    const here = formatCursor({ log, sequence: head })
    const opened = { type: 'stream.opened', payload: { log, head, heartbeat_seconds } } as const
    this.#position = start.from === 'cursor' ? start.cursor.sequence : head
    await this.#write(writeOut, openedFrame(opened, start.from === 'head' ? here : undefined))
    if (start.from === 'reset') await this.#write(writeOut, resetFrame(start.reason, log, head))
  }

  async #catchUp(replay: Replay, writeOut: WriteOut): Promise<void> {
    let wrote_at = Date.now()
    while (!this.ended && this.#position < replay.head()) {
      const page = await this.#read(replay, 'replay a stream', () => replay.page(this, this.#position))
      if (page === 'removed') {
        this.#position = replay.head()
        await this.#write(writeOut, resetFrame('removed', replay.log, this.#position))
        continue
      }
      for (const { frame, may_have } of page.entries) {
        if (this.ended) return
        if (!may_have()) continue
        await this.#write(writeOut, frame)
        wrote_at = Date.now()
      }
      this.#position = page.position
      // A long replay whose events are all filtered out still sends heartbeats, which move the reader's cursor.
      if (Date.now() - wrote_at < replay.heartbeat_seconds * 1000) continue
      await this.#write(writeOut, heartbeatFrame(replay.log, this.#position))
      wrote_at = Date.now()
    }
    if (!this.ended) this.#state = { name: 'live' }
  }

  async #tail(writeOut: WriteOut): Promise<void> {
    while (!this.ended) {
      if (this.#queue.frames === 0) await new Promise<void>((resolve) => this.#wakeBy(resolve))
      else await this.#write(writeOut, join(this.#queue.takeAll()))
    }
  }

  /** Settles when the reader took the chunk; rejects at once when the stream ends meanwhile. */
  async #write(writeOut: WriteOut, chunk: Uint8Array): Promise<void> {
    const written = writeOut(chunk)
    if (written === undefined) return
    this.#writing_since = Date.now()
    await new Promise<unknown>((resolve, reject) => {
      this.#wakeBy(() => this.ended && reject(new Error('The stream ended')))
      written.then(resolve, reject)
    })
    this.#writing_since = undefined
  }

  #wakeBy(wake: () => void): void {
    this.#wake = wake
  }

  #signal(): void {
    this.#wake?.()
  }
}

/** Joins frames into one write: an SSE stream is bytes. */
function join(frames: Uint8Array[]): Uint8Array {
  if (frames.length === 1) return frames[0]!
  let length = 0
  for (const frame of frames) length += frame.length
  const joined = new Uint8Array(length)
  let at = 0
  for (const frame of frames) {
    joined.set(frame, at)
    at += frame.length
  }
  return joined
}
