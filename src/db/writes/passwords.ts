import { and, eq, isNull, sql as text } from 'drizzle-orm'
import { sessions, users } from '../schema/global.ts'
import { memberships } from '../schema/orgs.ts'
import { anyOf, build, given, inOrg, type Params, statement } from '../statement.ts'
import { insertAccount } from './accounts.ts'
import type { Writer } from './writer.ts'

const accountByHash = statement((p: Params<{ email: string; hashes: readonly string[] }>) =>
  build
    .select({ id: users.id })
    .from(users)
    .where(and(text`lower(${users.email}) = lower(${p.email})`, anyOf(users.password_hash, p.hashes)))
    .orderBy(users.created_at)
    .limit(1),
)

const renew = statement((p: Params<{ id: string; password_hash: string; now: string }>) =>
  build
    .update(users)
    .set({ password_hash: given(p.password_hash), status: 'active', updated_at: given(p.now) })
    .where(eq(users.id, p.id)),
)

const claim = statement(
  (p: Params<{ id: string; password_hash: string; display_name: string; now: string }>) =>
    build
      .update(users)
      .set({
        password_hash: given(p.password_hash),
        password_set_at: text`now()`,
        status: 'active',
        display_name: given(p.display_name),
        updated_at: given(p.now),
      })
      .where(and(eq(users.id, p.id), isNull(users.password_hash))),
)

const replace = statement((p: Params<{ id: string; password_hash: string; now: string }>) =>
  build
    .update(users)
    .set({ password_hash: given(p.password_hash), password_set_at: text`now()`, updated_at: given(p.now) })
    .where(eq(users.id, p.id)),
)

const accountOfMember = statement((p: Params<{ org_id: string; user_id: string }>) =>
  build
    .select({ account_id: memberships.account_id })
    .from(memberships)
    .where(and(inOrg(memberships.org_id, p.org_id), eq(memberships.user_id, p.user_id))),
)

const setAccount = statement((p: Params<{ org_id: string; user_id: string; account_id: string }>) =>
  build
    .update(memberships)
    .set({ account_id: given(p.account_id), account_since: text`now()`, updated_at: text`now()` })
    .where(and(inOrg(memberships.org_id, p.org_id), eq(memberships.user_id, p.user_id))),
)

const endSessions = statement((p: Params<{ user_id: string }>) =>
  build
    .update(sessions)
    .set({ revoked_at: text`now()` })
    .where(and(eq(sessions.user_id, p.user_id), isNull(sessions.revoked_at))),
)

interface PasswordOwner {
  id: string
  email: string
  display_name: string
}

/**
 * The account of an address that a password opens; a new one on the row of `member` when there is none. `hashes`: those
 * that the password may have, the current one first. The lock on the address makes one account of one password, also
 * when the invites of two orgs are accepted at once.
 */
export async function accountOfPassword(
  to: Writer,
  member: PasswordOwner,
  hashes: readonly string[],
): Promise<string> {
  const known = await knownAccount(to, member.email, hashes)
  if (known !== undefined) return known
  const { id, display_name } = member
  await to.write(claim(to.sql, { id, password_hash: hashes[0] ?? '', display_name, now: to.now }))
  return id
}

/**
 * A member who could not sign in has a new password. Only its access to this org may change hands: an account that is a
 * member of other orgs too keeps its password, and the member moves to an account of its own. Ends the sessions of the
 * account, in this org or altogether. Returns the account.
 */
export async function setMemberPassword(
  to: Writer,
  member: PasswordOwner & { new_account_id: string },
  hashes: readonly string[],
): Promise<string> {
  const account_id =
    (await knownAccount(to, member.email, hashes)) ?? (await accountAlone(to, member, hashes))
  await to.write(setAccount(to.sql, { org_id: to.org_id, user_id: member.id, account_id }))
  return account_id
}

async function accountAlone(
  to: Writer,
  { id: user_id, email, display_name, new_account_id }: PasswordOwner & { new_account_id: string },
  hashes: readonly string[],
): Promise<string> {
  const { sql, org_id, now } = to
  const password_hash = hashes[0] ?? ''
  const [member] = await accountOfMember(sql, { org_id, user_id })
  const account_id = member?.account_id ?? new_account_id
  // The row lock keeps the account from entering another org until the new password is stored.
  await to.write(sql`select from users where id = ${account_id} for update`)
  const orgs = await sql<{ identified: boolean }[]>`
    select exists (select from identities where user_id = ${account_id}) as identified
    from auth_memberships(${account_id}) limit 2`
  // An account with an identity is a person's everywhere: whoever has a link of this org gets an account beside it.
  if (orgs.length === 1 && !orgs[0]?.identified) {
    await to.write(replace(sql, { id: account_id, password_hash, now }))
    await to.write(endSessions(sql, { user_id: account_id }))
    return account_id
  }
  await insertAccount(to, {
    id: new_account_id,
    type: 'human',
    email,
    display_name,
    password_hash,
    status: 'active',
  })
  return new_account_id
}

/** The account that a password opens, with its hash renewed. Locks the address until the end of the transaction. */
async function knownAccount(
  to: Writer,
  email: string,
  hashes: readonly string[],
): Promise<string | undefined> {
  const { sql, now } = to
  await to.write(sql`select pg_advisory_xact_lock(hashtextextended('account ' || lower(${email}), 0))`)
  const [known] = await accountByHash(sql, { email, hashes })
  if (known) await to.write(renew(sql, { id: known.id, password_hash: hashes[0] ?? '', now }))
  return known?.id
}
