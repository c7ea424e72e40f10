import { ApiError, invalid } from '../../../contracts/errors.ts'
import type { Account } from '../../../db/queries/accounts.ts'
import { checkOpensByPassword, opensByPassword } from '../../../domain/sign-in.ts'
import type { Deps } from '../../deps.ts'
import type { Call } from '../../endpoint.ts'
import { accountOf } from './sign-in.ts'

type Owner = Pick<Call<unknown, unknown>, 'principal' | 'ip'>

/** A sign-in of this age stands in for the password of an account that has none. */
const RECENT_MS = 10 * 60 * 1000

/** The account of whoever is signed in. Throws 401 for a key. */
export async function ownAccount(
  { accounts }: Pick<Deps, 'accounts'>,
  { principal: { id, session_id } }: Pick<Owner, 'principal'>,
): Promise<Account & { session_id: string }> {
  const account = session_id === undefined ? undefined : await accounts.byId(id)
  if (!account || session_id === undefined)
    throw new ApiError('UNAUTHENTICATED', 'Only people have an account.')
  return { ...account, session_id }
}

/**
 * The account of whoever is signed in and knows its password: asked for again before the sign-in itself changes, because an
 * open browser may have been found by somebody else.
 */
export async function confirmedAccount(
  deps: Deps,
  call: Owner,
  password: string,
): Promise<Account & { session_id: string }> {
  const account = await ownAccount(deps, call)
  await deps.limits.ownPassword(account.id)
  await checkPasswordOf(deps, account, password, call.ip)
  return account
}

/** Throws 401 unless the password opens this account. */
export async function checkPasswordOf(
  deps: Pick<Deps, 'accounts' | 'passwords' | 'sign_in_back_off'>,
  { id, email }: Pick<Account, 'id' | 'email'>,
  password: string,
  ip: string,
): Promise<void> {
  // By the account: strangers who fail to sign in with the address must not keep its owner from this.
  await deps.sign_in_back_off.checkGuess(id, ip)
  const { account } = await accountOf(deps, { email, password })
  if (account?.id === id) return
  await deps.sign_in_back_off.guessed(id, ip)
  throw new ApiError('INVALID_CREDENTIALS', 'This is not your current password.')
}

const isRecent = ({ opened_at = 0 }: Call<unknown, unknown>['credential']) =>
  opened_at + RECENT_MS > Date.now()

/**
 * Throws 401 unless it is still the owner of the account: by the password, or by a sign-in of the last minutes. What is
 * changed then opens the account for good, and an open browser may have been found by somebody else.
 */
export async function checkOwner(
  deps: Deps,
  call: Owner & Pick<Call<unknown, unknown>, 'credential'>,
  password: string | undefined,
): Promise<void> {
  if (password !== undefined) await confirmedAccount(deps, call, password)
  else if (!isRecent(call.credential)) throw signInAgain()
}

const signInAgain = () =>
  new ApiError('INVALID_CREDENTIALS', 'You signed in too long ago. Sign in again first.')

/** What the own password is, and until when the present sign-in is recent enough to set a first one. */
export async function passwordState(
  deps: Pick<Deps, 'accounts'>,
  call: Pick<Call<unknown, unknown>, 'principal' | 'credential'>,
): Promise<{ is_set: boolean; allowed: boolean; recent_until: string | null }> {
  const { id, password_hash } = await ownAccount(deps, call)
  const until = (call.credential.opened_at ?? 0) + RECENT_MS
  return {
    is_set: password_hash !== null,
    allowed: opensByPassword(await deps.accounts.memberships(id)),
    recent_until: until > Date.now() ? new Date(until).toISOString() : null,
  }
}

/**
 * The account of whoever is signed in and has no password, only identities: a sign-in of the last minutes proves that it is
 * still the same person. Throws 400, 401, 409.
 */
export async function recentAccount(
  deps: Pick<Deps, 'accounts'>,
  call: Pick<Call<unknown, unknown>, 'principal' | 'credential'>,
): Promise<Account & { session_id: string }> {
  const account = await ownAccount(deps, call)
  const { recent_until } = await passwordState(deps, call)
  if (account.password_hash !== null)
    throw invalid({ path: '/current_password', message: 'Type your current password.' })
  checkOpensByPassword(await deps.accounts.memberships(account.id))
  if (recent_until === null) throw signInAgain()
  return account
}
