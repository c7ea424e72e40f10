import { createParser } from 'eventsource-parser'
import { AgentClient } from '../../bridge/src/server/agent-client.ts'
import type { Seen, View } from './history.ts'
import type { Target } from './target.ts'

/** A client that follows its org from the beginning and comes back with its cursor whenever its connection ends. */
export interface Reader {
  readonly view: View
  /** Ends the connection at once, without a word. */
  cut(): void
  stop(): void
}

const RETRY_MS = 100
/** A node that hangs keeps its connections: a client that hears nothing for so long goes to another one. */
const SILENCE_MS_MAX = 10_000
/** Of a stream: so many heartbeats. */
const HEARTBEATS_MISSED = 3
const PING_MS = 3_000

function emptyView(name: string, of: View['of'], { org_id }: Target, channels: Iterable<string>): View {
  return { name, of, org_id, channels: new Set(channels), seen: [], connects: 0 }
}

/** Bun's client: it takes headers, and can end without the closing handshake. */
type Socket = WebSocket & { terminate(): void }

/** Follows all its channels over one WebSocket, resuming from its last seqs. */
export class WsReader implements Reader {
  readonly view: View
  readonly #target: Target
  #log: string | null = null
  readonly #last: Map<string, number>
  #socket: Socket | undefined
  #leave: () => void = () => undefined
  #heard_at = 0
  #stopped = false
  readonly #watch: Timer

  constructor(name: string, target: Target, channel_ids: readonly string[]) {
    this.view = emptyView(name, 'messages', target, channel_ids)
    this.#target = target
    this.#last = new Map(channel_ids.map((id) => [id, 0]))
    this.#connect()
    this.#watch = setInterval(() => this.#ping(), PING_MS)
  }

  cut(): void {
    this.#socket?.terminate()
  }

  stop(): void {
    this.#stopped = true
    clearInterval(this.#watch)
    this.#socket?.close()
  }

  #ping(): void {
    if (performance.now() - this.#heard_at > SILENCE_MS_MAX) this.#leave()
    else if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send('{"type":"ping"}')
  }

  #connect(): void {
    if (this.#stopped) return
    const { url, org, headers } = this.#target
    const socket: Socket = Reflect.construct(WebSocket, [
      `${url().replace(/^http/, 'ws')}/api/v1/orgs/${org}/channels/ws`,
      { headers },
    ])
    this.#socket = socket
    this.#heard_at = performance.now()
    let over = false
    const again = () => {
      if (over) return
      over = true
      setTimeout(() => this.#connect(), RETRY_MS * (0.5 + Math.random()))
    }
    // A connection that is not open yet may end without a word.
    this.#leave = () => {
      socket.terminate()
      again()
    }
    socket.onopen = () =>
      socket.send(JSON.stringify({ type: 'hello', log: this.#log, resume: Object.fromEntries(this.#last) }))
    socket.onclose = again
    socket.onerror = again
    socket.onmessage = ({ data }) => {
      // What arrives after the connection was given up belongs to the next one.
      if (over) return
      this.#heard_at = performance.now()
      this.#take(JSON.parse(String(data)))
    }
  }

  #take(frame: { type: string; log: string; message: Shown; channel_id: string }): void {
    const { seen } = this.view
    if (frame.type === 'ready') {
      this.#log = frame.log
      this.view.connects++
    }
    if (frame.type === 'resync') seen.push({ kind: 'reset', reason: `resync of ${frame.channel_id}` })
    if (frame.type !== 'message') return
    const { channel_id, seq, id, content } = frame.message
    seen.push({ kind: 'message', channel_id, seq, id, content })
    this.#last.set(channel_id, seq)
  }
}

interface Shown {
  seq: number
  id: string
  content: string
  channel_id: string
}

/** An event as a stream or the list of events has it; what is not about a fact is not looked at. */
export interface Envelope {
  sequence: number
  type: string
  channel_id: string | null
  payload: { message?: Shown; task?: { id: string; title: string }; comment?: string | null }
}

export function seenEvent({ sequence, type, channel_id, payload }: Envelope): Seen {
  const { message, task, comment } = payload
  const of_message = type === 'message.created' && message
  const of_task = (type === 'task.created' || type === 'task.transitioned') && task
  const rest = { kind: 'event' as const, sequence, type, channel_id }
  if (of_message) return { ...rest, mark: message.content, id: message.id, seq: message.seq }
  if (of_task)
    return { ...rest, mark: type === 'task.created' ? task.title : (comment ?? null), id: task.id, seq: null }
  return { ...rest, mark: null, id: null, seq: null }
}

/** Follows the log over SSE, resuming by Last-Event-ID. */
export class SseReader implements Reader {
  readonly view: View
  readonly #target: Target
  #cursor = '0'
  #abort = new AbortController()
  #stopped = false
  #silence: Timer | undefined
  #silence_ms = SILENCE_MS_MAX
  /** Where and how the connection began. */
  #resumed = ''

  constructor(name: string, target: Target, channel_ids: readonly string[]) {
    this.view = emptyView(name, 'events', target, channel_ids)
    this.#target = target
    void this.#loop()
  }

  cut(): void {
    this.#abort.abort()
  }

  stop(): void {
    this.#stopped = true
    this.#abort.abort()
  }

  async #loop(): Promise<void> {
    while (!this.#stopped) {
      const abort = new AbortController()
      this.#abort = abort
      this.#silence_ms = SILENCE_MS_MAX
      this.#hear()
      try {
        const { url, org, headers } = this.#target
        const node = url()
        this.#resumed = `at ${node} with cursor ${this.#cursor}`
        const answer = await fetch(`${node}/api/v1/orgs/${org}/events/stream`, {
          headers: { ...headers, 'Last-Event-ID': this.#cursor },
          signal: abort.signal,
        })
        if (answer.status === 200 && answer.body) await this.#read(answer.body)
      } catch {
        // Cut or refused: it comes back with its cursor.
      }
      clearTimeout(this.#silence)
      await Bun.sleep(RETRY_MS * (0.5 + Math.random()))
    }
  }

  #hear(): void {
    clearTimeout(this.#silence)
    const abort = this.#abort
    this.#silence = setTimeout(() => abort.abort(), this.#silence_ms)
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    this.view.connects++
    const decoder = new TextDecoder()
    const parser = createParser({
      onEvent: ({ id, data }) => {
        this.#take(JSON.parse(data))
        if (id !== undefined) this.#cursor = id
      },
      // A comment has no data: its id moves the cursor, as a heartbeat's does.
      onId: (id) => {
        this.#cursor = id
      },
    })
    for await (const chunk of body) {
      this.#hear()
      parser.feed(decoder.decode(chunk, { stream: true }))
    }
  }

  #take({ sequence, ...event }: StreamFrame): void {
    const { heartbeat_seconds, reason = 'events.reset' } = event.payload
    if (heartbeat_seconds !== undefined) this.#silence_ms = heartbeat_seconds * 1_000 * HEARTBEATS_MISSED
    if (event.type === 'events.reset')
      this.view.seen.push({
        kind: 'reset',
        reason: `${reason}, ${this.#resumed}, ${new Date().toISOString()}`,
      })
    if (typeof sequence === 'number') this.view.seen.push(seenEvent({ ...event, sequence }))
  }
}

/** A frame of a stream: an event, or one of the stream itself. */
type StreamFrame = Omit<Envelope, 'sequence'> & {
  sequence?: number | null
  payload: { heartbeat_seconds?: number; reason?: string }
}

/** Follows the log through the client code of the bridge, which keeps cursor and back-off by itself. */
export class BridgeReader implements Reader {
  readonly view: View
  readonly #client: AgentClient
  readonly #abort = new AbortController()

  constructor(name: string, target: Target, api_key: string, channel_ids: readonly string[]) {
    this.view = emptyView(name, 'events', target, channel_ids)
    const base = 'http://any-node.invalid'
    this.#client = new AgentClient({
      url: base,
      org_slug: target.org,
      api_key,
      // Its back-off grows to a minute: too long for a run of a few.
      random: () => Math.random() / 20,
      fetch: (url, init) => fetch(url.replace(base, target.url()), init),
    })
    void this.#follow()
  }

  cut(): void {
    // Its connections end with those of the network; the client has no other end than its own.
  }

  stop(): void {
    this.#abort.abort()
    this.#client.close()
  }

  async #follow(): Promise<void> {
    try {
      for await (const item of this.#client.events('0', this.#abort.signal)) {
        if (item.kind === 'opened') this.view.connects++
        if (item.kind === 'reset') this.view.seen.push({ kind: 'reset', reason: item.reason })
        if (item.kind === 'event') this.view.seen.push(seenEvent(item.event as unknown as Envelope))
      }
    } catch (error) {
      // It gives up for good only when its key is refused, which no fault of a run may cause.
      if (!this.#abort.signal.aborted) this.view.seen.push({ kind: 'reset', reason: String(error) })
    }
  }
}
