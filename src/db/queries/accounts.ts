import { and, eq, isNotNull, isNull, lt, or, type SQLWrapper, sql as text } from 'drizzle-orm'
import { notFound } from '../../contracts/errors.ts'
import type { Org } from '../../contracts/resources.ts'
import { DEFAULT_SETTINGS, type OrgSettings } from '../../contracts/settings.ts'
import type { Language } from '../../contracts/vocabulary.ts'
import type { ActingMember } from '../../domain/credentials.ts'
import { filledSettings } from '../../domain/settings.ts'
import type { Database, OrgRef } from '../client.ts'
import { CoalescedReads } from '../coalesced.ts'
import { isUniqueViolation } from '../failures.ts'
import { identities, users } from '../schema/global.ts'
import { type invites, memberships, type organizations } from '../schema/orgs.ts'
import { anyOf, build, given, inOrg, type Params, statement } from '../statement.ts'
import { mailAccount } from '../writes/account-emails.ts'

type Organization = typeof organizations.$inferSelect

/** Far more accounts than the owner of an address makes; a hostile org cannot make a read longer. */
const ACCOUNTS_OF_ADDRESS_MAX = 20

/** A person's account. Agents and members who were invited have rows in `users` too, but no password. */
const accounts = () =>
  build
    .select({
      id: users.id,
      email: text<string>`${users.email}`.as('email'),
      display_name: users.display_name,
      password_hash: users.password_hash,
      password_set_at: users.password_set_at,
      email_set_at: users.email_set_at,
      status: users.status,
      language: users.language,
    })
    .from(users)

const ofAddress = (email: SQLWrapper) => text`lower(${users.email}) = lower(${email})`

const accountsByEmail = statement((p: Params<{ email: string }>) =>
  accounts()
    .where(
      and(
        ofAddress(p.email),
        // Who has only ever signed in at a provider may ask for a password too.
        or(
          isNotNull(users.password_hash),
          text`exists (select from ${identities} where ${identities.user_id} = ${users.id})`,
        ),
        text`exists (select from auth_memberships(${users.id}))`,
      ),
    )
    .orderBy(users.created_at)
    .limit(ACCOUNTS_OF_ADDRESS_MAX),
)

const accountByHash = statement((p: Params<{ email: string; hashes: readonly string[] }>) =>
  accounts()
    .where(and(ofAddress(p.email), anyOf(users.password_hash, p.hashes)))
    .orderBy(users.created_at)
    .limit(1),
)

const accountsAmong = statement((p: Params<{ ids: readonly string[]; email: string }>) =>
  build
    .select({ id: users.id })
    .from(users)
    .where(and(anyOf(users.id, p.ids), ofAddress(p.email))),
)

const accountById = statement((p: Params<{ id: string }>) =>
  accounts().where(and(eq(users.id, p.id), eq(users.type, 'human'))),
)

/** In the PHC string format the salt is the fifth part. */
const saltOf = text<string>`split_part(${users.password_hash}, '$', 5)`

const saltsOfAddress = statement((p: Params<{ email: string; except: string }>) =>
  build
    .selectDistinct({ salt: saltOf.as('salt') })
    .from(users)
    .where(and(ofAddress(p.email), isNotNull(users.password_hash), text`${saltOf} <> ${p.except}`))
    .limit(ACCOUNTS_OF_ADDRESS_MAX),
)

const anyUser = statement((_: Params<Record<never, never>>) =>
  build.select({ id: users.id }).from(users).limit(1),
)

const renewHash = statement((p: Params<{ id: string; password_hash: string }>) =>
  build
    .update(users)
    .set({ password_hash: given(p.password_hash), updated_at: text`now()` })
    .where(eq(users.id, p.id)),
)

const replaceLanguage = statement((p: Params<{ id: string; language: Language }>) =>
  build
    .update(users)
    .set({ language: text`${p.language}`, updated_at: text`now()` })
    .where(eq(users.id, p.id)),
)

/** Always true: the lock that acceptances of invites take too, see `knownAccount` in ../writes/passwords.ts. */
const addressLocked = text`pg_advisory_xact_lock(hashtextextended('account ' || lower(${users.email}), 0))::text is not null`

const replacePassword = statement((p: Params<{ id: string; password_hash: string }>) =>
  build
    .update(users)
    .set({ password_hash: given(p.password_hash), password_set_at: text`now()`, updated_at: text`now()` })
    .where(and(eq(users.id, p.id), addressLocked)),
)

/** Dated after the link even when its clock is ahead, so that the link is used up. */
const replaceByLink = statement((p: Params<{ id: string; password_hash: string; issued_at: string }>) =>
  build
    .update(users)
    .set({
      password_hash: given(p.password_hash),
      password_set_at: text`greatest(now(), ${p.issued_at}::timestamptz + interval '1 ms')`,
      updated_at: text`now()`,
    })
    .where(
      and(
        eq(users.id, p.id),
        or(isNull(users.password_set_at), lt(users.password_set_at, p.issued_at)),
        addressLocked,
      ),
    )
    .returning({ id: users.id }),
)

/** Dated after the link even when its clock is ahead, so that the link is used up. */
const replaceEmail = statement(
  (
    p: Params<{ id: string; email: string; former_email: string; password_hash: string; issued_at: string }>,
  ) =>
    build
      .update(users)
      .set({
        email: given(p.email),
        password_hash: given(p.password_hash),
        email_proved_at: text`now()`,
        email_set_at: text`greatest(now(), ${p.issued_at}::timestamptz + interval '1 ms')`,
        updated_at: text`now()`,
      })
      .where(
        and(
          eq(users.id, p.id),
          ofAddress(p.former_email),
          or(isNull(users.email_set_at), lt(users.email_set_at, p.issued_at)),
          text`pg_advisory_xact_lock(hashtextextended('account ' || lower(${p.email}), 0))::text is not null`,
        ),
      )
      .returning({ id: users.id }),
)

const memberOfAccount = statement((p: Params<{ org: OrgRef; account_id: string }>) =>
  build
    .select({
      user_id: memberships.user_id,
      since: text<string | null>`${memberships.account_since}`.as('since'),
    })
    .from(memberships)
    .where(and(inOrg(memberships.org_id, p.org), eq(memberships.account_id, p.account_id))),
)

/** Rows of the look-up functions, which are text: no org is in scope yet, so they bypass row-level security. */
type MembershipRow = Pick<Organization, 'slug' | 'name'> &
  Pick<
    typeof memberships.$inferSelect,
    'org_id' | 'user_id' | 'display_name' | 'account_since' | 'role' | 'status'
  > & {
    org_status: Organization['status']
    sign_in: Pick<OrgSettings, 'authentication' | 'integrations'>
  }
type InviteRow = Pick<
  typeof invites.$inferSelect,
  'org_id' | 'id' | 'purpose' | 'email' | 'user_id' | 'expires_at' | 'accepted_at'
> & { org_slug: string; org_name: string; org_status: Organization['status']; display_name: string }

export type Account = NonNullable<Awaited<ReturnType<Accounts['byId']>>>

/** People's accounts and their memberships: read before any org is in scope. */
export class Accounts {
  readonly #database: Database
  readonly #org_ids: CoalescedReads<string | undefined>

  constructor(database: Database) {
    this.#database = database
    this.#org_ids = new CoalescedReads(async (slugs) => {
      const orgs = await database.query(
        (sql) => sql<Pick<Organization, 'id' | 'slug'>[]>`
          select o.id, o.slug from unnest(${slugs}::text[]) as asked(slug), lateral auth_org(asked.slug) as o`,
      )
      return new Map(orgs.map(({ id, slug }) => [slug, id]))
    }, undefined)
  }

  /** The oldest accounts of an address that are members of an org. */
  async byEmail(email: string) {
    return await this.#database.query((sql) => accountsByEmail(sql, { email }))
  }

  /** The account of an address that keeps its password under one of these hashes. */
  async byPassword(email: string, hashes: readonly string[]) {
    const [account] = await this.#database.query((sql) => accountByHash(sql, { email, hashes }))
    return account
  }

  /** Salts of the stored hashes of an address, but for one. */
  async salts(email: string, except: string): Promise<string[]> {
    const rows = await this.#database.query((sql) => saltsOfAddress(sql, { email, except }))
    return rows.map(({ salt }) => salt)
  }

  /** Those of these accounts that have this address. */
  async among(ids: readonly string[], email: string): Promise<string[]> {
    const rows = await this.#database.query((sql) => accountsAmong(sql, { ids, email }))
    return rows.map(({ id }) => id)
  }

  async byId(id: string) {
    const [account] = await this.#database.query((sql) => accountById(sql, { id }))
    return account
  }

  /** True until the first account is created. */
  async none(): Promise<boolean> {
    const rows = await this.#database.query((sql) => anyUser(sql, {}))
    return rows.length === 0
  }

  /** Memberships of an account, by name of the org. */
  async memberships(account_id: string): Promise<MembershipRow[]> {
    const rows = await this.#database.query(
      (sql) => sql<MembershipRow[]>`
        select org_id, user_id, display_name, account_since, slug, name, org_status, role, status, sign_in
        from auth_memberships(${account_id}) order by name collate "natural", org_id`,
    )
    const { authentication, integrations } = DEFAULT_SETTINGS
    return rows.map((row) => ({
      ...row,
      sign_in: filledSettings(row.sign_in, { authentication, integrations }),
    }))
  }

  /** The member as which an account acts in an org. */
  async memberOf(org_id: string, account_id: string): Promise<ActingMember | undefined> {
    const [row] = await this.#database.readOne(org_id, (sql, org) =>
      memberOfAccount(sql, { org, account_id }),
    )
    return row && { user_id: row.user_id, since: row.since === null ? null : Date.parse(row.since) }
  }

  /** Whole orgs among `ids` as a member with this account sees them, by name. */
  async orgs(account_id: string, ids: readonly string[]): Promise<Org[]> {
    if (ids.length === 0) return []
    const orgs = await this.#database.query(
      (sql) => sql<Org[]>`
        select id, slug, name, status, deletion_at, role, settings, created_at, updated_at
        from auth_orgs(${account_id}, ${[...ids]}::uuid[]) order by name collate "natural", id`,
    )
    return orgs.map((org) => ({ ...org, settings: filledSettings(org.settings, DEFAULT_SETTINGS) }))
  }

  async orgId(slug: string): Promise<string | undefined> {
    return await this.#org_ids.get(slug)
  }

  async orgCount(): Promise<number> {
    const [row] = await this.#database.query(
      (sql) => sql<{ count: number }[]>`select auth_org_count() as count`,
    )
    return row?.count ?? 0
  }

  /** An invite by the hash of its token, accepted or not. */
  async invite(token_hash: string): Promise<InviteRow | undefined> {
    const [invite] = await this.#database.query(
      (sql) => sql<InviteRow[]>`
        select org_id, org_slug, org_name, org_status, id, purpose, email, user_id, display_name, expires_at, accepted_at
        from auth_invite(${token_hash})`,
    )
    return invite
  }

  /** The language in which the person uses the app, and gets mails. */
  async setLanguage(id: string, language: Language): Promise<void> {
    await this.#database.statement((sql) => replaceLanguage(sql, { id, language }))
  }

  /** Replaces the hash of an unchanged password. */
  async renewHash(id: string, password_hash: string): Promise<void> {
    await this.#database.statement((sql) => renewHash(sql, { id, password_hash }))
  }

  /** Stores a new password; false when another account of the address has it. */
  async setPassword(id: string, password_hash: string): Promise<boolean> {
    return await this.#unlessTaken(async () => {
      await this.#database.statement((sql) => replacePassword(sql, { id, password_hash }))
    })
  }

  /** The same by a link, unless the password is newer than the link. Throws 404 then. */
  async setPasswordByLink(id: string, password_hash: string, issued_at: string): Promise<boolean> {
    return await this.#unlessTaken(async () => {
      const set = await this.#database.statement((sql) =>
        replaceByLink(sql, { id, password_hash, issued_at }),
      )
      if (set.length === 0) throw notFound('invite')
    })
  }

  /**
   * Another address of an account, with the hash that its password has for it; the former address is told by mail. `used`:
   * the link is older than the present address. `taken`: another account of the address has this password.
   */
  async changeEmail(change: {
    id: string
    email: string
    former_email: string
    password_hash: string
    issued_at: string
  }): Promise<'changed' | 'used' | 'taken'> {
    try {
      return await this.#database.transaction(async (tx) => {
        const changed = await replaceEmail(tx.sql, change)
        if (changed.length === 0) return 'used'
        const { id: account_id, former_email: address } = change
        await mailAccount(tx, { kind: 'email_changed', address, account_id })
        return 'changed'
      })
    } catch (error) {
      if (isUniqueViolation(error)) return 'taken'
      throw error
    }
  }

  async #unlessTaken(store: () => Promise<void>): Promise<boolean> {
    try {
      await store()
      return true
    } catch (error) {
      if (isUniqueViolation(error)) return false
      throw error
    }
  }
}
