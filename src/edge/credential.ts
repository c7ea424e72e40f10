import type { RevocationReason } from '../contracts/vocabulary.ts'
import type { Revocation } from '../domain/log-event.ts'
import type { Viewer } from '../domain/permissions.ts'

/** What an open stream was opened with; it ends when this ends. */
export interface Credential {
  viewer: Viewer
  session_id?: string
  key_id?: string
  /** Milliseconds since 1970; the stream ends then. */
  expires_at?: number
}

/** Whether a revocation ends a stream, and why. */
export function endedBy(credential: Credential, revocation: Revocation): RevocationReason | undefined {
  const { session_id, key_id, viewer } = credential
  if (revocation.session_id !== undefined && revocation.session_id === session_id) return revocation.reason
  if (key_id !== undefined && revocation.key_ids?.includes(key_id)) return revocation.reason
  if (revocation.user_id !== undefined && revocation.user_id === viewer.id) return revocation.reason
  return undefined
}
