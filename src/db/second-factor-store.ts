import type { Database } from './client.ts'

/** Second factors in PostgreSQL. */
export class PostgresSecondFactorStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async find(account_id: string): Promise<{ secret: string; confirmed_at: string | null } | undefined> {
    const [row] = await this.#database.query(
      (sql) => sql<{ secret: string; confirmed_at: string | null }[]>`
        select secret, confirmed_at from second_factors where account_id = ${account_id}`,
    )
    return row
  }

  /** Stores a secret that is not confirmed; false when the account has a confirmed one. */
  async begin(account_id: string, secret: string): Promise<boolean> {
    const rows = await this.#database.statement(
      (sql) => sql`
        insert into second_factors as f (account_id, secret) values (${account_id}, ${secret})
        on conflict (account_id) do update set secret = excluded.secret, created_at = now() where f.confirmed_at is null
        returning account_id`,
    )
    return rows.length === 1
  }

  /** Confirms the secret with the step of its first code; false when it is confirmed, replaced or gone. */
  async confirm(
    account_id: string,
    secret: string,
    step: number,
    code_hashes: readonly string[],
  ): Promise<boolean> {
    return await this.#database.transaction(async ({ sql }) => {
      const rows = await sql`
        update second_factors set confirmed_at = now(), last_step = ${step}
        where account_id = ${account_id} and secret = ${secret} and confirmed_at is null returning account_id`
      if (rows.length === 0) return false
      await sql`
        insert into recovery_codes (account_id, code_hash) select ${account_id}, unnest(${[...code_hashes]}::text[])`
      return true
    })
  }

  /** Takes the code of a step; false when a code of this step or of a later one was taken. */
  async takeStep(account_id: string, step: number): Promise<boolean> {
    const rows = await this.#database.statement(
      (sql) => sql`
        update second_factors set last_step = ${step}
        where account_id = ${account_id} and confirmed_at is not null and last_step < ${step} returning account_id`,
    )
    return rows.length === 1
  }

  /** Takes a recovery code; false when there is none, or it was taken. */
  async takeRecoveryCode(account_id: string, code_hash: string): Promise<boolean> {
    const rows = await this.#database.statement(
      (sql) => sql`
        update recovery_codes set used_at = now()
        where account_id = ${account_id} and code_hash = ${code_hash} and used_at is null returning account_id`,
    )
    return rows.length === 1
  }

  /** Replaces the recovery codes of a confirmed second factor; false without one. */
  async replaceRecoveryCodes(account_id: string, code_hashes: readonly string[]): Promise<boolean> {
    return await this.#database.transaction(async ({ sql }) => {
      const rows = await sql`
        select from second_factors where account_id = ${account_id} and confirmed_at is not null for update`
      if (rows.length === 0) return false
      await sql`delete from recovery_codes where account_id = ${account_id}`
      await sql`
        insert into recovery_codes (account_id, code_hash) select ${account_id}, unnest(${[...code_hashes]}::text[])`
      return true
    })
  }

  async recoveryCodesLeft(account_id: string): Promise<number> {
    const [row] = await this.#database.query(
      (sql) => sql<{ count: number }[]>`
        select count(*)::int as count from recovery_codes where account_id = ${account_id} and used_at is null`,
    )
    return row?.count ?? 0
  }

  /** Removes a confirmed second factor with its recovery codes; false without one. */
  async remove(account_id: string): Promise<boolean> {
    const rows = await this.#database.statement(
      (sql) => sql`
        delete from second_factors where account_id = ${account_id} and confirmed_at is not null returning account_id`,
    )
    return rows.length === 1
  }
}
