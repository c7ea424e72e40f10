import type { SecurityRecord } from '../contracts/commands.ts'
import type { EventContent } from '../contracts/event-payloads.ts'
import type { Revocation } from '../contracts/log-event.ts'
import type { Deps } from './deps.ts'

type SecurityContent = Extract<EventContent, { type: SecurityRecord['type'] }>

/**
 * Writes a sign-in, a failure or a sign-out into the log of every org of the person, where administrators see it.
 * The answer does not depend on the record: a log that cannot be written now is reported in the server log.
 */
export async function recordSignIn(
  deps: Deps,
  account: { id: string; display_name: string },
  content: SecurityContent,
  from: { ip: string; user_agent: string },
): Promise<void> {
  const record: SecurityRecord = {
    ...withOrigin(content, { ip: from.ip, user_agent: from.user_agent.slice(0, 300) }),
    actor: { id: account.id, type: 'human', display_name: account.display_name },
    ...revocationOf(content),
  }
  const memberships = await deps.accounts.memberships(account.id)
  await Promise.all(
    memberships
      .filter((membership) => membership.status === 'active')
      .map(async ({ org_id }) => {
        try {
          await deps.systemCommand(org_id, { command: 'security.record', input: record })
        } catch (error) {
          deps.log.failed(`record ${record.type}`, error)
        }
      }),
  )
}

function withOrigin<C extends SecurityContent>(content: C, origin: { ip: string; user_agent: string }): C {
  return { ...content, payload: { ...content.payload, ...origin } }
}

/** A session that ended ends its streams. */
function revocationOf(content: SecurityContent): { revokes?: Revocation } {
  if (content.type !== 'auth.session_revoked') return {}
  return { revokes: { reason: 'session', session_id: content.payload.session_id } }
}
