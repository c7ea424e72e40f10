import { createParser } from 'eventsource-parser'
import type { StreamEnvelope } from '../../src/contracts/events.ts'
import type { ServerFrame } from '../../src/contracts/frames.ts'
import type { Message } from '../../src/contracts/resources.ts'
import { type Contract, contractOf, type FrameUnion } from './contract.ts'

/** One parsed frame of an SSE stream. */
export interface SseFrame {
  id: string | undefined
  data: StreamEnvelope | undefined
  comment: string | undefined
}

/** An SSE reader that keeps every frame, in order, and holds each against the API document. */
export class SseJournal {
  readonly frames: SseFrame[] = []
  /** Frames that the API document does not allow. */
  readonly problems: unknown[] = []
  status = 0
  /** Why the stream was refused. */
  code: string | undefined
  ended = false
  last_id: string | undefined
  readonly #contract: Contract
  readonly #abort = new AbortController()
  #done: Promise<void> = Promise.resolve()

  private constructor(contract: Contract) {
    this.#contract = contract
  }

  static async open(url: string, headers: Record<string, string>): Promise<SseJournal> {
    const journal = new SseJournal(await contractOf(new URL(url).origin))
    const answer = await fetch(url, {
      headers: { Accept: 'text/event-stream', ...headers },
      signal: journal.#abort.signal,
    })
    journal.status = answer.status
    if (answer.status === 200 && answer.body) journal.#done = journal.#read(answer.body)
    else {
      journal.ended = true
      const { error } = (await answer.json()) as { error?: { code?: string } }
      journal.code = error?.code
    }
    return journal
  }

  get events(): StreamEnvelope[] {
    return this.frames.flatMap((frame) => (frame.data ? [frame.data] : []))
  }

  ofType<T extends StreamEnvelope['type']>(type: T): Extract<StreamEnvelope, { type: T }>[] {
    return this.events.filter((event): event is Extract<StreamEnvelope, { type: T }> => event.type === type)
  }

  /** Messages of `message.created`, in order. */
  get messages(): Message[] {
    return this.ofType('message.created').flatMap(({ payload: { message } }) =>
      'removed' in message ? [] : [message],
    )
  }

  /** Sequences of the log's events, in the order in which they came. */
  get sequences(): number[] {
    return this.events.flatMap((event) =>
      'sequence' in event && event.sequence !== null ? [event.sequence] : [],
    )
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
        this.frames.push({
          id,
          comment: frame?.comment,
          data: checked(this.#contract, 'StreamEvent', data, this.problems),
        })
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

/** Parses a frame. A frame that breaks the contract fails the running test, independent of its own waits. */
function checked(contract: Contract, union: FrameUnion, text: string, problems: unknown[]) {
  const frame = JSON.parse(text)
  try {
    contract.checkFrame(union, frame)
  } catch (error) {
    problems.push(error)
    queueMicrotask(() => {
      throw error
    })
  }
  return frame
}

/** A WebSocket client that keeps every frame, in order, and holds each against the API document. */
export class WsJournal {
  readonly frames: ServerFrame[] = []
  /** Frames that the API document does not allow. */
  readonly problems: unknown[] = []
  close_code: number | undefined
  close_reason = ''
  readonly socket: WebSocket

  private constructor(socket: WebSocket, contract: Contract) {
    this.socket = socket
    socket.onmessage = (event) => {
      this.frames.push(checked(contract, 'ServerFrame', String(event.data), this.problems))
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
    const contract = await contractOf(new URL(url).origin.replace(/^ws/, 'http'))
    const journal = new WsJournal(connect(url.replace(/^http/, 'ws'), headers), contract)
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

  ofType<T extends ServerFrame['type']>(type: T): Extract<ServerFrame, { type: T }>[] {
    return this.frames.filter((frame): frame is Extract<ServerFrame, { type: T }> => frame.type === type)
  }

  /** Messages of a channel, in the order in which they came. */
  messages(channel_id?: string): Message[] {
    return this.ofType('message')
      .map((frame) => frame.message)
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

/** A condition that does not hold by then never will, on the slowest machine; the test runner gives up a little later. */
const WAIT_MS_MAX = 240_000

/** Waits until something is true. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what = 'a condition',
  every_ms = 10,
): Promise<void> {
  const give_up_at = Date.now() + WAIT_MS_MAX
  while (!(await condition())) {
    if (Date.now() > give_up_at) throw new Error(`Waited in vain for ${what}`)
    await Bun.sleep(every_ms)
  }
}
