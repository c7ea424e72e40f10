/** The methods of a mock gateway that a bridge calls, with closed parameters and the answers of the real one. */
import {
  archived,
  forbidden,
  historyRow,
  invalid,
  ok,
  type Params,
  type Reply,
  refuse,
  settled,
  unavailable,
  waited,
} from './answers.ts'
import { commandOutput, plainText, sayCommand } from './commands.ts'
import type { Faults } from './faults.ts'
import { unknownProvider } from './model.ts'
import type { Transcript } from './transcript.ts'
import { agentOf } from './turn-events.ts'
import type { Turns } from './turns.ts'

export interface House {
  transcript: Transcript
  turns: Turns
  agents: readonly string[]
  faults(): Faults
  /** Runs of `chat.send`, by key: their text. */
  commands: Map<string, string>
}

type Method = (house: House, params: Params) => Reply | Promise<Reply>

/** The parameters that the oldest supported gateway takes and a bridge may send; everything else is unexpected. */
const CLOSED: Readonly<Record<string, readonly string[]>> = {
  agent: ['sessionKey', 'message', 'idempotencyKey', 'deliver', 'extraSystemPrompt', 'timeout'],
  'agent.wait': ['runId', 'timeoutMs'],
  'agents.list': [],
  'chat.send': ['sessionKey', 'message', 'idempotencyKey', 'deliver'],
  'chat.abort': ['sessionKey', 'runId'],
  'chat.history': ['sessionKey', 'limit'],
  'sessions.create': ['key', 'label', 'model'],
  'sessions.describe': ['key'],
  'sessions.patch': ['key', 'archived', 'expectedSessionId'],
  'sessions.delete': ['key', 'expectedSessionId', 'archivedOnly'],
}

/** Models that are not on the gateway's list of allowed ones. */
const NOT_ALLOWED = 'not-allowed-'

const ADMITTED_WHILE_DRAINING = new Set(['agents.list'])

export async function call(house: House, method: string, params: Params): Promise<Reply> {
  const known = METHODS[method]
  if (!known) return forbidden()
  const unexpected = Object.keys(params).find((name) => !CLOSED[method]!.includes(name))
  if (unexpected) return invalid(`invalid ${method} params: at root: unexpected property '${unexpected}'`)
  if (house.faults().draining && !ADMITTED_WHILE_DRAINING.has(method)) {
    const details = { method, reason: 'gateway-restarting', phase: 'accepting' }
    const message = `${method} unavailable during gateway restart`
    return refuse({ code: 'UNAVAILABLE', message, retryable: true, retryAfterMs: 1_000, details })
  }
  return await known(house, params)
}

const METHODS: Readonly<Record<string, Method>> = {
  agent(house, params) {
    const key = keyOf(params.sessionKey)
    const run_id = String(params.idempotencyKey)
    const known = house.turns.state(run_id)
    if (known === 'ended') return house.turns.outcome(run_id)!.then((end) => settled(run_id, end))
    if (known) return ok({ runId: run_id, status: 'in_flight', sessionKey: key, agentId: agentOf(key) })
    if (!house.agents.includes(agentOf(key)))
      return invalid(`Agent "${agentOf(key)}" no longer exists in configuration`)
    if (house.transcript.session(key)?.archived) return archived(key)
    if (house.transcript.isInterrupted(run_id))
      return unavailable('Pending input ownership ended; submit a new turn to continue')
    house.transcript.ensure(key)
    const timeout_ms = params.timeout === undefined ? undefined : Number(params.timeout) * 1_000
    const prompt = String(params.message)
    const system_prompt =
      params.extraSystemPrompt === undefined ? undefined : String(params.extraSystemPrompt)
    const outcome = house.turns.start({ session_key: key, run_id, prompt, system_prompt, timeout_ms })
    const accepted = { runId: run_id, sessionKey: key, agentId: agentOf(key), status: 'accepted' }
    return {
      ...ok({ ...accepted, acceptedAt: Date.now() }),
      second: outcome.then((end) => settled(run_id, end)),
    }
  },

  async 'agent.wait'(house, params) {
    const run_id = String(params.runId)
    const outcome = house.turns.outcome(run_id)
    const tells = house.faults().version < '2026.9'
    if (!outcome && tells)
      return ok({ runId: run_id, status: 'timeout', timeoutPhase: 'queue', providerStarted: false })
    if (!outcome)
      return Bun.sleep(Number(params.timeoutMs ?? 30_000)).then(() =>
        ok({ runId: run_id, status: 'timeout' }),
      )
    const late = Bun.sleep(Number(params.timeoutMs ?? 30_000)).then(() => undefined)
    const end = house.turns.state(run_id) === 'ended' ? await outcome : await Promise.race([outcome, late])
    return ok({ runId: run_id, ...waited(end, tells) })
  },

  'agents.list'({ agents }) {
    const rows = agents.map((id) => ({ id }))
    return ok({ defaultId: agents[0], mainKey: 'main', scope: 'per-sender', agents: rows })
  },

  'chat.send'(house, params) {
    const key = keyOf(params.sessionKey)
    const run_id = String(params.idempotencyKey)
    const text = String(params.message)
    if (house.transcript.session(key)?.archived) return archived(key)
    const before = house.commands.get(run_id)
    if (before !== undefined)
      return before === text ? ok({ runId: run_id, status: 'ok' }) : invalid('chat-request-conflict')
    if (text.trim() === '/stop') {
      const runIds = house.turns.abort(key, undefined, 'stop')
      return ok({ ok: true, aborted: runIds.length > 0, runIds })
    }
    house.transcript.ensure(key)
    house.commands.set(run_id, text)
    const output = commandOutput(text, key, house.faults().version)
    // After the answer has left.
    setTimeout(() => {
      if (output !== undefined) sayCommand(house, key, run_id, text, output)
      else plainText(house, key, run_id, text)
    }, 1)
    return ok({ runId: run_id, status: 'started' })
  },

  'chat.abort'({ turns }, params) {
    const run_id = params.runId === undefined ? undefined : String(params.runId)
    const runIds = turns.abort(keyOf(params.sessionKey), run_id, 'rpc')
    return ok({ ok: true, aborted: runIds.length > 0, runIds })
  },

  'chat.history'({ transcript }, params) {
    const key = keyOf(params.sessionKey)
    const messages = transcript.rows(key, Number(params.limit ?? 200)).map(historyRow)
    const items = transcript.pending(key).map(({ run_id, text, interrupted }) => ({
      id: run_id,
      state: interrupted ? 'interrupted' : 'queued',
      message: { role: 'user', content: text },
      runId: run_id,
    }))
    const pendingInputs = { items, total: items.length }
    const deltaCursor = Buffer.from(String(messages.length)).toString('base64url')
    return ok({ sessionKey: key, messages, pendingInputs, deltaCursor, hasMore: false })
  },

  'sessions.create'({ transcript, agents, faults }, params) {
    const key = keyOf(params.key)
    if (!agents.includes(agentOf(key))) return invalid(`Unknown agent id "${agentOf(key)}"`)
    const label = params.label === undefined ? null : String(params.label)
    if (label !== null && transcript.labelTaken(label, key)) return invalid(`label already in use: ${label}`)
    const model = params.model === undefined ? null : String(params.model)
    if (model?.startsWith(NOT_ALLOWED)) return invalid(`model not allowed: ${model}`)
    const unknown = model === null || faults().version < '2026.9' ? undefined : unknownProvider(model)
    if (unknown) return invalid(unknown)
    const known = transcript.session(key)
    if (known && model !== null && model !== known.model) return forbidden()
    const { session_id } = transcript.ensure(key, label, model)
    return ok({ ok: true, key, sessionId: session_id, runStarted: false })
  },

  'sessions.describe'({ transcript }, params) {
    const session = transcript.session(keyOf(params.key))
    if (!session) return ok({ session: null })
    const { key, session_id, label, archived: put_away } = session
    return ok({ session: { key, sessionId: session_id, label, archived: put_away === 1 } })
  },

  'sessions.patch'({ transcript, turns }, params) {
    const key = keyOf(params.key)
    const session = transcript.session(key)
    if (!session || session.session_id !== params.expectedSessionId) return invalid('session changed')
    if (params.archived === true) turns.abort(key, undefined, 'archive')
    transcript.setArchived(key, params.archived === true)
    return ok({ ok: true, key, entry: { sessionId: session.session_id } })
  },

  'sessions.delete'({ transcript }, params) {
    const key = keyOf(params.key)
    if (params.archivedOnly !== true) return forbidden()
    if (!transcript.session(key)?.archived) return invalid('session is not archived')
    transcript.delete(key)
    return ok({ ok: true, key })
  },
}

/** Keys are lower-cased; one without an agent belongs to the default agent. */
function keyOf(value: unknown): string {
  const key = String(value).toLowerCase()
  return key.startsWith('agent:') ? key : `agent:main:${key}`
}
