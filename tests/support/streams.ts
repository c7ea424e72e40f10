import { createParser } from 'eventsource-parser'

/** One parsed frame of an SSE stream. */
export interface SseFrame {
  id: string | undefined
  data:
    | { type: string; sequence?: number | null; payload: Record<string, unknown>; [key: string]: unknown }
    | undefined
  comment: string | undefined
}

/** An SSE reader that keeps every frame, in order. */
export class SseJournal {
  readonly frames: SseFrame[] = []
  status = 0
  ended = false
  last_id: string | undefined
  readonly #abort = new AbortController()
  #done: Promise<void> = Promise.resolve()

  static async open(url: string, headers: Record<string, string>): Promise<SseJournal> {
    const journal = new SseJournal()
    const answer = await fetch(url, {
      headers: { Accept: 'text/event-stream', ...headers },
      signal: journal.#abort.signal,
    })
    journal.status = answer.status
    if (answer.status === 200 && answer.body) journal.#done = journal.#read(answer.body)
    else journal.ended = true
    return journal
  }

  get events(): NonNullable<SseFrame['data']>[] {
    return this.frames.flatMap((frame) => (frame.data ? [frame.data] : []))
  }

  ofType(type: string): NonNullable<SseFrame['data']>[] {
    return this.events.filter((event) => event.type === type)
  }

  /** Sequences of the log's events, in the order in which they came. */
  get sequences(): number[] {
    return this.events.flatMap((event) => (typeof event.sequence === 'number' ? [event.sequence] : []))
  }

  async close(): Promise<void> {
    this.#abort.abort()
    await this.#done
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder()
    let comment: string | undefined
    const parser = createParser({
      onComment: (text) => {
        comment = text
      },
      onId: (id) => {
        this.last_id = id
        this.frames.push({ id, data: undefined, comment })
        comment = undefined
      },
      // An event with an id completes the frame of that id.
      onEvent: ({ id, data }) => {
        const frame = id === undefined ? { id, data: undefined, comment: undefined } : this.frames.pop()
        this.frames.push({ id, comment: frame?.comment, data: JSON.parse(data) })
      },
    })
    try {
      for await (const chunk of body) parser.feed(decoder.decode(chunk, { stream: true }))
    } catch {
      // Aborted or cut: the frames so far stay in the journal.
    }
    this.ended = true
  }
}

export interface WsFrame {
  type: string
  [key: string]: unknown
}

/** A WebSocket client that keeps every frame, in order. */
export class WsJournal {
  readonly frames: WsFrame[] = []
  close_code: number | undefined
  close_reason = ''
  readonly socket: WebSocket

  private constructor(socket: WebSocket) {
    this.socket = socket
    socket.onmessage = (event) => {
      this.frames.push(JSON.parse(String(event.data)))
    }
    socket.onclose = (event) => {
      this.close_code = event.code
      this.close_reason = event.reason
    }
  }

  /** Connects and says hello; resolves with the `ready` frame in the journal. */
  static async open(
    url: string,
    headers: Record<string, string>,
    hello: Record<string, unknown> | null = {},
  ): Promise<WsJournal> {
    const journal = new WsJournal(connect(url.replace(/^http/, 'ws'), headers))
    await new Promise<void>((resolve, reject) => {
      journal.socket.onopen = () => resolve()
      journal.socket.onerror = () => reject(new Error('WebSocket refused'))
    })
    if (hello) {
      journal.send({ type: 'hello', ...hello })
      await until(
        () => journal.frames.some((frame) => frame.type === 'ready') || journal.close_code !== undefined,
      )
    }
    return journal
  }

  send(frame: unknown): void {
    this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame))
  }

  ofType(type: string): WsFrame[] {
    return this.frames.filter((frame) => frame.type === type)
  }

  /** Messages of a channel, as `seq content`. */
  messages(channel_id?: string): { seq: number; content: string; id: string }[] {
    return this.ofType('message')
      .map((frame) => frame.message as { seq: number; content: string; id: string; channel_id: string })
      .filter((message) => channel_id === undefined || message.channel_id === channel_id)
  }

  close(): void {
    this.socket.close()
  }
}

/** Bun's client takes headers; the browser's type does not know that. */
function connect(url: string, headers: Record<string, string>): WebSocket {
  return Reflect.construct(WebSocket, [url, { headers }])
}

/** Waits until something is true; fails loudly after a generous time. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what = 'a condition',
  ms = 15_000,
): Promise<void> {
  const give_up_at = Date.now() + ms
  while (!(await condition())) {
    if (Date.now() > give_up_at) throw new Error(`Waited in vain for ${what}`)
    await Bun.sleep(10)
  }
}
