import { KeyVerifier } from '../auth/api-keys.ts'
import type { Sessions } from '../auth/sessions.ts'
import type { ThrottledRecords } from '../auth/throttled-records.ts'
import type { SecurityRecord } from '../contracts/commands.ts'
import { ApiError } from '../contracts/errors.ts'
import type { Actor } from '../contracts/events.ts'
import type { OrgIds } from '../db/org-ids.ts'
import type { Accounts } from '../db/queries/accounts.ts'
import type { StoredKey } from '../domain/credentials.ts'
import { KeyBackOff } from '../http/back-off.ts'
import { Identify } from '../http/identity.ts'
import { MemberAccounts } from '../http/member-accounts.ts'
import type { Node } from '../node.ts'
import type { LastUse } from '../workers/last-use.ts'
import type { Counts } from './counts.ts'
import { cookieScope } from './deps.ts'

/** Whoever a key is for. */
function actorOf({ sub_agent_id, user_id, display_name }: StoredKey): Actor {
  return sub_agent_id === null
    ? { id: user_id, type: 'agent', display_name }
    : { id: sub_agent_id, type: 'sub_agent', display_name: 'Sub-agent' }
}

interface Parts {
  accounts: Accounts
  sessions: Sessions
  org_ids: OrgIds
  members_used: LastUse
  keys_used: LastUse
  records: ThrottledRecords
  counts: Counts
}

/** Authentication of a node: credentials, orgs by slug, and the records of use and of failure. */
export function createIdentify(
  { config, secrets, key_store, core }: Node,
  { accounts, sessions, org_ids, members_used, keys_used, records, counts }: Parts,
): Identify {
  const back_off = new KeyBackOff(counts.failures, config.rate_limits)
  const member_accounts = new MemberAccounts((org_id, account_id) => accounts.memberOf(org_id, account_id))
  return new Identify({
    sessions,
    keys: new KeyVerifier(key_store, secrets.pepper),
    csrf_secrets: secrets.jwt.map(({ secret }) => secret),
    cookies: cookieScope(config, secrets),
    own_origins: config.own_origins,
    cors_origins: config.cors_origins,
    openEdge: (org_id) =>
      core.edges.open(org_id).catch((error: unknown) => {
        // Deleted, as another node may know: its slug may be another org's by now.
        if (error instanceof ApiError && error.status === 404) org_ids.forget(org_id)
        throw error
      }),
    memberOf: (edge, account_id, opened_at) => member_accounts.member(edge, account_id, opened_at),
    orgId: (slug) => org_ids.find(slug),
    active: (org_id, user_id) => members_used.note(org_id, user_id),
    keyUsed: (key) => keys_used.note(key.org_id, key.id),
    keyFailure: (key, reason, from) =>
      records.add(`key ${key.key_id} ${from.ip}`, (count) => {
        const record: SecurityRecord = {
          type: 'auth.api_key_failure',
          actor: actorOf(key),
          payload: { user_id: key.user_id, key_id: key.key_id, reason, count, ...from },
        }
        return core.systemCommand(key.org_id, { command: 'security.record', input: record })
      }),
    keyFailures: (ip, key_id) => back_off.of(ip, key_id),
  })
}
