import { type CallOutcome, isCallOf } from '../../contracts/calls.ts'
import { outcomeOf } from '../../domain/call-outcome.ts'
import type { Address } from './actor.ts'
import type { Host } from './host.ts'

/**
 * Answers a call of another node: the receiving end of a `CallTransport`. The schema is checked here only, since within
 * a node the compiler has checked the call. A call that does not fit is a fault and reaches no actor.
 */
export async function answerCall(
  host: Host,
  address: Address,
  request: unknown,
  failed: (stage: string, error: unknown) => void,
): Promise<CallOutcome> {
  // A call that had begun is answered; a new one goes to the next owner.
  if (host.closed) return { ok: false, failure: { type: 'leaving' } }
  if (isCallOf(address.kind, request)) return await outcomeOf(host.call(address, request))
  const error = new Error(`A call of another node does not fit the schema of ${address.kind}`)
  failed('answer a call of another node', error)
  return await outcomeOf(Promise.reject(error))
}
