/**
 * A model provider that the real gateway takes for an OpenAI-compatible one. It answers by the directives of the scripted
 * model. It asks for a tool, and so runs something on the machine, only where a script says so.
 */
import { Gates } from '../mock-gateway/gates.ts'
import { MODELS, piecesOf, planOf } from '../mock-gateway/model.ts'

export interface ModelCall {
  /** Name of the model that was asked for. */
  model: string
  /** What the user turn said, without what the gateway puts around it. */
  user: string
  system: string
  /** Of the tools that this turn has asked for so far, in order. */
  results: string[]
  /** The whole conversation as the model is shown it, oldest first, without the system's part. */
  transcript: { role: string; text: string }[]
  received_ms: number
  /** When the last piece was written; undefined while it is being written. */
  answered_ms?: number
  /** The gateway gave up on the request before it was answered. */
  gone?: boolean
}

export interface FakeModel {
  port: number
  calls: ModelCall[]
  /** For prompts with `HOLD`. */
  gates: Gates
  /** While set, every request is refused. */
  broken: boolean
  stop(): void
}

/** What a scripted turn does next: asks for a tool of the gateway, or ends with a text. */
export type Reply = { tool: string; input: object } | { text: string }

/** Decides before the directives do; undefined leaves the turn to them. */
export type Script = (call: ModelCall) => Reply | undefined

interface ChatMessage {
  role: string
  content: string | readonly { text?: string }[] | null
}

const PIECE_MS = 15
const PIECES = 3
/** The gateway writes some of the user's role itself: context, and demands to go on. That is not what the user said. */
const OWN_WORDS = [
  '<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>',
  'The previous attempt did not produce a user-visible answer',
  '[System] Your previous turn was interrupted',
]

/** Listens on a free port of 127.0.0.1. Times are milliseconds since 1970, with fractions. */
export function startFakeModel(script: Script = () => undefined): FakeModel {
  const calls: ModelCall[] = []
  const gates = new Gates()
  const state = { broken: false }
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    idleTimeout: 0,
    async fetch(request) {
      const { pathname } = new URL(request.url)
      if (request.method === 'GET' && pathname.endsWith('/models'))
        return Response.json({ object: 'list', data: MODELS.map((id) => ({ id, object: 'model' })) })
      if (request.method !== 'POST' || !pathname.endsWith('/chat/completions'))
        return Response.json({ error: { message: 'no such route' } }, { status: 404 })
      const body: { model: string; messages: ChatMessage[]; stream?: boolean } = await request.json()
      const call = callOf(body.model, body.messages)
      calls.push(call)
      request.signal.addEventListener('abort', () => {
        call.gone = true
      })
      const reply = script(call)
      if (reply && 'tool' in reply) return toolCall(reply, body.stream === true, call)
      if (reply) return body.stream ? streamed(reply.text, PIECES, call) : whole(reply.text, call)
      if (!MODELS.some((model) => model === body.model)) {
        const message = `The model \`${body.model}\` does not exist`
        return Response.json(
          { error: { message, type: 'invalid_request_error', code: 'model_not_found' } },
          { status: 404 },
        )
      }
      const plan = planOf(call.user)
      await unlessGone(Bun.sleep(plan.slow_ms), request.signal)
      if (plan.hold !== null) await unlessGone(gates.passed(plan.hold), request.signal)
      if (plan.text === null || state.broken)
        return Response.json({ error: { message: 'refused by the test', type: 'fake' } }, { status: 400 })
      return body.stream ? streamed(plan.text, plan.pieces, call) : whole(plan.text, call)
    },
  })
  return Object.assign(state, {
    port: server.port ?? 0,
    calls,
    gates,
    stop: () => void server.stop(true),
  })
}

/** Waits; returns early when the gateway gives up on the request. */
async function unlessGone(ready: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => resolve(), { once: true })
  await Promise.race([ready, promise])
}

function callOf(model: string, messages: readonly ChatMessage[]): ModelCall {
  const at = messages.findLastIndex(isSpoken)
  const spoken = messages[at]
  const of = (role: string, rows: readonly ChatMessage[]) =>
    rows.filter((message) => message.role === role).map(contentText)
  return {
    model,
    user: spoken ? bare(contentText(spoken)) : '',
    system: of('system', messages).join('\n'),
    results: of('tool', messages.slice(at + 1)),
    transcript: messages
      .filter(({ role }) => role !== 'system')
      .map((message) => ({ role: message.role, text: contentText(message) })),
    received_ms: performance.timeOrigin + performance.now(),
  }
}

function isSpoken(message: ChatMessage): boolean {
  if (message.role !== 'user') return false
  const text = bare(contentText(message))
  return !OWN_WORDS.some((words) => text.startsWith(words))
}

/** Without the time that the gateway puts before a text, and the runtime or the demand to go on that it puts after. */
function bare(text: string): string {
  const since = text.trimStart().replace(/^\[[A-Z][a-z]{2} [^\]]*\] /, '')
  return since.replace(/\n\n(Runtime: agent=|\[System\] Your previous turn was interrupted)[\s\S]*$/, '')
}

function contentText({ content }: ChatMessage): string {
  if (typeof content === 'string') return content
  return (content ?? []).map(({ text }) => text ?? '').join('')
}

const BASE = { id: 'chatcmpl-fake', created: 0, model: 'fake-1' }
const USAGE = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 }

function whole(content: string, call: ModelCall): Response {
  answered(call)
  const choice = { index: 0, finish_reason: 'stop', message: { role: 'assistant', content } }
  return Response.json({ ...BASE, object: 'chat.completion', usage: USAGE, choices: [choice] })
}

function toolCall(
  { tool, input }: Extract<Reply, { tool: string }>,
  stream: boolean,
  call: ModelCall,
): Response {
  answered(call)
  const id = `call_${crypto.randomUUID()}`
  const tool_calls = [
    { index: 0, id, type: 'function', function: { name: tool, arguments: JSON.stringify(input) } },
  ]
  const message = { role: 'assistant', content: null, tool_calls }
  if (!stream) {
    const choice = { index: 0, finish_reason: 'tool_calls', message }
    return Response.json({ ...BASE, object: 'chat.completion', usage: USAGE, choices: [choice] })
  }
  const text = `${chunk(message, null)}${chunk({}, 'tool_calls', { usage: USAGE })}data: [DONE]\n\n`
  return new Response(text, { headers: { 'content-type': 'text/event-stream' } })
}

/** A response body of what a generator yields, pulled as the reader takes it; the generator ends when the reader goes. */
function streamOf(pieces: AsyncGenerator<Uint8Array, void>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await pieces.next()
      if (next.done) controller.close()
      else controller.enqueue(next.value)
    },
    async cancel() {
      await pieces.return()
    },
  })
}

function streamed(text: string, pieces: number, call: ModelCall): Response {
  const encoder = new TextEncoder()
  async function* chunks(): AsyncGenerator<Uint8Array, void> {
    yield encoder.encode(chunk({ role: 'assistant', content: '' }, null))
    for (const content of piecesOf(text, pieces)) {
      yield encoder.encode(chunk({ content }, null))
      await Bun.sleep(PIECE_MS)
    }
    answered(call)
    yield encoder.encode(`${chunk({}, 'stop', { usage: USAGE })}data: [DONE]\n\n`)
  }
  return new Response(streamOf(chunks()), { headers: { 'content-type': 'text/event-stream' } })
}

function chunk(delta: object, finish_reason: string | null, more: object = {}): string {
  const choices = [{ index: 0, delta, finish_reason }]
  return `data: ${JSON.stringify({ ...BASE, object: 'chat.completion.chunk', choices, ...more })}\n\n`
}

function answered(call: ModelCall): void {
  call.answered_ms = performance.timeOrigin + performance.now()
}
