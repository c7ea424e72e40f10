import type { Deps } from '../../deps.ts'

/** Tells the orgs of an account that something changed which they show with its member. */
export async function tellOrgs(
  { accounts, systemCommand, log }: Pick<Deps, 'accounts' | 'systemCommand' | 'log'>,
  account_id: string,
): Promise<void> {
  for (const { org_id, user_id, status } of await accounts.memberships(account_id)) {
    if (status !== 'active') continue
    await systemCommand(org_id, { command: 'user.tell_account', input: { user_id } }).catch(
      (error: unknown) => log.failed('tell an org of a changed account', error),
    )
  }
}
