import type { Ack, Fact } from './history.ts'
import type { Target } from './target.ts'

export const RETRY_MS = 50
/** A node answers within five seconds whatever happens; one that does not is left for another. */
export const ANSWER_MS = 6_000

/** Sends a change until it is acknowledged, or refused for good, always with the same key. */
export interface Writer {
  send(fact: Fact): Promise<void>
  /** Ends everything that is still being sent. */
  stop(): void
}

/** One request of a writer, with its status, or `none` without an answer. */
export interface Try {
  url: string
  began_at: number
  ended_at: number
  answer: string
}

/** The task that a transition is about, in front of its mark. */
export const TRANSITION_OF = new WeakMap<Fact, { task_id: string; to_status: string }>()

/** Sends over REST, each try to another node. Transitions and tasks carry an Idempotency-Key, messages a `client_id`. */
export class RestWriter implements Writer {
  readonly #target: Target
  readonly #note: (one: Try) => void
  readonly #stop = new AbortController()

  constructor(target: Target, note: (one: Try) => void = () => undefined) {
    this.#target = target
    this.#note = note
  }

  async send(fact: Fact): Promise<void> {
    while (!this.#stop.signal.aborted && fact.refused === undefined) {
      if (await this.#try(fact)) return
      await Bun.sleep(RETRY_MS * (0.5 + Math.random()))
    }
  }

  /** True once an acknowledgement came. */
  async #try(fact: Fact): Promise<boolean> {
    const url = this.#target.url()
    const began_at = performance.now()
    let answer = 'none'
    try {
      const { status, text } = await this.#post(url, fact)
      answer = String(status)
      if (status === 201 || status === 200) fact.acks.push(ackOf(JSON.parse(text)))
      else if (!RETRYABLE.has(status)) fact.refused = `${status} ${text}`
      return status === 201 || status === 200
    } catch {
      // The node died or hangs under the request: whether it was stored is not known, so it is sent again.
      return false
    } finally {
      this.#note({ url, began_at, ended_at: performance.now(), answer })
    }
  }

  async #post(url: string, fact: Fact): Promise<{ status: number; text: string }> {
    const { org, headers } = this.#target
    const { path, body, key } = requestOf(fact)
    const answer = await fetch(`${url}/api/v1/orgs/${org}${path}`, {
      method: 'POST',
      headers: { ...headers, 'Content-Type': 'application/json', ...(key ? { 'Idempotency-Key': key } : {}) },
      body: JSON.stringify(body),
      signal: AbortSignal.any([AbortSignal.timeout(ANSWER_MS), this.#stop.signal]),
    })
    return { status: answer.status, text: await answer.text() }
  }

  stop(): void {
    this.#stop.abort()
  }
}

function requestOf(fact: Fact): { path: string; body: unknown; key?: string } {
  const { kind, mark, channel_id } = fact
  if (kind === 'message')
    return { path: `/channels/${channel_id}/messages`, body: { content: mark, client_id: mark } }
  if (kind === 'task') return { path: '/tasks', body: { title: mark }, key: mark }
  const { task_id, to_status } = TRANSITION_OF.get(fact)!
  return { path: `/tasks/${task_id}/transition`, body: { to_status, comment: mark }, key: mark }
}

function ackOf(body: { id: string; seq?: number; version?: number }): Ack {
  return { id: body.id, number: body.seq ?? body.version ?? 0 }
}

/** Answers after which the same request may be sent again. */
export const RETRYABLE: ReadonlySet<number> = new Set([429, 503])

/** Posts messages over a WebSocket, many at once; what was not acknowledged is sent again after a reconnect. */
export class WsWriter implements Writer {
  readonly #target: Target
  readonly #open = new Map<string, { fact: Fact; sent_at: number; resolve: () => void }>()
  #socket: (WebSocket & { terminate(): void }) | undefined
  #leave: () => void = () => undefined
  #ready = false
  #stopped = false
  readonly #watch: Timer

  constructor(target: Target) {
    this.#target = target
    this.#connect()
    this.#watch = setInterval(() => this.#leaveSilentNode(), RETRY_MS * 10)
  }

  async send(fact: Fact): Promise<void> {
    if (this.#stopped) return
    await new Promise<void>((resolve) => {
      this.#open.set(fact.mark, { fact, sent_at: performance.now(), resolve })
      if (this.#ready) this.#write(fact)
    })
  }

  stop(): void {
    this.#stopped = true
    clearInterval(this.#watch)
    this.#socket?.close()
    for (const { resolve } of this.#open.values()) resolve()
    this.#open.clear()
  }

  /** A node that hangs answers nothing and keeps the connection. */
  #leaveSilentNode(): void {
    const late = performance.now() - ANSWER_MS
    const waiting = [...this.#open.values()]
    if (!waiting.some(({ sent_at }) => sent_at < late)) return
    for (const one of waiting) one.sent_at = performance.now()
    this.#leave()
  }

  #write({ channel_id, mark }: Fact): void {
    this.#socket?.send(JSON.stringify({ type: 'message', channel_id, content: mark, client_id: mark }))
  }

  #connect(): void {
    if (this.#stopped) return
    const { url, org, headers } = this.#target
    const socket: WebSocket & { terminate(): void } = Reflect.construct(WebSocket, [
      `${url().replace(/^http/, 'ws')}/api/v1/orgs/${org}/channels/ws`,
      { headers },
    ])
    this.#socket = socket
    this.#ready = false
    let over = false
    const again = () => {
      if (over) return
      over = true
      this.#ready = false
      setTimeout(() => this.#connect(), RETRY_MS * (0.5 + Math.random()))
    }
    // A connection that is not open yet may end without a word.
    this.#leave = () => {
      socket.terminate()
      again()
    }
    socket.onopen = () => socket.send(JSON.stringify({ type: 'hello' }))
    socket.onclose = again
    socket.onerror = again
    socket.onmessage = ({ data }) => {
      if (!over) this.#take(JSON.parse(String(data)))
    }
  }

  #take(frame: {
    type: string
    client_id?: string
    id: string
    seq: number
    error: { status: number }
  }): void {
    if (frame.type === 'ready') {
      this.#ready = true
      for (const { fact } of this.#open.values()) this.#write(fact)
      return
    }
    const waiting = frame.client_id === undefined ? undefined : this.#open.get(frame.client_id)
    if (!waiting) return
    const { fact } = waiting
    if (frame.type === 'ack') fact.acks.push(ackOf(frame))
    else if (frame.type !== 'error') return
    else if (RETRYABLE.has(frame.error.status)) {
      setTimeout(() => this.#ready && this.#open.has(fact.mark) && this.#write(fact), RETRY_MS)
      return
    } else fact.refused = JSON.stringify(frame.error)
    this.#open.delete(fact.mark)
    waiting.resolve()
  }
}
