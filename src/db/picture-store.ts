import type { Database } from './client.ts'

/** A picture and the hash of it, by which it is known. */
export interface StoredPicture {
  bytes: Uint8Array<ArrayBuffer>
  digest: string
}

/** Pictures of accounts in PostgreSQL. A row without a picture says that the person wants none. */
export class PictureStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** The picture of the account that acts as a member. */
  async ofMember(org_id: string, user_id: string): Promise<StoredPicture | undefined> {
    const [row] = await this.#database.readOne<StoredPicture>(
      org_id,
      (sql, org) => sql<StoredPicture[]>`
        select p.bytes, p.digest from memberships x join account_pictures p on p.account_id = x.account_id
        where x.org_id = ${org} and x.user_id = ${user_id} and p.bytes is not null`,
    )
    return row && { ...row, bytes: new Uint8Array(row.bytes) }
  }

  /** Whether the person has a picture, or said that it wants none. */
  async isDecided(account_id: string): Promise<boolean> {
    const rows = await this.#database.query(
      (sql) => sql`select 1 from account_pictures where account_id = ${account_id}`,
    )
    return rows.length > 0
  }

  /** Stores the picture of a provider; false when the person has decided meanwhile, or is gone. */
  async takeOver(account_id: string, bytes: Uint8Array): Promise<boolean> {
    const rows = await this.#database.statement(
      (sql) => sql`
        insert into account_pictures (account_id, bytes)
        select u.id, ${bytes} from users u where u.id = ${account_id} and u.status = 'active'
        on conflict do nothing returning account_id`,
    )
    return rows.length > 0
  }

  /** Stores what the person chose; null for none. */
  async set(account_id: string, bytes: Uint8Array | null): Promise<void> {
    await this.#database.statement(
      (sql) => sql`
        insert into account_pictures (account_id, bytes) values (${account_id}, ${bytes})
        on conflict (account_id) do update set bytes = excluded.bytes, updated_at = now()`,
    )
  }
}
