/** What the gateway's answers about a turn mean: the two answers of `agent`, and `agent.wait`. */
import { bounded } from './frames.ts'
import { arrayOf, countOf, type JsonObject, nameOf, objectOf, textOf } from './json.ts'
import type { TurnReply } from './port.ts'
import type { Answer } from './requests.ts'

/**
 * An answer of `agent`. A refusal that carries the outcome of a turn is that outcome, fresh or remembered; undefined for
 * one that does not: then the request itself was refused.
 */
export function agentReply(answer: Answer): TurnReply | undefined {
  const { payload } = answer
  if (!answer.ok && payload.status === undefined) return undefined
  switch (payload.status) {
    case 'accepted':
      return { status: 'accepted' }
    case 'in_flight':
      return { status: 'pending' }
    case 'ok':
      return { status: 'ok', text: replyText(payload) }
    default:
      return failed(payload, answer.ok ? undefined : answer.error.message)
  }
}

/**
 * An answer of `agent.wait`. Its own timeout and a turn that timed out share a status; only a turn that ended has
 * `endedAt`. A run that the gateway never saw is a timeout in the queue whose provider did not start.
 */
export function waitReply(payload: JsonObject): TurnReply {
  const ended = countOf(payload.endedAt) !== undefined
  if (payload.status === 'ok')
    return { status: 'ok', text: bounded(textOf(objectOf(payload.terminalReply).text)) }
  if (payload.status === 'timeout' && !ended)
    return payload.timeoutPhase === 'queue' && payload.providerStarted === false
      ? { status: 'unknown' }
      : { status: 'pending' }
  return failed(payload)
}

/** Texts of a settled turn; media has none. */
function replyText(payload: JsonObject): string {
  const texts = arrayOf(objectOf(payload.result).payloads).map((part) => textOf(objectOf(part).text))
  return bounded(texts.filter((text) => text !== '').join('\n\n'))
}

function failed(payload: JsonObject, message?: string): TurnReply {
  const { stopReason, status } = payload
  if (stopReason === 'aborted' || stopReason === 'rpc' || stopReason === 'stop' || stopReason === 'archive')
    return { status: 'failed', reason: abortReason(stopReason) }
  if (status === 'timeout') return { status: 'failed', reason: 'The turn took too long.' }
  const [part] = arrayOf(objectOf(payload.result).payloads)
  const words = [payload.error, message, objectOf(part).text, payload.summary].map(nameOf)
  return { status: 'failed', reason: reasonText(words.find((text) => text !== undefined)) }
}

const REASON_CHARS_MAX = 500

/** A reason for people, in one paragraph of bounded length. */
export function reasonText(text: string | undefined): string {
  return (text ?? 'The turn failed.').replace(/\s+/g, ' ').trim().slice(0, REASON_CHARS_MAX)
}

/** Why a turn was aborted, from the gateway's `stopReason`. */
export function abortReason(stop_reason: unknown): string {
  return stop_reason === 'archive' ? 'The session was archived.' : 'The turn was stopped.'
}
