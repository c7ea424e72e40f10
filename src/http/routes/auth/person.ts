import type { ProvenIdentity } from '../../../auth/providers/provider.ts'
import type { NewIdentity } from '../../../contracts/commands.ts'
import { newId } from '../../../contracts/ids.ts'
import { LIMITS } from '../../../contracts/limits.ts'
import { nameProblem, tidyName } from '../../../contracts/names.ts'
import type { SignInWay } from '../../../contracts/sign-in.ts'
import type { ProviderId } from '../../../contracts/vocabulary.ts'
import { admits, signInRule } from '../../../domain/sign-in.ts'
import type { Deps } from '../../deps.ts'

/** A person whom a provider vouches for. */
export interface Person {
  provider: ProviderId
  proven: ProvenIdentity
  way: SignInWay
}

export function personOf(provider: ProviderId, proven: ProvenIdentity): Person {
  return { provider, proven, way: { method: provider, hosted_domain: proven.hosted_domain } }
}

export function identityOf({ provider, proven }: Person): NewIdentity {
  const { issuer, subject, email, email_verified } = proven
  return { id: newId(), provider, issuer, subject, email, email_verified }
}

/** The address that the provider says is the person's. */
function verifiedEmail({ email, email_verified }: ProvenIdentity): string | undefined {
  return email_verified && email !== null ? email : undefined
}

/**
 * The account that a person signs in to. An identity that is new here opens the account whose address was proved, or takes
 * over the members that were invited under the person's address; on a multi-tenant server it makes an account. Never by
 * an address that the provider does not vouch for.
 */
export async function accountOfPerson(
  deps: Deps,
  person: Person,
  from: { ip: string; user_agent: string },
): Promise<string | 'unverified' | 'unknown'> {
  const { identities } = deps
  const known = await identities.account(person.proven)
  const email = verifiedEmail(person.proven)
  if (email === undefined) return known ?? 'unverified'
  const found = await adoptable(deps, email, known, person.way)
  if (known === undefined && found.length === 0 && !(await opens(deps, email))) return 'unknown'
  const account_id =
    known ??
    (await identities.open(
      { ...identityOf(person), email },
      { id: newId(), display_name: displayName(person.proven, email) },
    ))
  await adopt(deps, { account_id, found, provider: person.provider, from })
  return account_id
}

/** Whether an address that is no member's opens an account: one that is there, or, beside other orgs, a new one. */
async function opens({ accounts, identities, single_tenant }: Deps, email: string): Promise<boolean> {
  if ((await identities.proved(email)) !== undefined) return true
  // The first account is made by the set-up link only.
  return !single_tenant && !(await accounts.none())
}

/** The account with which a person joins an org; null when it has none. */
export async function accountToJoinWith(deps: Deps, { proven }: Person): Promise<string | null> {
  const known = await deps.identities.account(proven)
  if (known !== undefined) return known
  const email = verifiedEmail(proven)
  return (email === undefined ? undefined : await deps.identities.proved(email)) ?? null
}

interface Found {
  account_id: string
  members: { org_id: string; user_id: string }[]
}

/**
 * Unproved accounts of an address, made by whoever held an invite link. One stays as it is when an org of it does not
 * admit the person this way.
 */
async function adoptable(
  deps: Deps,
  email: string,
  known: string | undefined,
  way: SignInWay,
): Promise<Found[]> {
  const found: Found[] = []
  for (const account_id of await deps.identities.unproved(email)) {
    if (account_id === known) continue
    const members = await deps.accounts.memberships(account_id)
    if (members.every(({ sign_in }) => admits(signInRule(sign_in), way))) found.push({ account_id, members })
  }
  return found
}

/**
 * The owner of an address takes over the members that unproved accounts acted as. Their passwords and sessions, which a
 * stranger may have, end with them.
 */
async function adopt(
  deps: Deps,
  {
    account_id,
    found,
    provider,
    from,
  }: {
    account_id: string
    found: readonly Found[]
    provider: ProviderId
    from: { ip: string; user_agent: string }
  },
): Promise<void> {
  for (const { account_id: former_id, members } of found) {
    for (const { org_id, user_id } of members) {
      if (await deps.accounts.memberOf(org_id, account_id)) continue
      const input = { user_id, account_id, provider, ...from }
      await deps.systemCommand(org_id, { command: 'user.adopt', input })
    }
    await deps.identities.end(former_id)
  }
  if (found.length > 0) deps.sessions.someEnded()
}

/** The name at the provider, taken over once; without a usable one the part of the address before the at sign. */
function displayName({ name }: ProvenIdentity, email: string): string {
  const usable = [name ?? '', email.split('@')[0] ?? ''].map((one) =>
    [...tidyName(one)].slice(0, LIMITS.display_name_max).join(''),
  )
  return usable.find((one) => one !== '' && nameProblem(one) === undefined) ?? 'Somebody'
}
