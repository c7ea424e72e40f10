import type { SessionEnd } from '../../../contracts/vocabulary.ts'
import type { Deps } from '../../deps.ts'
import type { Call } from '../../endpoint.ts'
import { recordSignIn } from '../../sign-in-records.ts'
import { userAgent } from './sign-in.ts'

type From = Pick<Call<unknown, unknown>, 'request' | 'ip'>

/** Ends a session of an account everywhere and writes it to the logs of the account's orgs. */
export async function endSession(
  deps: Deps,
  account_id: string,
  session_id: string,
  reason: SessionEnd,
  { request, ip }: From,
): Promise<void> {
  await deps.sessions.revoke(session_id)
  const payload = { session_id, reason }
  const from = { ip, user_agent: userAgent(request) }
  await recordSignIn(deps, account_id, { type: 'auth.session_revoked', payload }, from)
}

/** Whoever else is signed in to the account knew a former password, had no second factor, or found an open session. */
export async function endOtherSessions(
  deps: Deps,
  account_id: string,
  kept_id: string | undefined,
  call: From,
  reason: SessionEnd = 'password',
): Promise<void> {
  // A list has a bound, and a sign-in with the former password may be under way.
  for (;;) {
    const others = (await deps.sessions.list(account_id)).filter(({ id }) => id !== kept_id)
    if (others.length === 0) return
    for (const { id } of others) await endSession(deps, account_id, id, reason, call)
  }
}
