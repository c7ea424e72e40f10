import type { Database } from './client.ts'
import { isUniqueViolation } from './failures.ts'

/** A passkey as its owner sees it. */
export interface PasskeyRow {
  id: string
  name: string
  synced: boolean
  created_at: string
  last_used_at: string | null
}

/** A passkey for its verification. */
export interface StoredPasskey {
  id: string
  account_id: string
  credential_id: string
  public_key: string
  counter: number
}

interface NewPasskey extends StoredPasskey {
  transports: readonly string[]
  name: string
  synced: boolean
}

/** Passkeys in PostgreSQL. */
export class PasskeyStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** Passkeys of an account, newest first. */
  async list(account_id: string): Promise<(PasskeyRow & { credential_id: string })[]> {
    return await this.#database.query(
      (sql) => sql<(PasskeyRow & { credential_id: string })[]>`
        select id, name, synced, created_at, last_used_at, credential_id from passkeys
        where account_id = ${account_id} order by created_at desc, id desc`,
    )
  }

  async find(credential_id: string): Promise<StoredPasskey | undefined> {
    const [row] = await this.#database.query(
      (sql) => sql<StoredPasskey[]>`
        select id, account_id, credential_id, public_key, counter::float8 as counter from passkeys
        where credential_id = ${credential_id}`,
    )
    return row
  }

  /** Stores a passkey, at most `max` of an account; undefined when there are so many, or it is stored already. */
  async add(passkey: NewPasskey, max: number): Promise<PasskeyRow | undefined> {
    const { id, account_id, credential_id, public_key, counter, transports, name, synced } = passkey
    try {
      const [row] = await this.#database.transaction(async ({ sql }) => {
        // The row lock makes the count exact, also for several at once.
        await sql`select from users where id = ${account_id} for update`
        return await sql<PasskeyRow[]>`
          insert into passkeys (id, account_id, credential_id, public_key, counter, transports, name, synced)
          select ${id}, ${account_id}, ${credential_id}, ${public_key}, ${counter}, ${[...transports]}, ${name}, ${synced}
          where (select count(*) from passkeys where account_id = ${account_id}) < ${max}
          returning id, name, synced, created_at, last_used_at`
      })
      return row
    } catch (error) {
      if (isUniqueViolation(error)) return undefined
      throw error
    }
  }

  /** Notes a use; false when the counter is not ahead of the stored one: the passkey was copied, or used at the same time. */
  async use(id: string, { counter, synced }: { counter: number; synced: boolean }): Promise<boolean> {
    const rows = await this.#database.statement(
      (sql) => sql`
        update passkeys set counter = ${counter}, synced = ${synced}, last_used_at = now()
        where id = ${id} and (counter < ${counter} or (counter = 0 and ${counter} = 0)) returning id`,
    )
    return rows.length === 1
  }

  /** Removes a passkey of an account; false when there is none. */
  async remove(account_id: string, id: string): Promise<boolean> {
    const rows = await this.#database.statement(
      (sql) => sql`delete from passkeys where account_id = ${account_id} and id = ${id} returning id`,
    )
    return rows.length === 1
  }
}
