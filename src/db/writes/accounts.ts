import { and, eq, isNull, sql as text } from 'drizzle-orm'
import { users } from '../schema/global.ts'
import { anyOf, build, given, type Params, statement } from '../statement.ts'
import type { Writer } from './writer.ts'

interface NewAccount {
  id: string
  type: 'human' | 'agent'
  /** Null for an agent. */
  email: string | null
  display_name: string
  password_hash?: string
  status: 'active' | 'invited'
}

const insert = statement(
  (p: Params<Required<Omit<NewAccount, 'password_hash'>> & { password_hash: string | null; now: string }>) =>
    build.insert(users).values({
      id: p.id,
      type: p.type,
      email: p.email,
      display_name: p.display_name,
      password_hash: p.password_hash,
      status: p.status,
      created_at: p.now,
      updated_at: p.now,
    }),
)

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
        status: 'active',
        display_name: given(p.display_name),
        updated_at: given(p.now),
      })
      .where(and(eq(users.id, p.id), isNull(users.password_hash))),
)

/** Stores a new user: an account when it has a password. */
export async function insertAccount(to: Writer, account: NewAccount): Promise<void> {
  const { password_hash = null } = account
  await to.write(insert(to.sql, { ...account, password_hash, now: to.now }))
}

/**
 * The account of an address that a password opens; a new one on the row of `member` when there is none. `hashes`: those
 * that the password may have, the current one first. The lock on the address makes one account of one password, also
 * when the invites of two orgs are accepted at once.
 */
export async function accountOfPassword(
  to: Writer,
  member: { id: string; email: string; display_name: string },
  hashes: readonly string[],
): Promise<string> {
  const { sql, now } = to
  const { id, email, display_name } = member
  const [password_hash = ''] = hashes
  await to.write(sql`select pg_advisory_xact_lock(hashtextextended('account ' || lower(${email}), 0))`)
  const [known] = await accountByHash(sql, { email, hashes })
  if (known) await to.write(renew(sql, { id: known.id, password_hash, now }))
  else await to.write(claim(sql, { id, password_hash, display_name, now }))
  return known?.id ?? id
}
