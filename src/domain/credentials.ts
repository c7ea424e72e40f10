import type { OrgSettings } from '../contracts/settings.ts'
import type { SignInWay } from '../contracts/sign-in.ts'
import type {
  OrgStatus,
  Role,
  SignInMethod,
  SubAgentStatus,
  UserStatus,
  UserType,
} from '../contracts/vocabulary.ts'
import { admits, signInRule } from './sign-in.ts'

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

interface MembershipOfAccount {
  status: UserStatus
  account_since: string | null
  /** Settings of the org that say how it is entered. */
  sign_in: Pick<OrgSettings, 'authentication' | 'integrations'>
}

/** Memberships that a session enters, which was opened at a time, in milliseconds since 1970, and in some way. */
export function entered<M extends MembershipOfAccount>(
  memberships: readonly M[],
  { opened_at, way }: { opened_at: number; way: SignInWay | undefined },
): M[] {
  return memberships.filter(
    ({ status, account_since, sign_in }) =>
      status === 'active' &&
      entersBy(account_since === null ? null : Date.parse(account_since), opened_at) &&
      (way === undefined || admits(signInRule(sign_in), way)),
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
  method: SignInMethod
  hosted_domain: string | null
}
