import type { Database } from './client.ts'

/** Expired names that are removed with each new one: the table stays as small as the tokens of a few minutes. */
const REMOVED = 20

/** Names of signed tokens that were used: each is used once, whichever node it comes to. */
export class SpentTokens {
  readonly #database: Pick<Database, 'statement'>

  constructor(database: Pick<Database, 'statement'>) {
    this.#database = database
  }

  /** Notes that a token is used, until it would end anyway; false when it was used before. */
  async spend(name: string, lasts_ms: number): Promise<boolean> {
    const rows = await this.#database.statement(
      (sql) => sql`
        with gone as (
          delete from spent_tokens where name in (
            select name from spent_tokens where expires_at < now() and name <> ${name} order by expires_at limit ${REMOVED}
            for update skip locked))
        insert into spent_tokens (name, expires_at) values (${name}, now() + make_interval(secs => ${lasts_ms / 1000}))
        on conflict (name) do nothing returning name`,
    )
    return rows.length === 1
  }
}
