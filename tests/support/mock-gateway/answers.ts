/** Answers of a mock gateway: their shapes, and how the outcome of a turn is told. */
import { recoveryText } from './recovery.ts'
import type { Row } from './transcript.ts'
import type { Outcome } from './turns.ts'

export type Params = Readonly<Record<string, unknown>>

export interface Refusal {
  code: string
  message: string
  details?: object
  retryable?: boolean
  retryAfterMs?: number
}

/** `second` is answered to the same request later. */
export type Reply = {
  ok: boolean
  payload?: object
  error?: Refusal
  second?: Promise<Reply>
}

export function historyRow({ id, role, key, run_id, text, recovery, at_ms }: Row): object {
  const own = { id, ...(run_id === null ? {} : { runId: run_id }) }
  const keyed = key === null ? {} : { idempotencyKey: key }
  if (role === 'assistant')
    return { role, ...keyed, content: [{ type: 'text', text }], stopReason: 'stop', __openclaw: own }
  const provenance = recovery
    ? { provenance: { kind: 'internal_system', sourceTool: 'main_session_restart_recovery' } }
    : {}
  const content = recovery ? recoveryText : text
  return { role, ...keyed, content, timestamp: at_ms, ...provenance, __openclaw: own }
}

/** The answer to a settled turn, fresh and repeated. */
export function settled(run_id: string, end: Outcome): Reply {
  switch (end.status) {
    case 'ok': {
      const payloads = end.text === '' ? [] : [{ text: end.text, mediaUrl: null }]
      return ok({ runId: run_id, status: 'ok', summary: 'completed', result: { payloads, meta: {} } })
    }
    case 'timeout':
      return ok({ runId: run_id, status: 'timeout', summary: 'aborted', timeoutPhase: 'provider' })
    case 'aborted':
      return end.ran
        ? ok({ runId: run_id, status: 'error', summary: 'failed', stopReason: 'aborted' })
        : ok({ runId: run_id, status: 'timeout', summary: 'aborted', stopReason: end.stop_reason })
    case 'error': {
      const payload = { runId: run_id, status: 'error', summary: end.refused ? end.reason : 'failed' }
      if (!end.refused) return ok({ ...payload, result: { payloads: [{ text: end.reason }] } })
      return { ok: false, payload, error: { code: 'UNAVAILABLE', message: end.reason } }
    }
  }
}

/** `tells`: releases before 2026.9 say in which phase a turn is. */
export function waited(end: Outcome | undefined, tells: boolean): object {
  if (!end) return { status: 'timeout', ...(tells ? { timeoutPhase: 'gateway_draining' } : {}) }
  const endedAt = Date.now()
  if (end.status === 'ok')
    return {
      status: 'ok',
      endedAt,
      stopReason: 'stop',
      terminalReply: end.text === '' ? { disposition: 'empty' } : { disposition: 'visible', text: end.text },
    }
  if (end.status === 'timeout') return { status: 'timeout', endedAt, error: 'aborted', providerStarted: true }
  if (end.status === 'error') return { status: 'error', endedAt, error: end.reason }
  return { status: 'error', endedAt, stopReason: end.stop_reason }
}

export function ok(payload: object): Reply {
  return { ok: true, payload }
}

export function refuse(error: Refusal): Reply {
  return { ok: false, error }
}

export function invalid(message: string): Reply {
  return refuse({ code: 'INVALID_REQUEST', message })
}

export function unavailable(message: string): Reply {
  return refuse({ code: 'UNAVAILABLE', message })
}

export function archived(key: string): Reply {
  return invalid(`Session "${key}" is archived. Restore it before starting new work.`)
}

export function forbidden(missingScope = 'operator.admin'): Reply {
  const details = { code: 'MISSING_SCOPE', missingScope, requiredScopes: [missingScope] }
  return refuse({ code: 'FORBIDDEN', message: `missing scope: ${missingScope}`, details })
}
