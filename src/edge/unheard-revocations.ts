import type { LogEvent } from '../contracts/log-event.ts'
import type { EventType, RevocationReason } from '../contracts/vocabulary.ts'
import type { Permissions } from '../domain/permissions.ts'
import { admits, signInRule } from '../domain/sign-in.ts'
import type { Credential } from './credential.ts'

/** Types of events that may end credentials. A stored row, unlike a published event, does not say which ones. */
const MAY_REVOKE: ReadonlySet<EventType> = new Set<EventType>([
  'user.removed',
  'user.updated',
  'api_key.rotated',
  'api_key.revoked',
  'sub_agent.completed',
  'sub_agent.terminated',
  'sub_agent.expired',
  'auth.session_revoked',
  'auth.password_changed',
  'auth.identity_linked',
  'org.settings_changed',
])

export function mayRevoke({ type }: LogEvent): boolean {
  return MAY_REVOKE.has(type)
}

/**
 * Why a connection ends after an event that was read from storage, as far as the permissions tell; `unknown` when only a new
 * request tells. Keys and sessions are looked up beside it.
 */
export function endedUnheard(
  { principal }: Credential,
  event: LogEvent,
  permissions: Permissions,
): RevocationReason | 'unknown' | undefined {
  const { id, kind, sign_in } = principal
  if (kind === 'sub_agent') return permissions.subAgent(id) ? undefined : 'key'
  if (permissions.member(id)?.status !== 'active') return 'membership'
  if (sign_in && !admits(signInRule(permissions.settings), sign_in)) return 'session'
  // The sessions of an account may have lost this member alone, and are valid for others.
  const loses_member = event.type === 'auth.password_changed' || event.type === 'auth.identity_linked'
  if (loses_member && principal.session_id !== undefined && event.subject_ids.includes(id)) return 'unknown'
  return undefined
}
