import type { Revocation } from '../contracts/log-event.ts'
import type { AuthenticatedPrincipal } from '../contracts/principal.ts'
import type { RevocationReason } from '../contracts/vocabulary.ts'
import { admits } from '../domain/sign-in.ts'

/** What a stream or a socket was opened with: it ends when its session, its key or its time ends. */
export interface Credential {
  principal: AuthenticatedPrincipal
  /** Milliseconds since 1970. */
  expires_at?: number
}

/** Why a revocation ends a stream; undefined when it does not. */
export function endedBy({ principal }: Credential, revocation: Revocation): RevocationReason | undefined {
  const { id, session_id, key_id, sign_in } = principal
  if (revocation.session_id !== undefined && revocation.session_id === session_id) return revocation.reason
  if (key_id !== undefined && revocation.key_ids?.includes(key_id)) return revocation.reason
  if (revocation.user_id !== undefined && revocation.user_id === id) return revocation.reason
  if (revocation.sign_in && sign_in && !admits(revocation.sign_in, sign_in)) return revocation.reason
  return undefined
}
