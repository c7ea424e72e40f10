import { GatewayAway, GatewayRefused } from '../gateway/port.ts'
import { KeyRefused, ServerAway, ServerRefused, SubAgentOver } from '../server/port.ts'
import { StateUnwritable } from '../state/port.ts'

/** What an error means for the row that met it. Reasons are for people to read. */
export type Fault =
  /** A later try may succeed. */
  | { kind: 'passing'; reason: string; retry_after_ms: number }
  /** Refused for good. */
  | { kind: 'refused'; reason: string }
  /** The agent's key does not hold any more: the row waits for another key. */
  | { kind: 'key_refused'; error: KeyRefused }
  /** A mistake in the program. */
  | { kind: 'unexpected'; error: unknown }

export function faultOf(error: unknown): Fault {
  if (error instanceof KeyRefused) return { kind: 'key_refused', error }
  if (error instanceof GatewayAway) return passing('the gateway of the agent is not connected')
  if (error instanceof ServerAway) return passing(reasonOf(error), error.retry_after_ms)
  if (error instanceof StateUnwritable) return passing('the bridge cannot write to its disk')
  if (error instanceof SubAgentOver) return { kind: 'refused', reason: 'The sub-agent has ended.' }
  if (error instanceof ServerRefused)
    return { kind: 'refused', reason: `Mission Control refused: ${error.message}` }
  if (error instanceof GatewayRefused)
    return error.passing
      ? passing('the gateway of the agent takes no turns right now', error.retry_after_ms)
      : { kind: 'refused', reason: `The gateway refused: ${error.message}` }
  return { kind: 'unexpected', error }
}

function passing(reason: string, retry_after_ms = 0): Fault {
  return { kind: 'passing', reason, retry_after_ms }
}

function reasonOf({ code }: ServerAway): string {
  if (code === 'AGENT_LOOP')
    return 'agents answered each other for too long; a person has to write, or the pause to end'
  if (code === 'RATE_LIMITED') return 'the agent posts faster than its limit allows'
  return 'Mission Control cannot be reached'
}
