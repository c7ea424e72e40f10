import type { OpenSocket, SocketEvents } from '../../src/gateway/socket.ts'

export interface Sent {
  id: string
  method: string
  params: Record<string, unknown>
}

/** A gateway's end of a socket, told by a test what to say. */
export class FakeSocket {
  readonly sent: Sent[] = []
  readonly closed: number[] = []
  terminated = false
  readonly #events: SocketEvents

  constructor(events: SocketEvents) {
    this.#events = events
  }

  say(frame: object | string): void {
    this.#events.message(typeof frame === 'string' ? frame : JSON.stringify(frame))
  }

  event(event: string, payload: object): void {
    this.say({ type: 'event', event, payload })
  }

  challenge(): void {
    this.event('connect.challenge', { nonce: 'a-nonce', ts: 1_700_000_000_000 })
  }

  /** Answers the last request of that method. */
  answer(method: string, payload: object): void {
    this.say({ type: 'res', id: this.last(method).id, ok: true, payload })
  }

  refuse(method: string, error: object): void {
    this.say({ type: 'res', id: this.last(method).id, ok: false, error })
  }

  last(method: string): Sent {
    const found = this.sent.findLast((frame) => frame.method === method)
    if (!found) throw new Error(`Nothing was sent for ${method}.`)
    return found
  }

  hello(
    more: {
      version?: string
      protocol?: number
      scopes?: string[]
      tick_ms?: number
      bytes_max?: number
    } = {},
  ) {
    this.answer('connect', {
      type: 'hello-ok',
      protocol: more.protocol ?? 4,
      server: { version: more.version ?? '2026.9.6', bootId: 'boot-1', connId: 'c' },
      auth: { role: 'operator', scopes: more.scopes ?? ['operator.read', 'operator.write'] },
      policy: { maxPayload: more.bytes_max ?? 26_214_400, tickIntervalMs: more.tick_ms ?? 30_000 },
    })
  }

  /** The gateway closes it. */
  end(code: number, reason = ''): void {
    this.#events.closed(code, reason)
  }
}

/** Makes fake sockets, and keeps them in the order in which they were opened. */
export class FakeSockets {
  readonly all: FakeSocket[] = []

  get last(): FakeSocket {
    const socket = this.all.at(-1)
    if (!socket) throw new Error('No socket was opened.')
    return socket
  }

  readonly open: OpenSocket = (_url, events) => {
    const socket = new FakeSocket(events)
    this.all.push(socket)
    return {
      send: (text) => void socket.sent.push(JSON.parse(text)),
      close: (code) => void socket.closed.push(code),
      terminate: () => {
        socket.terminated = true
      },
    }
  }
}
