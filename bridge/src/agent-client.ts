import { setTimeout } from 'node:timers/promises'
import type { StreamEnvelope } from '../../src/contracts/events.ts'
import type { Page } from '../../src/contracts/lists.ts'
import type { Channel, Message } from '../../src/contracts/resources.ts'
import { SseReader } from './sse-reader.ts'

export interface AgentOptions {
  /** Address of the server, e.g. `http://localhost:3000`. */
  url: string
  org_slug: string
  api_key: string
  /** Cursor of the last handled event. Without one the stream starts at the head of the log. */
  cursor?: string
}

/** One event of a stream, with the cursor after it. */
export type StreamEvent = StreamEnvelope & { cursor: string }

/** The server rejects this key for good; a retry cannot succeed. */
export class Refused extends Error {
  override name = 'Refused'
}

const BACK_OFF_MS = 1_000
const BACK_OFF_MS_MAX = 60_000
/** A stream without data for this many heartbeat intervals counts as dead. */
const HEARTBEATS_MISSED = 3
const HEARTBEAT_MS = 15_000

/** An agent's client: an event stream that resumes by cursor, and API calls with retries. */
export class AgentClient {
  readonly #options: AgentOptions
  readonly #base: string
  #cursor: string | undefined

  constructor(options: AgentOptions) {
    this.#options = options
    this.#base = `${options.url}/api/v1/orgs/${options.org_slug}`
    this.#cursor = options.cursor
  }

  get cursor(): string | undefined {
    return this.#cursor
  }

  /** All channels that the agent may read, from every page of the list. */
  async channels(): Promise<Channel[]> {
    const all: Channel[] = []
    for (let page = 1; ; page++) {
      const answer = await this.#call<Page<Channel>>('GET', `/channels?per_page=100&page=${page}`)
      all.push(...answer.data)
      if (page >= answer.pagination.total_pages) return all
    }
  }

  /** Posts a message. `client_id` makes it idempotent: a retry after a lost answer stores no second message. */
  async post(
    channel_id: string,
    content: string,
    rest: { client_id: string; reply_to?: string; kind?: 'text' | 'command_output' },
  ): Promise<Message> {
    return await this.#call<Message>('POST', `/channels/${channel_id}/messages`, { content, ...rest })
  }

  async deliver(
    channel_id: string,
    seq: number,
    state: 'queued' | 'delivered' | 'working' | 'answered' | 'failed',
    detail?: string,
  ): Promise<void> {
    await this.#call(
      'POST',
      `/channels/${channel_id}/messages/${seq}/deliveries`,
      detail === undefined ? { state } : { state, detail },
    )
  }

  /**
   * The events of the org that this agent may see, without an end: reconnects with back-off and full jitter and resumes at
   * the cursor. The cursor moves when the consumer asks for the next event, so delivery is at least once. Throws `Refused`
   * when the key is no longer valid.
   */
  async *events(signal: AbortSignal): AsyncGenerator<StreamEvent> {
    for (let failures = 0; !signal.aborted; ) {
      try {
        for await (const event of this.#stream(signal)) {
          failures = 0
          yield event
          this.#cursor = event.cursor
        }
      } catch (error) {
        if (error instanceof Refused) throw error
      }
      if (signal.aborted) return
      const limit = Math.min(BACK_OFF_MS * 2 ** failures++, BACK_OFF_MS_MAX)
      await pause(Math.random() * limit, signal)
    }
  }

  async *#stream(signal: AbortSignal): AsyncGenerator<StreamEvent> {
    const dead = new AbortController()
    const answer = await fetch(`${this.#base}/events/stream`, {
      headers: {
        ...this.#headers,
        Accept: 'text/event-stream',
        ...(this.#cursor ? { 'Last-Event-ID': this.#cursor } : {}),
      },
      signal: AbortSignal.any([signal, dead.signal]),
    })
    if (answer.status === 401 || answer.status === 404)
      throw new Refused(`The server answers ${answer.status}`)
    if (answer.status !== 200 || !answer.body) throw new Error(`The server answers ${answer.status}`)
    const sse = new SseReader()
    const decoder = new TextDecoder()
    let heartbeat_ms = HEARTBEAT_MS
    const reader = answer.body.getReader()
    try {
      for (;;) {
        const timer = globalThis.setTimeout(() => dead.abort(), heartbeat_ms * HEARTBEATS_MISSED)
        const { value, done } = await reader.read().finally(() => clearTimeout(timer))
        if (done) return
        for (const { data, last_event_id } of sse.push(decoder.decode(value, { stream: true }))) {
          const event = { ...JSON.parse(data), cursor: last_event_id } as StreamEvent
          if (event.type === 'stream.opened')
            heartbeat_ms = event.payload.heartbeat_seconds * 1000 || HEARTBEAT_MS
          if (event.type === 'session.revoked') throw new Refused('The key was revoked')
          yield event
        }
        // A heartbeat carries a cursor too: it moves past events that the filter skipped.
        if (sse.last_event_id) this.#cursor = sse.last_event_id
      }
    } finally {
      dead.abort()
    }
  }

  get #headers(): Record<string, string> {
    return { Authorization: `Bearer ${this.#options.api_key}` }
  }

  async #call<T>(method: string, path: string, body?: unknown): Promise<T> {
    for (let tries = 1; ; tries++) {
      let answer: Response | undefined
      try {
        answer = await fetch(this.#base + path, {
          method,
          headers: {
            ...this.#headers,
            ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          signal: AbortSignal.timeout(10_000),
        })
      } catch (error) {
        if (tries >= 5) throw error
      }
      if (answer?.ok) return (await answer.json()) as T
      if (answer?.status === 401) throw new Refused('The key is not valid')
      const again = !answer || answer.status === 429 || answer.status >= 500
      if (!again || tries >= 5)
        throw new Error(`${method} ${path}: ${answer?.status} ${await answer?.text()}`)
      const wait_s = Number(answer?.headers.get('retry-after') ?? 0)
      await pause(Math.max(wait_s * 1000, Math.random() * BACK_OFF_MS * tries))
    }
  }
}

/** Resolves after `ms`, or at once when the signal aborts. */
async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, signal ? { signal } : {}).catch(() => undefined)
}
