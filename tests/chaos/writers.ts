import type { Sent } from './journal.ts'

interface Target {
  url: string
  org: string
  headers: Record<string, string>
}

const RETRY_MS = 50
const ANSWER_MS = 8_000

/** Sends a message until it is acknowledged, always with the same `client_id`. */
export interface Writer {
  send(sent: Sent): Promise<void>
  stop(): void
}

/** Posts over REST. */
export class RestWriter implements Writer {
  readonly #target: Target
  #stopped = false

  constructor(target: Target) {
    this.#target = target
  }

  async send(sent: Sent): Promise<void> {
    const { url, org, headers } = this.#target
    while (!this.#stopped) {
      try {
        const answer = await fetch(`${url}/api/v1/orgs/${org}/channels/${sent.channel_id}/messages`, {
          method: 'POST',
          headers: { ...headers, 'Content-Type': 'application/json' },
          body: JSON.stringify({ content: sent.content, client_id: sent.client_id }),
          signal: AbortSignal.timeout(ANSWER_MS),
        })
        if (answer.status === 201 || answer.status === 200) {
          const { id, seq } = (await answer.json()) as { id: string; seq: number }
          sent.ack = { id, seq }
          return
        }
        if (answer.status !== 503 && answer.status !== 429)
          throw new Error(`unexpected ${answer.status}: ${await answer.text()}`)
      } catch (error) {
        if (error instanceof Error && error.message.startsWith('unexpected')) throw error
        // The server died under the request: whether it was stored is not known, so it is sent again.
      }
      await Bun.sleep(RETRY_MS)
    }
  }

  stop(): void {
    this.#stopped = true
  }
}

/** Posts over a WebSocket, many at once; what was not acknowledged is sent again after a reconnect. */
export class WsWriter implements Writer {
  readonly #target: Target
  readonly #open = new Map<string, { sent: Sent; resolve: () => void }>()
  #socket: WebSocket | undefined
  #ready = false
  #stopped = false

  constructor(target: Target) {
    this.#target = target
    this.#connect()
  }

  async send(sent: Sent): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#open.set(sent.client_id, { sent, resolve })
      if (this.#ready) this.#write(sent)
    })
  }

  stop(): void {
    this.#stopped = true
    this.#socket?.close()
  }

  #write({ channel_id, content, client_id }: Sent): void {
    this.#socket?.send(JSON.stringify({ type: 'message', channel_id, content, client_id }))
  }

  #connect(): void {
    if (this.#stopped) return
    const { url, org, headers } = this.#target
    const socket: WebSocket = Reflect.construct(WebSocket, [
      `${url.replace(/^http/, 'ws')}/api/v1/orgs/${org}/channels/ws`,
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
    socket.onopen = () => socket.send(JSON.stringify({ type: 'hello' }))
    socket.onclose = again
    socket.onerror = again
    socket.onmessage = ({ data }) => {
      const frame = JSON.parse(String(data))
      if (frame.type === 'ready') {
        this.#ready = true
        for (const { sent } of this.#open.values()) this.#write(sent)
      } else if (frame.type === 'ack') {
        const waiting = this.#open.get(frame.client_id)
        if (!waiting) return
        waiting.sent.ack = { id: frame.id, seq: frame.seq }
        this.#open.delete(frame.client_id)
        waiting.resolve()
      } else if (frame.type === 'error' && frame.client_id !== undefined) {
        const waiting = this.#open.get(frame.client_id)
        if (waiting) setTimeout(() => this.#ready && this.#write(waiting.sent), RETRY_MS)
      }
    }
  }
}
