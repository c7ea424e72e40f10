/** The ways in which a Bun.serve response can be an event stream, behind one face, to be measured side by side. */
import { EventStream, type StreamLimits } from './stream.ts'

export interface Wired {
  body: ReadableStream<Uint8Array> | AsyncGenerator<Uint8Array | string>
  /** The same frame for every stream, as bytes and as text. */
  push(frame: Uint8Array, text: string): void
  /** Bytes that wait with us, and not in the runtime or the kernel. */
  waiting(): number
  /** Ends the stream in one of its ways; false when it has no such way. */
  end(how: End): boolean
}

/** `close`: the last chunk and an end; `error`: the way that reports an error. */
export type End = 'close' | 'error'

export type Wire = (onGone: () => void) => Wired

/** The stalled reader is measured without a bound of ours: how much does the runtime take? */
const UNBOUNDED: StreamLimits = {
  waiting_bytes_max: Number.MAX_SAFE_INTEGER,
  waiting_frames_max: Number.MAX_SAFE_INTEGER,
  farewell_ms: 1_000,
}

/** Frames for a consumer that asks: the queue before a generator, a `pull` or an awaited write. */
class Waiting {
  readonly frames: Uint8Array[] = []
  bytes = 0
  ended = false
  #wake: (() => void) | undefined

  push(frame: Uint8Array): void {
    if (this.ended) return
    this.frames.push(frame)
    this.bytes += frame.length
    this.#wake?.()
  }

  end(): void {
    this.ended = true
    this.#wake?.()
  }

  /** The next frame, or all that wait as one chunk; undefined at the end. */
  async take(all: boolean): Promise<Uint8Array | undefined> {
    while (this.frames.length === 0 && !this.ended)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    const taken = all ? this.frames.splice(0) : this.frames.splice(0, 1)
    const chunk = taken.length > 1 ? Buffer.concat(taken) : taken[0]
    this.bytes -= chunk?.length ?? 0
    return this.ended ? undefined : chunk
  }
}

function directStream(source: Bun.DirectUnderlyingSource<Uint8Array>): ReadableStream<Uint8Array> {
  // The DOM's types know no direct stream, and win over the runtime's.
  return Reflect.construct(ReadableStream, [source])
}

/** Ours: what is pushed in one tick is one write, and waits with us only while the reader is behind. */
const pushed: Wire = (onGone) => {
  const stream = new EventStream(onGone, UNBOUNDED)
  return {
    body: stream.body,
    push: (frame) => stream.push(frame),
    waiting: () => stream.waiting.bytes,
    end(how) {
      if (how === 'close') stream.close(new TextEncoder().encode('data: bye\n\n'))
      else stream.cut()
      return true
    },
  }
}

/** A direct stream with a write for each frame; bytes, or strings that are encoded again for each stream. */
const perFrame =
  (strings: boolean): Wire =>
  (onGone) => {
    let controller: ReadableStreamDirectController | undefined
    const body = directStream({
      type: 'direct',
      pull(opened) {
        controller = opened
      },
      cancel: onGone,
    })
    return {
      body,
      push: (frame, text) => void controller?.write(strings ? text : frame),
      waiting: () => 0,
      end(how) {
        if (how === 'close') controller?.close()
        else controller?.close(new Error('cut'))
        return true
      },
    }
  }

/** A direct stream with a loop that awaits each write and flush: all that waits as one chunk. */
const awaited: Wire = (onGone) => {
  const waiting = new Waiting()
  let controller: ReadableStreamDirectController | undefined
  const body = directStream({
    type: 'direct',
    async pull(opened) {
      controller = opened
      for (let chunk = await waiting.take(true); chunk; chunk = await waiting.take(true)) {
        await opened.write(chunk)
        await opened.flush()
      }
    },
    cancel() {
      waiting.end()
      onGone()
    },
  })
  return {
    body,
    push: (frame) => waiting.push(frame),
    waiting: () => waiting.bytes,
    end(how) {
      waiting.end()
      if (how === 'close') controller?.close()
      else controller?.close(new Error('cut'))
      return true
    },
  }
}

const generated =
  (all: boolean): Wire =>
  (onGone) => {
    const waiting = new Waiting()
    async function* chunks(): AsyncGenerator<Uint8Array> {
      try {
        for (let chunk = await waiting.take(all); chunk; chunk = await waiting.take(all)) yield chunk
      } finally {
        onGone()
      }
    }
    const body = chunks()
    return {
      body,
      push: (frame) => waiting.push(frame),
      waiting: () => waiting.bytes,
      end(how) {
        waiting.end()
        if (how === 'close') void body.return(undefined)
        // The consumer is at the other side of the generator: whoever throws in gets his own error back.
        else void body.throw(new Error('cut')).catch(() => undefined)
        return true
      },
    }
  }

const pulled: Wire = (onGone) => {
  const waiting = new Waiting()
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  const body = new ReadableStream<Uint8Array>({
    async pull(opened) {
      controller = opened
      const chunk = await waiting.take(true)
      if (chunk) opened.enqueue(chunk)
    },
    cancel() {
      waiting.end()
      onGone()
    },
  })
  return {
    body,
    push: (frame) => waiting.push(frame),
    waiting: () => waiting.bytes,
    end(how) {
      if (how === 'close') controller?.close()
      else controller?.error(new Error('cut'))
      waiting.end()
      return true
    },
  }
}

const enqueued: Wire = (onGone) => {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  const body = new ReadableStream<Uint8Array>({
    start(opened) {
      controller = opened
    },
    cancel() {
      controller = undefined
      onGone()
    },
  })
  return {
    body,
    push: (frame) => controller?.enqueue(frame),
    waiting: () => 0,
    end(how) {
      if (how === 'close') controller?.close()
      else controller?.error(new Error('cut'))
      controller = undefined
      return true
    },
  }
}

export const WIRINGS = {
  'direct, pushed, one write per tick': pushed,
  'direct, pushed, one write per frame': perFrame(false),
  'direct, pushed, one write per frame, strings': perFrame(true),
  'direct, awaited writes': awaited,
  'generator, frame by frame': generated(false),
  'generator, joined': generated(true),
  'pull, joined': pulled,
  'enqueue from outside': enqueued,
} as const satisfies Record<string, Wire>

export type WiringName = keyof typeof WIRINGS

export function isWiring(name: string | undefined): name is WiringName {
  return name !== undefined && name in WIRINGS
}
