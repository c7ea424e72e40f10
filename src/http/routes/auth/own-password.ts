import { ApiError } from '../../../contracts/errors.ts'
import type { Account } from '../../../db/queries/accounts.ts'
import type { Deps } from '../../deps.ts'
import type { Call } from '../../endpoint.ts'
import { accountOf } from './sign-in.ts'

type Owner = Pick<Call<unknown, unknown>, 'principal' | 'ip'>

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
