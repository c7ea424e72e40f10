import type { OrgStatus, Role, SubAgentStatus, UserStatus, UserType } from '../contracts/vocabulary.ts'

/** A stored key with its principal and org. Times are ISO 8601. */
export interface StoredKey {
  org_id: string
  slug: string
  org_status: OrgStatus
  id: string
  key_id: string
  kind: 'live' | 'tmp'
  user_id: string
  sub_agent_id: string | null
  bcrypt_hash: string
  hmac: string
  expires_at: string | null
  revoked_at: string | null
  member_role: Role | null
  member_status: UserStatus | null
  member_type: UserType | null
  display_name: string
  username: string
  task_id: string | null
  sub_agent_status: SubAgentStatus | null
  sub_agent_expires_at: string | null
}

/** The member as which an account acts in an org. */
export interface ActingMember {
  user_id: string
  /** Sessions opened before this time do not enter; milliseconds since 1970. Null: all do. */
  since: number | null
}

/** Whether a session opened at a time, in milliseconds since 1970, acts as the member. */
export function entersBy(since: number | null, opened_at: number): boolean {
  return since === null || since <= opened_at
}

/** Memberships that a session opened at a time, in milliseconds since 1970, enters. */
export function entered<M extends { status: UserStatus; account_since: string | null }>(
  memberships: readonly M[],
  opened_at: number,
): M[] {
  return memberships.filter(
    ({ status, account_since }) =>
      status === 'active' && entersBy(account_since === null ? null : Date.parse(account_since), opened_at),
  )
}

/** A stored session. The row, not the token, decides whether it is valid. */
export interface StoredSession {
  id: string
  user_id: string
  jti: string
  previous_jti: string | null
  previous_valid_until: string | null
  created_at: string
  expires_at: string
  last_seen_at: string
  revoked_at: string | null
  ip: string | null
  user_agent: string | null
}
