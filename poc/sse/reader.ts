/** Two readers: one that understands every event, and one that only counts, for thousands at once. */

/** One event as it came: its `id:` and the parsed `data:`. Comments are not told. */
export interface Received {
  id: number
  body: { id: number; topic: string; data: Record<string, unknown>; reset?: boolean }
}

export interface EventReader {
  /** Why it ended although nobody asked it to. */
  readonly failed: string | undefined
  /** The last `id:` it saw. */
  readonly cursor: number
  cut(): Promise<void>
}

/** Opens a stream and reads it until it is cut. Settles when the server has answered and sent its first bytes. */
export async function openReader(
  url: string,
  topics: readonly string[],
  onEvent: (event: Received) => void,
  after?: number,
): Promise<EventReader> {
  const abort = new AbortController()
  const response = await fetch(`${url}/stream?topics=${topics.join(',')}`, {
    signal: abort.signal,
    headers: after === undefined ? {} : { 'last-event-id': String(after) },
  })
  if (!response.ok || !response.body) throw new Error(`The stream was refused: ${response.status}`)
  const state: { failed?: string; cursor: number; cut: boolean } = { cursor: after ?? 0, cut: false }
  const { promise: open, resolve: opened } = Promise.withResolvers<void>()
  const ended = (async () => {
    const decoder = new TextDecoder()
    let rest = ''
    try {
      for await (const bytes of response.body ?? []) {
        opened()
        // The decoder keeps half a character, this keeps half an event.
        const blocks = (rest + decoder.decode(bytes, { stream: true })).split('\n\n')
        rest = blocks.pop() ?? ''
        for (const block of blocks) {
          const event = parse(block)
          if (!event || state.cut) continue
          state.cursor = event.id
          onEvent(event)
        }
      }
      if (!state.cut) state.failed = 'the server ended the stream'
    } catch (error) {
      if (!state.cut) state.failed = String(error)
    }
    opened()
  })()
  await open
  return {
    get failed() {
      return state.failed
    },
    get cursor() {
      return state.cursor
    },
    async cut() {
      state.cut = true
      abort.abort()
      await ended
    },
  }
}

function parse(block: string): Received | undefined {
  const id = /^id: (\d+)$/m.exec(block)?.[1]
  const data = /^data: (.*)$/m.exec(block)?.[1]
  return id === undefined || data === undefined ? undefined : { id: Number(id), body: JSON.parse(data) }
}

/** Every frame of a load carries this byte once. */
const MARK = '~'.charCodeAt(0)

export interface Counter {
  readonly frames: number
  readonly bytes: number
  /** What the connection ended with, seen by the reader: `end` for a well closed one, else the error's code. */
  readonly ended: string | undefined
  /** The last bytes that came, as text. */
  readonly tail: string
  readonly port: number
  /** Stops taking anything from the kernel. */
  pause(): void
  resume(): void
  /** Closes well (FIN) or hard (RST). */
  end(): void
  reset(): void
}

/** A plain TCP connection that asks for `path` and counts marked frames. Settles with the first bytes. */
export async function openCounter(port: number, path: string): Promise<Counter> {
  const state: { frames: number; bytes: number; ended?: string; tail: string } = {
    frames: 0,
    bytes: 0,
    tail: '',
  }
  const { promise: open, resolve: opened } = Promise.withResolvers<void>()
  const socket = await Bun.connect({
    hostname: '127.0.0.1',
    port,
    socket: {
      data(_, bytes) {
        opened()
        state.bytes += bytes.length
        state.tail = bytes.subarray(-16).toString('latin1')
        for (let at = bytes.indexOf(MARK); at >= 0; at = bytes.indexOf(MARK, at + 1)) state.frames++
      },
      end() {
        state.ended ??= 'end'
      },
      error(_, error) {
        state.ended ??= 'code' in error ? String(error.code) : error.message
      },
      close(_, error) {
        opened()
        state.ended ??= error ? ('code' in error ? String(error.code) : error.message) : 'end'
      },
    },
  })
  socket.write(`GET ${path} HTTP/1.1\r\nhost: proof\r\n\r\n`)
  await open
  return {
    get frames() {
      return state.frames
    },
    get bytes() {
      return state.bytes
    },
    get ended() {
      return state.ended
    },
    get tail() {
      return state.tail
    },
    port: socket.localPort,
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    end: () => void socket.end(),
    reset: () => void socket.terminate(),
  }
}
