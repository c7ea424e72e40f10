/**
 * A gateway with the shape of the real one, as far as a bridge meets it: challenge and hello with a `bootId`, closed
 * parameters, `agent` answered twice and one turn per session at a time, events for every session (also foreign ones),
 * history that survives a restart while everything else is forgotten. A process of its own, so that it can be killed.
 *
 * Environment: `PORT`, `DB`, `TOKEN`. `GET /log` gives the turns it has run.
 */
import type { ServerWebSocket } from 'bun'
import { now_ms } from '../wire.ts'
import { Transcript } from './transcript.ts'

type Socket = ServerWebSocket<{ in: boolean }>
type Params = Record<string, unknown>

interface Run {
  session_key: string
  text: string | undefined
  requesters: { socket: Socket; id: string }[]
}

const BOOT_ID = crypto.randomUUID()
const MODEL_MS = 40
const SLOW = /\[\[slow:(\d{1,5})\]\]/
const CLOSED: Record<string, readonly string[]> = {
  agent: ['sessionKey', 'message', 'idempotencyKey', 'deliver', 'extraSystemPrompt'],
  'chat.send': ['sessionKey', 'message', 'idempotencyKey', 'deliver'],
  'chat.history': ['sessionKey', 'limit'],
}

const transcript = new Transcript(process.env.DB ?? ':memory:')
const sockets = new Set<Socket>()
const runs = new Map<string, Run>()
const chains = new Map<string, Promise<void>>()
const log: { run_id: string; message: string; received_ms: number; final_ms: number }[] = []

function send(socket: Socket, frame: object): void {
  socket.send(JSON.stringify(frame))
}

function broadcast(event: string, payload: object): void {
  for (const socket of sockets) if (socket.data.in) send(socket, { type: 'event', event, payload })
}

function refuse(socket: Socket, id: string, code: string, message: string): void {
  send(socket, { type: 'res', id, ok: false, error: { code, message } })
}

function final(session_key: string, run_id: string, text: string): void {
  const message = { role: 'assistant', content: [{ type: 'text', text }] }
  broadcast('chat', { runId: run_id, sessionKey: session_key, state: 'final', stopReason: 'stop', message })
}

/** The answer that a repeated key gets, too. */
const settled = (run_id: string, text: string) => ({
  runId: run_id,
  status: 'ok',
  summary: 'completed',
  result: { payloads: [{ text, mediaUrl: null }], meta: {} },
})

async function think(
  session_key: string,
  run_id: string,
  message: string,
  received_ms: number,
): Promise<void> {
  transcript.add(session_key, { role: 'user', key: `${run_id}:user`, run_id, text: message })
  await answerTurn(session_key, run_id, message, received_ms)
}

async function answerTurn(
  session_key: string,
  run_id: string,
  message: string,
  received_ms: number,
): Promise<void> {
  broadcast('agent', {
    runId: run_id,
    stream: 'lifecycle',
    data: { phase: 'start' },
    sessionKey: session_key,
    seq: 1,
  })
  // Somebody else's conversation on the same gateway: every operator sees it, and it is nobody's business here.
  final('agent:main:telegram:dm:4711', crypto.randomUUID(), 'a private word')
  await Bun.sleep(MODEL_MS + Number(SLOW.exec(message)?.[1] ?? 0))
  const text = `echo: ${message.replace(SLOW, '').trim()}`
  broadcast('chat', { runId: run_id, sessionKey: session_key, state: 'delta', deltaText: text })
  transcript.add(session_key, { role: 'assistant', key: null, run_id, text })
  log.push({ run_id, message, received_ms, final_ms: now_ms() })
  final(session_key, run_id, text)
  const run = runs.get(run_id)
  if (!run) return
  run.text = text
  for (const { socket, id } of run.requesters)
    send(socket, { type: 'res', id, ok: true, payload: settled(run_id, text) })
}

function agent(socket: Socket, id: string, params: Params): void {
  const session_key = String(params.sessionKey).toLowerCase()
  const run_id = String(params.idempotencyKey)
  const known = runs.get(run_id)
  if (known) {
    const payload =
      known.text === undefined
        ? { runId: run_id, status: 'in_flight', sessionKey: session_key }
        : settled(run_id, known.text)
    send(socket, { type: 'res', id, ok: true, payload })
    return
  }
  if (transcript.has(session_key, `${run_id}:user`)) {
    refuse(socket, id, 'INVALID_REQUEST', 'Session transcript keyed user is outside the current turn')
    return
  }
  const received_ms = now_ms()
  runs.set(run_id, { session_key, text: undefined, requesters: [{ socket, id }] })
  send(socket, {
    type: 'res',
    id,
    ok: true,
    payload: { runId: run_id, status: 'accepted', sessionKey: session_key },
  })
  const before = chains.get(session_key) ?? Promise.resolve()
  chains.set(
    session_key,
    before.then(() => think(session_key, run_id, String(params.message), received_ms)),
  )
}

function chatSend(socket: Socket, id: string, params: Params): void {
  const session_key = String(params.sessionKey).toLowerCase()
  const run_id = String(params.idempotencyKey)
  send(socket, { type: 'res', id, ok: true, payload: { runId: run_id, status: 'started' } })
  log.push({ run_id, message: String(params.message), received_ms: now_ms(), final_ms: now_ms() })
  final(session_key, run_id, `OpenClaw mock\nModel: fake/fake-1\nSession: ${session_key}`)
}

function connect(socket: Socket, id: string, params: Params): void {
  const { token } = params.auth as { token?: string }
  if (token !== process.env.TOKEN) {
    socket.close(1008, 'auth')
    return
  }
  socket.data.in = true
  const payload = {
    type: 'hello-ok',
    protocol: 4,
    server: { version: 'mock', bootId: BOOT_ID, connId: crypto.randomUUID() },
    auth: { method: 'token', role: 'operator', scopes: params.scopes },
    policy: { maxPayload: 26_214_400, tickIntervalMs: 30_000 },
  }
  send(socket, { type: 'res', id, ok: true, payload })
}

function history(socket: Socket, id: string, params: Params): void {
  const messages = transcript.rows(String(params.sessionKey).toLowerCase())
  send(socket, { type: 'res', id, ok: true, payload: { messages, pendingInputs: [] } })
}

const METHODS = { agent, 'chat.send': chatSend, 'chat.history': history } as const

function request(socket: Socket, id: string, method: string, params: Params): void {
  const known = METHODS[method as keyof typeof METHODS]
  const unexpected = Object.keys(params).find((name) => !CLOSED[method]?.includes(name))
  if (method === 'connect') connect(socket, id, params)
  else if (!socket.data.in) socket.close(1008, 'connect first')
  else if (!known) refuse(socket, id, 'FORBIDDEN', 'missing scope: operator.admin')
  else if (unexpected) refuse(socket, id, 'INVALID_REQUEST', `unexpected property ${unexpected}`)
  else known(socket, id, params)
}

const server = Bun.serve<{ in: boolean }>({
  hostname: '127.0.0.1',
  port: Number(process.env.PORT ?? 0),
  fetch(incoming, self) {
    const { pathname } = new URL(incoming.url)
    if (pathname === '/healthz' || pathname === '/readyz') return new Response('ok')
    if (pathname === '/log') return Response.json(log)
    return self.upgrade(incoming, { data: { in: false } }) ? undefined : new Response(null, { status: 404 })
  },
  websocket: {
    open(socket) {
      sockets.add(socket)
      send(socket, {
        type: 'event',
        event: 'connect.challenge',
        payload: { nonce: crypto.randomUUID(), ts: Date.now() },
      })
    },
    message(socket, text) {
      const { id, method, params } = JSON.parse(String(text))
      request(socket, id, method, params ?? {})
    },
    close: (socket) => void sockets.delete(socket),
  },
})

// A turn that was under way when it died goes on by itself, under an id that nobody gave.
setTimeout(() => {
  for (const { session_key, text } of transcript.unanswered())
    void answerTurn(session_key, `main-session-restart-recovery-${crypto.randomUUID()}`, text, now_ms())
}, 500)
console.log(JSON.stringify({ port: server.port }))
