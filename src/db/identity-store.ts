import { and, desc, eq, isNotNull, isNull, sql as text } from 'drizzle-orm'
import type { NewIdentity } from '../contracts/commands.ts'
import type { Database, Sql } from './client.ts'
import { account_pictures, identities, passkeys, sessions, users } from './schema/global.ts'
import { build, given, type Params, statement } from './statement.ts'

/** Far more than a person has. */
const LISTED_MAX = 100
/** As in queries/accounts.ts. */
const ACCOUNTS_OF_ADDRESS_MAX = 20

const byIdentity = statement((p: Params<{ issuer: string; subject: string }>) =>
  build
    .select({ user_id: identities.user_id })
    .from(identities)
    .where(and(eq(identities.issuer, p.issuer), eq(identities.subject, p.subject))),
)

const insert = statement((p: Params<Omit<NewIdentity, 'email_verified'> & { user_id: string }>) =>
  build
    .insert(identities)
    .values({
      id: p.id,
      provider: p.provider,
      issuer: p.issuer,
      subject: p.subject,
      user_id: p.user_id,
      email: p.email,
    })
    .onConflictDoNothing()
    .returning({ id: identities.id }),
)

const ofUser = statement((p: Params<{ user_id: string }>) =>
  build
    .select({
      id: identities.id,
      provider: identities.provider,
      email: identities.email,
      created_at: identities.created_at,
    })
    .from(identities)
    .where(eq(identities.user_id, p.user_id))
    .orderBy(desc(identities.created_at))
    .limit(LISTED_MAX),
)

/** Names are text: of a selection the builder leaves out the table, and `id` would be that of the passkey. */
const lockUser = statement((p: Params<{ user_id: string }>) =>
  build
    .select({
      opens_otherwise:
        text<boolean>`users.password_hash is not null or exists (select from passkeys k where k.account_id = users.id)`.as(
          'opens_otherwise',
        ),
    })
    .from(users)
    .where(eq(users.id, p.user_id))
    .for('update'),
)

const remove = statement((p: Params<{ user_id: string; id: string }>) =>
  build.delete(identities).where(and(eq(identities.user_id, p.user_id), eq(identities.id, p.id))),
)

const insertAccount = statement((p: Params<{ id: string; email: string; display_name: string }>) =>
  build.insert(users).values({
    id: p.id,
    type: 'human',
    email: p.email,
    display_name: p.display_name,
    status: 'active',
    email_proved_at: text`now()`,
  }),
)

/** The oldest: an address that was proved for several accounts opens one of them. */
const provedAccount = statement((p: Params<{ email: string }>) =>
  build
    .select({ id: users.id })
    .from(users)
    .where(
      and(
        text`lower(${users.email}) = lower(${p.email})`,
        eq(users.type, 'human'),
        eq(users.status, 'active'),
        isNotNull(users.email_proved_at),
      ),
    )
    .orderBy(users.created_at)
    .limit(1),
)

const unprovedAccounts = statement((p: Params<{ email: string }>) =>
  build
    .select({ id: users.id })
    .from(users)
    .where(
      and(
        text`lower(${users.email}) = lower(${p.email})`,
        eq(users.type, 'human'),
        isNull(users.email_proved_at),
        text`exists (select from auth_memberships(${users.id}))`,
      ),
    )
    .orderBy(users.created_at)
    .limit(ACCOUNTS_OF_ADDRESS_MAX),
)

const prove = statement((p: Params<{ user_id: string; email: string }>) =>
  build
    .update(users)
    .set({ email_proved_at: text`coalesce(${users.email_proved_at}, now())` })
    .where(and(eq(users.id, p.user_id), text`lower(${users.email}) = lower(${p.email})`)),
)

const endAccount = statement((p: Params<{ user_id: string }>) =>
  build
    .update(users)
    .set({ password_hash: null, password_set_at: text`now()`, updated_at: text`now()` })
    .where(and(eq(users.id, p.user_id), text`not exists (select from auth_memberships(${users.id}))`))
    .returning({ id: users.id }),
)

const endSessions = statement((p: Params<{ user_id: string }>) =>
  build
    .update(sessions)
    .set({ revoked_at: text`now()` })
    .where(and(eq(sessions.user_id, given(p.user_id)), isNull(sessions.revoked_at))),
)

const removePasskeys = statement((p: Params<{ user_id: string }>) =>
  build.delete(passkeys).where(eq(passkeys.account_id, p.user_id)),
)

const proveFirst = statement((p: Params<{ user_id: string }>) =>
  build
    .update(users)
    .set({ email_proved_at: text`now()` })
    .where(and(eq(users.id, p.user_id), isNull(users.email_proved_at)))
    .returning({ id: users.id }),
)

const removePicture = statement((p: Params<{ user_id: string }>) =>
  build.delete(account_pictures).where(eq(account_pictures.account_id, p.user_id)),
)

const removeAll = statement((p: Params<{ user_id: string }>) =>
  build.delete(identities).where(eq(identities.user_id, p.user_id)),
)

/** Identities of people at sign-in providers, and the accounts that they open. */
export class IdentityStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** The account that an identity opens. */
  async account({ issuer, subject }: Pick<NewIdentity, 'issuer' | 'subject'>): Promise<string | undefined> {
    const [row] = await this.#database.query((sql) => byIdentity(sql, { issuer, subject }))
    return row?.user_id
  }

  /** The account whose address was proved. */
  async proved(email: string): Promise<string | undefined> {
    const [row] = await this.#database.query((sql) => provedAccount(sql, { email }))
    return row?.id
  }

  /** Accounts of an address that nobody has proved yet and that are members of an org. */
  async unproved(email: string): Promise<string[]> {
    const rows = await this.#database.query((sql) => unprovedAccounts(sql, { email }))
    return rows.map(({ id }) => id)
  }

  /**
   * The account of an identity that is new here: the one whose address was proved, else a new one. The lock on the address
   * keeps two first sign-ins from making two accounts.
   */
  async open(
    identity: NewIdentity & { email: string },
    made: { id: string; display_name: string },
  ): Promise<string> {
    return await this.#database.transaction(async ({ sql }) => {
      await lockAddress(sql, identity.email)
      const [known] = await byIdentity(sql, identity)
      if (known) return known.user_id
      const [proved] = await provedAccount(sql, identity)
      if (!proved) await insertAccount(sql, { ...made, email: identity.email })
      const user_id = proved?.id ?? made.id
      await insert(sql, { ...identity, user_id })
      return user_id
    })
  }

  /** Adds an identity to an account; a verified address proves the account's. False when it opens another account. */
  async link(user_id: string, identity: NewIdentity): Promise<boolean> {
    return await this.#database.transaction(async ({ sql }) => {
      await insert(sql, { ...identity, user_id })
      const [row] = await byIdentity(sql, identity)
      if (row?.user_id !== user_id) return false
      if (identity.email !== null && identity.email_verified)
        await prove(sql, { user_id, email: identity.email })
      return true
    })
  }

  async list(user_id: string) {
    return await this.#database.query((sql) => ofUser(sql, { user_id }))
  }

  /** Removes an identity of an account, but never its last way in. The lock orders two removals. */
  async unlink(user_id: string, id: string): Promise<'removed' | 'unknown' | 'last'> {
    return await this.#database.transaction(async ({ sql }) => {
      const [account] = await lockUser(sql, { user_id })
      const own = await ofUser(sql, { user_id })
      if (!own.some((identity) => identity.id === id)) return 'unknown'
      if (!account?.opens_otherwise && own.length === 1) return 'last'
      await remove(sql, { user_id, id })
      return 'removed'
    })
  }

  /**
   * A mailed link proved the address of an account. What a stranger may have added before opens it no more; a second
   * factor stays, since it opens nothing.
   */
  async proveByMail(user_id: string): Promise<void> {
    await this.#database.transaction(async ({ sql }) => {
      const proved = await proveFirst(sql, { user_id })
      if (proved.length === 0) return
      await removeAll(sql, { user_id })
      await removePasskeys(sql, { user_id })
    })
  }

  /** Ends an account that acts as no member any more: its password, its passkeys, its identities, its picture, its
   * sessions. */
  async end(user_id: string): Promise<void> {
    await this.#database.transaction(async ({ sql }) => {
      const ended = await endAccount(sql, { user_id })
      if (ended.length === 0) return
      await endSessions(sql, { user_id })
      await removePicture(sql, { user_id })
      await removeAll(sql, { user_id })
      await removePasskeys(sql, { user_id })
    })
  }
}

async function lockAddress(sql: Sql, email: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('account ' || lower(${email}), 0))`
}
