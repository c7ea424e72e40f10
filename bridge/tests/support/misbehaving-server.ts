import { formatCursor, type StreamEnvelope } from '../../../src/contracts/events.ts'

/** What a server does with one request; the n-th of its path, from 1. */
export type Handler = (request: Request, n: number) => Response | Promise<Response>

/** A real HTTP server that answers as a test says; other paths answer 404 as ours does. */
export interface MisbehavingServer {
  url: string
  /** Requests by path below the org, in order. */
  requests: { method: string; path: string; headers: Headers; body: string }[]
  on(path: string, handler: Handler): void
  stop(): Promise<void>
}

export const ORG = 'fieldnote'
const BASE = `/api/v1/orgs/${ORG}`

export function misbehavingServer(): MisbehavingServer {
  const handlers = new Map<string, Handler>()
  const counts = new Map<string, number>()
  const requests: MisbehavingServer['requests'] = []
  const server = Bun.serve({
    port: 0,
    idleTimeout: 0,
    async fetch(request) {
      const { pathname, search } = new URL(request.url)
      const path = pathname.startsWith(BASE) ? pathname.slice(BASE.length) : pathname
      const body = await request.clone().text()
      requests.push({ method: request.method, path: path + search, headers: request.headers, body })
      const n = (counts.get(path) ?? 0) + 1
      counts.set(path, n)
      return (await handlers.get(path)?.(request, n)) ?? refusal(404, 'NOT_FOUND')
    },
  })
  return {
    url: `http://localhost:${server.port}`,
    requests,
    on: (path, handler) => handlers.set(path, handler),
    stop: () => server.stop(true),
  }
}

export function refusal(status: number, code: string, headers: Record<string, string> = {}): Response {
  return Response.json({ error: { code, message: `Refused with ${code}.`, status } }, { status, headers })
}

/** A body that a test writes piece by piece. */
export class OpenStream {
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined
  /** True once the client has gone. */
  cancelled = false
  readonly response: Response

  constructor() {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller
      },
      cancel: () => {
        this.cancelled = true
      },
    })
    this.response = new Response(body, { headers: { 'Content-Type': 'text/event-stream; charset=utf-8' } })
  }

  text(text: string): this {
    this.#controller?.enqueue(new TextEncoder().encode(text))
    return this
  }

  opened(log: string, head: number, resumed: boolean, heartbeat_seconds = 15): this {
    const frame: StreamEnvelope = { type: 'stream.opened', payload: { log, head, heartbeat_seconds } }
    const id = resumed ? '' : `id: ${formatCursor({ log, sequence: head })}\n`
    return this.text(`retry: 1000\n${id}data: ${JSON.stringify(frame)}\n\n`)
  }

  event(log: string, sequence: number): this {
    return this.text(`id: ${formatCursor({ log, sequence })}\ndata: ${JSON.stringify(event(sequence))}\n\n`)
  }

  frame(frame: object, id?: string): this {
    return this.text(`${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(frame)}\n\n`)
  }

  heartbeat(log: string, sequence: number): this {
    return this.text(`: heartbeat\nid: ${formatCursor({ log, sequence })}\n\n`)
  }

  end(): void {
    this.#controller?.close()
  }
}

/** An event of a type that needs no resource. */
export function event(sequence: number): StreamEnvelope {
  return {
    sequence,
    type: 'channel.loop_resumed',
    timestamp: '2026-02-13T10:15:00.000Z',
    actor: { id: null, type: 'system', display_name: 'Mission Control' },
    project_ids: [],
    task_id: null,
    channel_id: CHANNEL,
    payload: { channel_id: CHANNEL, reason: 'time' },
  }
}

export const CHANNEL = '0197a5d2-1111-7000-8000-000000000001'
