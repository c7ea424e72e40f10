import type { Org } from '../../contracts/resources.ts'
import type { OrgStatus, Role, UserStatus } from '../../contracts/vocabulary.ts'
import type { Database } from '../client.ts'

export interface Account {
  id: string
  email: string
  display_name: string
  password_hash: string | null
  status: UserStatus
}

export interface MembershipRow {
  org_id: string
  slug: string
  name: string
  org_status: OrgStatus
  role: Role
  status: UserStatus
}

export interface InviteRow {
  org_id: string
  id: string
  email: string
  user_id: string
  expires_at: string
  accepted_at: string | null
}

/** People's accounts and where they belong: what is looked up before any org is known. */
export class Accounts {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async byEmail(email: string): Promise<Account | undefined> {
    const [account] = await this.#database.query(
      (sql) => sql<Account[]>`
        select id, email, display_name, password_hash, status from users
        where lower(email) = lower(${email}) and type = 'human'`,
    )
    return account
  }

  async byId(id: string): Promise<Account | undefined> {
    const [account] = await this.#database.query(
      (sql) =>
        sql<Account[]>`select id, email, display_name, password_hash, status from users where id = ${id}`,
    )
    return account
  }

  /** True until the first account is made. */
  async none(): Promise<boolean> {
    const [row] = await this.#database.query((sql) => sql`select 1 from users limit 1`)
    return row === undefined
  }

  async memberships(user_id: string): Promise<MembershipRow[]> {
    return await this.#database.query(
      (sql) => sql<MembershipRow[]>`
        select org_id, slug, name, org_status, role, status from auth_memberships(${user_id}) order by lower(name), org_id`,
    )
  }

  /** Whole orgs among `ids` as this member of theirs sees them, in the order of their names. */
  async orgs(user_id: string, ids: readonly string[]): Promise<Org[]> {
    if (ids.length === 0) return []
    return await this.#database.query(
      (sql) => sql<Org[]>`
        select id, slug, name, status, deletion_at, role, settings, created_at, updated_at
        from auth_orgs(${user_id}, ${[...ids]}::uuid[]) order by lower(name), id`,
    )
  }

  async orgId(slug: string): Promise<string | undefined> {
    const [org] = await this.#database.query((sql) => sql<{ id: string }[]>`select id from auth_org(${slug})`)
    return org?.id
  }

  async orgCount(): Promise<number> {
    const [row] = await this.#database.query(
      (sql) => sql<{ count: number }[]>`select auth_org_count() as count`,
    )
    return row?.count ?? 0
  }

  /** An invite by the hash of its token, used up or not. */
  async invite(token_hash: string): Promise<InviteRow | undefined> {
    const [invite] = await this.#database.query(
      (sql) => sql<InviteRow[]>`
        select org_id, id, email, user_id, expires_at, accepted_at from auth_invite(${token_hash})`,
    )
    return invite
  }

  /** Makes an invited account usable: its first password and the name its owner wants. */
  async claim(user_id: string, password_hash: string, display_name: string | undefined): Promise<void> {
    await this.#database.query(
      (sql) => sql`
        update users set password_hash = ${password_hash}, status = 'active',
          display_name = coalesce(${display_name ?? null}, display_name), updated_at = now()
        where id = ${user_id} and password_hash is null`,
    )
  }

  /** Whoever lost its last org comes back with the next one. */
  async reactivate(user_id: string): Promise<void> {
    await this.#database.query(
      (sql) =>
        sql`update users set status = 'active', updated_at = now() where id = ${user_id} and status = 'deactivated'`,
    )
  }

  async setPassword(user_id: string, password_hash: string): Promise<void> {
    await this.#database.query(
      (sql) =>
        sql`update users set password_hash = ${password_hash}, updated_at = now() where id = ${user_id}`,
    )
  }

  /** Remembers that members were here; about once a minute per member. */
  async touch(org_id: string, user_ids: readonly string[]): Promise<void> {
    await this.#database.withOrg(org_id, async ({ sql }) => {
      await sql`update memberships set last_active_at = now() where org_id = ${org_id} and user_id = any(${[...user_ids]})`
    })
  }
}
