import { createParser } from 'eventsource-parser'
import type { ReaderJournal, Seen } from './journal.ts'

interface Target {
  url: string
  org: string
  headers: Record<string, string>
}

interface Shown {
  seq: number
  id: string
  content: string
  channel_id: string
}

const RETRY_MS = 100

function note(journal: ReaderJournal, message: Shown): void {
  const seen: Seen[] = journal.messages.get(message.channel_id) ?? []
  seen.push({ seq: message.seq, id: message.id, content: message.content })
  journal.messages.set(message.channel_id, seen)
}

/** Follows all channels over one WebSocket, resuming from its last seqs whenever the connection ends. */
export class WsReader {
  readonly journal: ReaderJournal
  readonly #target: Target
  #log: string | null = null
  readonly #last = new Map<string, number>()
  #socket: WebSocket | undefined
  #stopped = false

  constructor(name: string, target: Target, channel_ids: readonly string[]) {
    this.journal = { name, messages: new Map(), from_start: true, resets: 0 }
    this.#target = target
    for (const id of channel_ids) {
      this.#last.set(id, 0)
      this.journal.messages.set(id, [])
    }
    this.#connect()
  }

  /** Cuts the connection without a word, as a dying network would. */
  cut(): void {
    this.#socket?.close()
  }

  stop(): void {
    this.#stopped = true
    this.#socket?.close()
  }

  #connect(): void {
    if (this.#stopped) return
    const { url, org, headers } = this.#target
    const socket: WebSocket = Reflect.construct(WebSocket, [
      `${url.replace(/^http/, 'ws')}/api/v1/orgs/${org}/channels/ws`,
      { headers },
    ])
    this.#socket = socket
    let over = false
    const again = () => {
      if (over) return
      over = true
      setTimeout(() => this.#connect(), RETRY_MS * (0.5 + Math.random()))
    }
    socket.onopen = () =>
      socket.send(JSON.stringify({ type: 'hello', log: this.#log, resume: Object.fromEntries(this.#last) }))
    socket.onclose = again
    socket.onerror = again
    socket.onmessage = ({ data }) => {
      const frame = JSON.parse(String(data))
      if (frame.type === 'ready') this.#log = frame.log
      if (frame.type === 'resync') this.journal.resets++
      if (frame.type !== 'message') return
      const message: Shown = frame.message
      note(this.journal, message)
      this.#last.set(message.channel_id, message.seq)
    }
  }
}

/** Follows the log over SSE, resuming by Last-Event-ID. */
export class SseReader {
  readonly journal: ReaderJournal
  readonly #target: Target
  #cursor = '0'
  #abort = new AbortController()
  #stopped = false

  constructor(name: string, target: Target) {
    this.journal = { name, messages: new Map(), sequences: [], from_start: true, resets: 0 }
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
      this.#abort = new AbortController()
      try {
        const { url, org, headers } = this.#target
        const answer = await fetch(`${url}/api/v1/orgs/${org}/events/stream`, {
          headers: { ...headers, 'Last-Event-ID': this.#cursor },
          signal: this.#abort.signal,
        })
        if (answer.status === 200 && answer.body) await this.#read(answer.body)
      } catch {
        // Cut or refused: it comes back with its cursor.
      }
      await Bun.sleep(RETRY_MS * (0.5 + Math.random()))
    }
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder()
    const parser = createParser({
      onEvent: ({ data }) => this.#take(JSON.parse(data)),
      onId: (id) => {
        this.#cursor = id
      },
    })
    for await (const chunk of body) parser.feed(decoder.decode(chunk, { stream: true }))
  }

  #take(event: { type: string; sequence?: number | null; payload: { message: Shown } }): void {
    if (event.type === 'events.reset') this.journal.resets++
    if (typeof event.sequence === 'number') this.journal.sequences?.push(event.sequence)
    if (event.type === 'message.created') note(this.journal, event.payload.message)
  }
}
