/**
 * A Mission Control reduced to what a bridge sees of it: messages with `client_id`, and one stream of events that is
 * replayed after `Last-Event-ID`. A process of its own, so that it can be killed.
 *
 * Environment: `PORT`, `DB`, `HUMAN_KEY`, `AGENT_KEY`, `DIE=answer-stored` (SIGKILL itself when the agent's next message is
 * stored and not yet answered).
 */
import { streamOf } from '../../lib/stream-of.ts'
import type { PostMessage, Sender, StreamFrame } from '../wire.ts'
import { Store } from './store.ts'

const HEARTBEAT_SECONDS = 15
const PAGE_EVENTS = 100
const ROUTE = /^\/channels\/([a-z0-9-]{1,64})\/messages$/

const store = new Store(process.env.DB ?? ':memory:')
const senders = new Map<string, Sender>([
  [`Bearer ${process.env.HUMAN_KEY}`, { id: 'jane', type: 'human' }],
  [`Bearer ${process.env.AGENT_KEY}`, { id: 'builder', type: 'agent' }],
])
const waiting = new Set<() => void>()
const wake = () => {
  for (const resolve of waiting) resolve()
  waiting.clear()
}
setInterval(wake, HEARTBEAT_SECONDS * 1000)

const server = Bun.serve({
  hostname: '127.0.0.1',
  port: Number(process.env.PORT ?? 0),
  // A quiet stream is not an idle connection.
  idleTimeout: 0,
  async fetch(request) {
    const { pathname } = new URL(request.url)
    const sender = senders.get(request.headers.get('authorization') ?? '')
    if (!sender) return refused(401, 'UNAUTHENTICATED')
    if (pathname === '/events/stream') return stream(request.headers.get('last-event-id'))
    const channel_id = ROUTE.exec(pathname)?.[1]
    if (!channel_id) return refused(404, 'NOT_FOUND')
    if (request.method === 'GET') return Response.json({ data: store.messages(channel_id) })
    const body: PostMessage = await request.json()
    if (typeof body.content !== 'string' || body.content.trim() === '')
      return refused(400, 'VALIDATION_FAILED')
    const posted = store.post(sender, channel_id, body)
    if (!posted) return refused(409, 'IDEMPOTENCY_CONFLICT')
    if (process.env.DIE === 'answer-stored' && sender.type === 'agent') process.kill(process.pid, 'SIGKILL')
    wake()
    return Response.json(posted.message, { status: posted.created ? 201 : 200 })
  },
})
console.log(JSON.stringify({ port: server.port }))

function refused(status: number, code: string): Response {
  return Response.json({ error: { code, status } }, { status })
}

function stream(cursor: string | null): Response {
  return new Response(streamOf(frames(cursor)), {
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' },
  })
}

/** One cursor over the log: what is stored is read from there, replayed or live, so there is no seam between the two. */
async function* frames(cursor: string | null): AsyncGenerator<string, void> {
  const head = store.head()
  const parts = cursor?.split('.') ?? [store.log, String(head)]
  let at = Number(parts[1])
  const opened: StreamFrame = {
    type: 'stream.opened',
    payload: { log: store.log, head, heartbeat_seconds: HEARTBEAT_SECONDS },
  }
  yield `retry: 1000\n${cursor === null ? `id: ${store.log}.${head}\n` : ''}data: ${JSON.stringify(opened)}\n\n`
  if (parts[0] !== store.log || !Number.isSafeInteger(at) || at > head) {
    at = head
    const reset: StreamFrame = { type: 'events.reset', payload: { reason: 'unknown_cursor', head } }
    yield `id: ${store.log}.${head}\ndata: ${JSON.stringify(reset)}\n\n`
  }
  for (;;) {
    const events = store.eventsAfter(at, PAGE_EVENTS)
    for (const event of events) {
      at = event.sequence
      yield `id: ${store.log}.${at}\ndata: ${JSON.stringify(event)}\n\n`
    }
    if (events.length > 0) continue
    yield `: heartbeat\nid: ${store.log}.${at}\n\n`
    // Nothing can be stored between the look above and this line: both are in one turn of the loop, or the yield saw it.
    if (store.head() === at) await new Promise<void>((resolve) => waiting.add(resolve))
  }
}
