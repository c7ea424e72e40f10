import type { SecurityRecord } from '../commands/security-record.ts'
import type { Revocation } from '../domain/log-event.ts'
import type { Deps } from './deps.ts'

/**
 * Writes a sign-in, a failure or a sign-out into the log of every org of the person, where administrators see it.
 * The answer does not depend on it: an org whose log cannot be written right now is named in the server log.
 */
export async function recordSignIn(
  deps: Deps,
  type: SecurityRecord['type'],
  account: { id: string; display_name: string },
  details: Record<string, unknown>,
  from: { ip: string; user_agent: string },
): Promise<void> {
  const revokes: Revocation | undefined =
    type === 'auth.session_revoked'
      ? { reason: 'session', session_id: String(details.session_id) }
      : undefined
  const record: SecurityRecord = {
    type,
    user_id: account.id,
    display_name: account.display_name,
    user_type: 'human',
    details: { ...details, ip: from.ip, user_agent: from.user_agent.slice(0, 300) },
    ...(revokes ? { revokes } : {}),
  }
  const memberships = await deps.accounts.memberships(account.id)
  await Promise.all(
    memberships
      .filter((membership) => membership.status === 'active')
      .map(async ({ org_id }) => {
        try {
          await deps.systemCommand(org_id, 'security.record', record)
        } catch (error) {
          deps.log.failed(`record ${type}`, error)
        }
      }),
  )
}
