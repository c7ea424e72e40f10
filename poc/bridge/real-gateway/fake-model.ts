import { streamOf } from '../../lib/stream-of.ts'
/**
 * A model provider that the real gateway takes for an OpenAI-compatible one. It answers with the last user text, so that
 * a proof can hold an answer against its question; it never asks for a tool, so nothing runs on the machine.
 */
export interface ModelCall {
  /** What the user turn said, without what the gateway puts around it. */
  user: string
  received_ms: number
  /** When the last piece of the answer was written; undefined while it is being written. */
  answered_ms?: number
}

export interface FakeModel {
  port: number
  calls: ModelCall[]
  stop(): void
}

interface ChatMessage {
  role: string
  content: string | readonly { text?: string }[] | null
}

const PIECES = 4
const PIECE_MS = 15
/** `[[slow:800]]` in a text: the model thinks for so many milliseconds. */
const SLOW = /\[\[slow:(\d{1,5})\]\]/
/** The gateway appends blocks of its own in the user's role; they are not what the user said. */
const INTERNAL = '<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>'

/** Listens on a free port of 127.0.0.1. Times are `Date.now()` with fractions of milliseconds. */
export function startFakeModel(): FakeModel {
  const calls: ModelCall[] = []
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    idleTimeout: 0,
    async fetch(request) {
      const { pathname } = new URL(request.url)
      if (request.method === 'GET' && pathname.endsWith('/models'))
        return Response.json({ object: 'list', data: [{ id: 'fake-1', object: 'model' }] })
      if (request.method !== 'POST' || !pathname.endsWith('/chat/completions'))
        return Response.json({ error: { message: 'no such route' } }, { status: 404 })
      const body: { messages: ChatMessage[]; model: string; stream?: boolean } = await request.json()
      const call: ModelCall = { user: lastUserText(body.messages), received_ms: now_ms() }
      calls.push(call)
      await Bun.sleep(Number(SLOW.exec(call.user)?.[1] ?? 0))
      const text = `echo: ${call.user.replace(SLOW, '').trim()}`
      return body.stream ? streamed(text, body.model, call) : whole(text, body.model, call)
    },
  })
  return { port: server.port ?? 0, calls, stop: () => void server.stop(true) }
}

function lastUserText(messages: readonly ChatMessage[]): string {
  const spoken = messages
    .filter(({ role }) => role === 'user')
    .map(({ content }) =>
      typeof content === 'string' ? content : (content ?? []).map(({ text }) => text ?? '').join(''),
    )
    .filter((text) => !text.trimStart().startsWith(INTERNAL))
  return (spoken.at(-1) ?? '')
    .replace(/^\[[A-Z][a-z]{2} [^\]]*\] /, '')
    .replace(/\n\nRuntime: agent=[\s\S]*$/, '')
}

const usage = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 }

function whole(text: string, model: string, call: ModelCall): Response {
  call.answered_ms = now_ms()
  return Response.json({
    id: 'chatcmpl-fake',
    object: 'chat.completion',
    created: 0,
    model,
    usage,
    choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: text } }],
  })
}

function streamed(text: string, model: string, call: ModelCall): Response {
  const chunk = (delta: object, finish_reason: string | null, more: object = {}) =>
    `data: ${JSON.stringify({ id: 'chatcmpl-fake', object: 'chat.completion.chunk', created: 0, model, choices: [{ index: 0, delta, finish_reason }], ...more })}\n\n`
  const size = Math.max(1, Math.ceil(text.length / PIECES))
  async function* pieces(): AsyncGenerator<string, void> {
    yield chunk({ role: 'assistant', content: '' }, null)
    for (let at = 0; at < text.length; at += size) {
      yield chunk({ content: text.slice(at, at + size) }, null)
      await Bun.sleep(PIECE_MS)
    }
    call.answered_ms = now_ms()
    yield chunk({}, 'stop', { usage })
    yield 'data: [DONE]\n\n'
  }
  return new Response(streamOf(pieces()), { headers: { 'content-type': 'text/event-stream' } })
}

function now_ms(): number {
  return performance.timeOrigin + performance.now()
}
