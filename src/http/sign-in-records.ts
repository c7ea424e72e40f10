import type { SecurityRecord } from '../contracts/commands.ts'
import type { Revocation } from '../contracts/log-event.ts'
import type { Deps } from './deps.ts'

type SignInRecord = Exclude<SecurityRecord, { type: 'auth.api_key_failure' }>
/** A record before the member is known: an account is another member in each of its orgs. */
type SignInContent = {
  [R in SignInRecord as R['type']]: { type: R['type']; payload: Omit<R['payload'], 'user_id'> }
}[SignInRecord['type']]

/**
 * Writes a sign-in, a failure or a sign-out into the log of every org of the account, where administrators see it. The
 * answer does not depend on the record: a log that cannot be written now is reported in the server log.
 */
export async function recordSignIn(
  deps: Deps,
  account_id: string,
  content: SignInContent,
  from: { ip: string; user_agent: string },
): Promise<void> {
  const memberships = await deps.accounts.memberships(account_id)
  await Promise.all(
    memberships
      .filter((membership) => membership.status === 'active')
      .map(async ({ org_id, user_id, display_name }) => {
        const actor = { id: user_id, type: 'human', display_name } as const
        const input = { ...recordOf(content, user_id, from), actor, ...revocationOf(content) }
        try {
          await deps.systemCommand(org_id, { command: 'security.record', input })
        } catch (error) {
          deps.log.failed(`record ${content.type}`, error)
        }
      }),
  )
}

function recordOf(
  content: SignInContent,
  user_id: string,
  { ip, user_agent }: { ip: string; user_agent: string },
) {
  const origin = { user_id, ip, user_agent: user_agent.slice(0, 300) }
  switch (content.type) {
    case 'auth.login_success':
      return { type: content.type, payload: { ...content.payload, ...origin } }
    case 'auth.login_failure':
      return { type: content.type, payload: { ...content.payload, ...origin } }
    case 'auth.session_revoked':
      return { type: content.type, payload: { ...content.payload, ...origin } }
    case 'auth.password_changed':
      return { type: content.type, payload: { ...content.payload, ...origin } }
    case 'auth.account_changed':
      return { type: content.type, payload: { ...content.payload, ...origin } }
    case 'auth.identity_linked':
      return { type: content.type, payload: { ...content.payload, ...origin } }
    case 'auth.identity_unlinked':
      return { type: content.type, payload: { ...content.payload, ...origin } }
  }
}

/** A session that ended ends its streams. */
function revocationOf(content: SignInContent): { revokes?: Revocation } {
  if (content.type !== 'auth.session_revoked') return {}
  return { revokes: { reason: 'session', session_id: content.payload.session_id } }
}
