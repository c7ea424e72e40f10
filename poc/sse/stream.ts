/** Why a stream ended: `gone` is the reader's doing, `slow` and `closed` are ours. */
export type StreamEnd = 'gone' | 'slow' | 'closed'

export interface StreamLimits {
  /** What may wait for one reader. Over either bound it is cut: it comes back with its cursor and loses nothing. */
  waiting_bytes_max: number
  waiting_frames_max: number
  /** How long a farewell may wait to be taken before the connection is cut. */
  farewell_ms: number
}

export const STREAM_LIMITS: StreamLimits = {
  waiting_bytes_max: 1024 * 1024,
  waiting_frames_max: 1_000,
  farewell_ms: 1_000,
}

/** Handed to the runtime at once when a reader that was behind takes more; bounds what the runtime holds of ours. */
const WRITE_BYTES_MAX = 64 * 1024

/** The runtime prints what a stream is closed with; without a stack that is one line and no excerpt of this file. */
export const CUT_TEXT = 'an event stream was cut: its reader does not read'
const CUT = withoutStack(CUT_TEXT)

function withoutStack(text: string): Error {
  const depth = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  const error = new Error(text)
  Error.stackTraceLimit = depth
  return error
}

/**
 * One SSE response, pushed into. While the reader keeps up, what is pushed in one tick goes to the runtime as one write:
 * the write is what costs, not the frame. When a write answers with a promise, the reader is behind: from then on frames
 * wait here, where they are counted, until the promise settles.
 *
 * Nothing else has all three: `enqueue` has no bound, a generator or `pull` costs a promise per chunk, and of all of
 * them only a direct stream can be cut while its reader takes nothing without a byte more being sent
 * (`close(error)` resets the connection at once; `close()` would wait for that reader).
 */
export class EventStream {
  readonly body: ReadableStream<Uint8Array>
  readonly #limits: StreamLimits
  readonly #onEnd: (why: StreamEnd) => void
  #controller: ReadableStreamDirectController | undefined
  #waiting: Uint8Array[] = []
  #waiting_bytes = 0
  #behind = false
  #ended: StreamEnd | undefined
  #room: (() => void) | undefined
  #last: Uint8Array | undefined

  readonly #flush = () => {
    if (this.#controller && !this.#behind) this.#drain(this.#controller)
  }

  /** `onEnd` is called once, when no frame will be written any more. */
  constructor(onEnd: (why: StreamEnd) => void, limits: StreamLimits = STREAM_LIMITS) {
    this.#onEnd = onEnd
    this.#limits = limits
    const source: Bun.DirectUnderlyingSource<Uint8Array> = {
      type: 'direct',
      // Returns at once and leaves the stream open until it is closed.
      pull: (controller) => this.#open(controller),
      // Called for a peer that closed, half-closed or reset its connection.
      cancel: () => this.#finish('gone'),
    }
    // The DOM's types know no direct stream, and win over the runtime's.
    this.body = Reflect.construct(ReadableStream, [source])
  }

  get ended(): StreamEnd | undefined {
    return this.#ended
  }

  /** Frames and bytes that wait here for a reader that is behind. */
  get waiting(): { frames: number; bytes: number } {
    return { frames: this.#waiting.length, bytes: this.#waiting_bytes }
  }

  /**
   * Takes a frame for the reader. What is pushed in one tick is written at its end as one chunk; while the reader is
   * behind it waits here. Cuts the stream when too much would wait.
   */
  push(frame: Uint8Array): void {
    if (this.#ended) return
    const { waiting_bytes_max, waiting_frames_max } = this.#limits
    const too_many = this.#waiting.length >= waiting_frames_max
    if (too_many || this.#waiting_bytes + frame.length > waiting_bytes_max) {
      this.cut()
      return
    }
    this.#waiting.push(frame)
    this.#waiting_bytes += frame.length
    if (!this.#controller || this.#behind) return
    // A long burst in one tick is no reader's fault: it is handed over before it counts as waiting.
    if (this.#waiting_bytes >= WRITE_BYTES_MAX) this.#drain(this.#controller)
    else if (this.#waiting.length === 1) queueMicrotask(this.#flush)
  }

  /** Settles when nothing waits: a replay is read at the reader's pace. At once for a stream that has ended. */
  async room(): Promise<void> {
    while (!this.#ended && (this.#behind || this.#waiting.length > 0))
      await new Promise<void>((resolve) => {
        this.#room = resolve
      })
  }

  /**
   * Ends the stream well: `last` is the last frame. What waits here is thrown away. A reader that does not take `last`
   * within `farewell_ms` is cut.
   */
  close(last: Uint8Array): void {
    if (this.#ended) return
    this.#finish('closed')
    if (this.#controller) this.#farewell(this.#controller, last)
    else this.#last = last
  }

  /** Ends the stream of a reader that takes nothing: its connection is reset at once, whatever is on the way. */
  cut(): void {
    if (this.#ended) return
    this.#finish('slow')
    this.#controller?.close(CUT)
  }

  #open(controller: ReadableStreamDirectController): void {
    this.#controller = controller
    // It may have been ended before the runtime asked for it.
    if (this.#ended === 'slow') controller.close(CUT)
    else if (this.#last) this.#farewell(controller, this.#last)
    else if (!this.#ended) this.#drain(controller)
  }

  #farewell(controller: ReadableStreamDirectController, last: Uint8Array): void {
    const written = controller.write(last)
    if (typeof written === 'number') {
      controller.close()
      return
    }
    let late = false
    const timer = setTimeout(() => {
      late = true
      controller.close(CUT)
    }, this.#limits.farewell_ms)
    const taken = () => {
      clearTimeout(timer)
      // The promise of a stream that was cut settles as well, and a closed controller throws.
      if (!late) controller.close()
    }
    written.then(taken, () => clearTimeout(timer))
  }

  #write(controller: ReadableStreamDirectController, chunk: Uint8Array): void {
    const written = controller.write(chunk)
    if (typeof written === 'number') return
    this.#behind = true
    written.then(
      () => {
        this.#behind = false
        this.#drain(controller)
      },
      () => this.#finish('gone'),
    )
  }

  /** Writes what waits, in slices, until the reader is behind again. */
  #drain(controller: ReadableStreamDirectController): void {
    while (!this.#ended && !this.#behind && this.#waiting.length > 0) this.#write(controller, this.#take())
    if (!this.#behind) this.#wake()
  }

  #take(): Uint8Array {
    const slice: Uint8Array[] = []
    let bytes = 0
    for (const frame of this.#waiting) {
      if (slice.length > 0 && bytes + frame.length > WRITE_BYTES_MAX) break
      slice.push(frame)
      bytes += frame.length
    }
    this.#waiting.splice(0, slice.length)
    this.#waiting_bytes -= bytes
    return Buffer.concat(slice, bytes)
  }

  #finish(why: StreamEnd): void {
    if (this.#ended) return
    this.#ended = why
    this.#waiting = []
    this.#waiting_bytes = 0
    this.#wake()
    this.#onEnd(why)
  }

  #wake(): void {
    const wake = this.#room
    this.#room = undefined
    wake?.()
  }
}
