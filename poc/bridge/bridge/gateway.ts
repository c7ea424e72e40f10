/** Client of an OpenClaw Gateway over its WebSocket protocol 4, as an operator that reads and writes. */

const PROTOCOL = 4
const REQUEST_MS = 30_000
const CLOSED_ACCESS = ['operator.read', 'operator.write']

export class GatewayRefusal extends Error {
  readonly code: string
  readonly retry_after_ms: number
  constructor(method: string, error: { code?: string; message?: string; retryAfterMs?: number }) {
    super(`${method}: ${error.code} ${error.message}`)
    this.code = error.code ?? 'UNKNOWN'
    this.retry_after_ms = error.retryAfterMs ?? 500
  }
}

/** Text that a session said at the end of a turn. */
export interface Final {
  session_key: string
  run_id: string
  text: string
}

export interface HistoryRow {
  role: 'user' | 'assistant'
  idempotencyKey?: string
  content: unknown
  __openclaw?: { runId?: string }
}

/** `agent` is answered twice under one id, `accepted` first; a repeated key is answered once. */
export interface AgentAnswer {
  status: 'accepted' | 'in_flight' | 'ok' | string
  result?: { payloads?: { text?: string | null }[] }
}

interface Pending {
  method: string
  settle(payload: unknown): void
  fail(error: Error): void
}

interface Frame {
  type: string
  id?: string
  ok?: boolean
  event?: string
  payload?: Record<string, unknown>
  error?: { code?: string; message?: string }
}

export class Gateway {
  readonly boot_id: string
  readonly version: string
  readonly closed: Promise<void>
  readonly #socket: WebSocket
  readonly #pending: Map<string, Pending>
  #requests = 0

  private constructor(
    socket: WebSocket,
    pending: Map<string, Pending>,
    server: { bootId: string; version: string },
    closed: Promise<void>,
  ) {
    this.#socket = socket
    this.#pending = pending
    this.boot_id = server.bootId
    this.version = server.version
    this.closed = closed
  }

  /** Connects and says hello. `onFinal` is called for the end of every turn of a session below `prefix`. */
  static async open(
    url: string,
    token: string,
    prefix: string,
    onFinal: (final: Final) => void,
  ): Promise<Gateway> {
    const socket = new WebSocket(url)
    const pending = new Map<string, Pending>()
    const hello = Promise.withResolvers<{ server: { bootId: string; version: string } }>()
    const closed = Promise.withResolvers<void>()
    pending.set('hello', {
      method: 'connect',
      settle: (payload) => hello.resolve(payload as { server: { bootId: string; version: string } }),
      fail: hello.reject,
    })
    socket.onclose = () => {
      for (const { fail } of pending.values()) fail(new Error('The gateway closed the connection'))
      pending.clear()
      closed.resolve()
    }
    socket.onmessage = ({ data }) => {
      const frame: Frame = JSON.parse(String(data))
      if (frame.event === 'connect.challenge') socket.send(JSON.stringify(helloFrame(token)))
      else if (frame.type === 'res') answer(pending, frame)
      else if (frame.event === 'chat') {
        const final = finalOf(frame.payload ?? {}, prefix)
        if (final) onFinal(final)
      }
    }
    const { server } = await hello.promise
    return new Gateway(socket, pending, server, closed.promise)
  }

  /** One turn. Resolves with the first answer; `onSettled` gets the second, if there is one. */
  agent(
    params: { sessionKey: string; message: string; idempotencyKey: string },
    onSettled: (answer: AgentAnswer) => void,
  ): Promise<AgentAnswer> {
    return this.#request('agent', { ...params, deliver: false }, onSettled) as Promise<AgentAnswer>
  }

  /** A slash command; its output comes as a final of the run `idempotencyKey`. */
  async command(params: { sessionKey: string; message: string; idempotencyKey: string }): Promise<void> {
    await this.#request('chat.send', { ...params, deliver: false })
  }

  async history(sessionKey: string): Promise<HistoryRow[]> {
    const answer = (await this.#request('chat.history', { sessionKey, limit: 50 })) as {
      messages?: HistoryRow[]
    }
    return answer.messages ?? []
  }

  close(): void {
    this.#socket.close()
  }

  #request(method: string, params: object, onSettled?: (answer: AgentAnswer) => void): Promise<unknown> {
    const id = `r${++this.#requests}`
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id)
        reject(new Error(`${method}: no answer within ${REQUEST_MS / 1000} s`))
      }, REQUEST_MS)
      const done = (run: () => void) => {
        clearTimeout(timer)
        run()
      }
      this.#pending.set(id, {
        method,
        settle: (payload) => {
          const answer = payload as AgentAnswer
          done(() => resolve(answer))
          if (!onSettled || answer.status !== 'accepted') this.#pending.delete(id)
          else
            this.#pending.set(id, {
              method,
              settle: (p) => onSettled(p as AgentAnswer),
              fail: () => undefined,
            })
        },
        fail: (error) => {
          this.#pending.delete(id)
          done(() => reject(error))
        },
      })
      this.#socket.send(JSON.stringify({ type: 'req', id, method, params }))
    })
  }
}

function helloFrame(token: string): object {
  const params = {
    minProtocol: PROTOCOL,
    maxProtocol: PROTOCOL,
    role: 'operator',
    scopes: CLOSED_ACCESS,
    caps: [],
    client: {
      id: 'gateway-client',
      version: '0.0.1',
      platform: process.platform,
      mode: 'backend',
      displayName: 'bridge proof',
    },
    auth: { token },
  }
  return { type: 'req', id: 'hello', method: 'connect', params }
}

function answer(pending: Map<string, Pending>, frame: Frame): void {
  const waiting = pending.get(frame.id ?? '')
  if (!waiting) return
  if (frame.ok) waiting.settle(frame.payload)
  else waiting.fail(new GatewayRefusal(waiting.method, frame.error ?? {}))
}

/** Other sessions of the gateway are not ours to look at: they are dropped before anything else happens. */
function finalOf(payload: Record<string, unknown>, prefix: string): Final | undefined {
  const { sessionKey, runId, state, message } = payload
  if (typeof sessionKey !== 'string' || !sessionKey.startsWith(prefix)) return undefined
  if (state !== 'final' || typeof runId !== 'string') return undefined
  return { session_key: sessionKey, run_id: runId, text: textOf((message as { content?: unknown })?.content) }
}

/** Text of a message's content: a string, or parts of which some are text. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content
    .map((part: { type?: string; text?: string }) => (part.type === 'text' ? (part.text ?? '') : ''))
    .join('')
}
