import { and, eq, isNull, sql as text } from 'drizzle-orm'
import type { Org } from '../../contracts/resources.ts'
import type { Database } from '../client.ts'
import { CoalescedReads } from '../coalesced.ts'
import { users } from '../schema/global.ts'
import type { invites, memberships, organizations } from '../schema/orgs.ts'
import { build, given, type Params, statement } from '../statement.ts'

type Organization = typeof organizations.$inferSelect

/** A person's account. Agents have rows in `users` too, but no e-mail and no sign-in. */
const accounts = () =>
  build
    .select({
      id: users.id,
      email: text<string>`${users.email}`.as('email'),
      display_name: users.display_name,
      password_hash: users.password_hash,
      status: users.status,
    })
    .from(users)

const accountByEmail = statement((p: Params<{ email: string }>) =>
  accounts().where(and(text`lower(${users.email}) = lower(${p.email})`, eq(users.type, 'human'))),
)

const accountById = statement((p: Params<{ id: string }>) =>
  accounts().where(and(eq(users.id, p.id), eq(users.type, 'human'))),
)

const anyUser = statement((_: Params<Record<never, never>>) =>
  build.select({ id: users.id }).from(users).limit(1),
)

const claimAccount = statement(
  (p: Params<{ id: string; password_hash: string; display_name: string | null }>) =>
    build
      .update(users)
      .set({
        password_hash: given(p.password_hash),
        status: 'active',
        display_name: text`coalesce(${p.display_name}, ${users.display_name})`,
        updated_at: text`now()`,
      })
      .where(and(eq(users.id, p.id), isNull(users.password_hash))),
)

const reactivateAccount = statement((p: Params<{ id: string }>) =>
  build
    .update(users)
    .set({ status: 'active', updated_at: text`now()` })
    .where(and(eq(users.id, p.id), eq(users.status, 'deactivated'))),
)

const setPasswordHash = statement((p: Params<{ id: string; password_hash: string }>) =>
  build
    .update(users)
    .set({ password_hash: given(p.password_hash), updated_at: text`now()` })
    .where(eq(users.id, p.id)),
)

/** Rows of the look-up functions, which are text: no org is in scope yet, so they bypass row-level security. */
type MembershipRow = Pick<Organization, 'slug' | 'name'> &
  Pick<typeof memberships.$inferSelect, 'org_id' | 'role' | 'status'> & { org_status: Organization['status'] }
type InviteRow = Pick<
  typeof invites.$inferSelect,
  'org_id' | 'id' | 'email' | 'user_id' | 'expires_at' | 'accepted_at'
>

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

  async byEmail(email: string) {
    const [account] = await this.#database.query((sql) => accountByEmail(sql, { email }))
    return account
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

  async memberships(user_id: string): Promise<MembershipRow[]> {
    return await this.#database.query(
      (sql) => sql<MembershipRow[]>`
        select org_id, slug, name, org_status, role, status from auth_memberships(${user_id}) order by name collate "natural", org_id`,
    )
  }

  /** Whole orgs among `ids` as this member sees them, by name. */
  async orgs(user_id: string, ids: readonly string[]): Promise<Org[]> {
    if (ids.length === 0) return []
    return await this.#database.query(
      (sql) => sql<Org[]>`
        select id, slug, name, status, deletion_at, role, settings, created_at, updated_at
        from auth_orgs(${user_id}, ${[...ids]}::uuid[]) order by name collate "natural", id`,
    )
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
        select org_id, id, email, user_id, expires_at, accepted_at from auth_invite(${token_hash})`,
    )
    return invite
  }

  /** First password of an invited account, with the name that its owner chose. */
  async claim(id: string, password_hash: string, display_name: string | undefined): Promise<void> {
    await this.#database.statement((sql) =>
      claimAccount(sql, { id, password_hash, display_name: display_name ?? null }),
    )
  }

  /** A person who left the last org may return by an invite to another. */
  async reactivate(id: string): Promise<void> {
    await this.#database.statement((sql) => reactivateAccount(sql, { id }))
  }

  async setPassword(id: string, password_hash: string): Promise<void> {
    await this.#database.statement((sql) => setPasswordHash(sql, { id, password_hash }))
  }
}
