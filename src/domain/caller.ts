import type { Role, SenderType } from '../contracts/vocabulary.ts'

/** Who asks for a change, as plain data that can travel to another node. */
export interface Caller {
  kind: 'human' | 'agent' | 'sub_agent' | 'system'
  /** The user, the sub-agent itself, or null for the server. */
  id: string | null
  display_name: string
  /** As the route saw it; the lane looks again. */
  role: Role | null
  /** The key that was used, so that a key revoked in between is refused. */
  key_id?: string
  /** For the record of security events. */
  ip?: string
  user_agent?: string
}

/** The server itself: timeouts, expiry, deletion, records of sign-in. */
export const SYSTEM: Caller = { kind: 'system', id: null, display_name: 'Mission Control', role: null }

/** The server as the sender of a message or event. */
export const SERVER = senderOf(SYSTEM)

export function senderOf(caller: Caller): { id: string | null; type: SenderType; display_name: string } {
  return { id: caller.id, type: caller.kind, display_name: caller.display_name }
}
