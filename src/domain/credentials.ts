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
