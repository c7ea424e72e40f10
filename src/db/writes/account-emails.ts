import { newId } from '../../contracts/ids.ts'
import type { AccountEmailKind } from '../../contracts/vocabulary.ts'
import type { Database, Tx } from '../client.ts'
import { EMAIL_ATTEMPTS_MAX } from './emails.ts'
import { enqueueJob } from './jobs.ts'

/** A mail to an account; `account_id` is null for a forgotten password. */
export interface NewAccountEmail {
  kind: AccountEmailKind
  address: string
  account_id: string | null
}

/** A mail whose attempt has begun. */
export interface ClaimedAccountEmail extends NewAccountEmail {
  id: string
  /** Attempts whose outcome is unknown, with the one that did not come to its end. */
  doubts: number
}

/** Stores a mail to an account with its job. The same work whether anybody has the address. */
export async function mailAccount(
  { sql, ...tx }: Tx,
  { kind, address, account_id }: NewAccountEmail,
): Promise<void> {
  const id = newId()
  await sql`
    insert into account_emails (id, kind, address, account_id, status) values (${id}, ${kind}, ${address}, ${account_id}, 'pending')`
  await enqueueJob(
    { ...tx, sql },
    'send_account_email',
    { account_email_id: id },
    { max_attempts: EMAIL_ATTEMPTS_MAX },
  )
}

/** The mails to accounts, for their job. They are in no org. */
export class AccountEmails {
  readonly #database: Pick<Database, 'query' | 'statement'>

  constructor(database: Pick<Database, 'query' | 'statement'>) {
    this.#database = database
  }

  /** An attempt begins. Undefined when the mail is gone or ended. */
  async claim(id: string): Promise<ClaimedAccountEmail | undefined> {
    const [email] = await this.#database.statement(
      (sql) => sql<ClaimedAccountEmail[]>`
        update account_emails set attempts = attempts + 1, doubts = doubts + (sealed_at is not null)::int, sealed_at = now(), updated_at = now()
        where id = ${id} and status = 'pending' returning id, kind, address, account_id, doubts`,
    )
    return email
  }

  /**
   * Mails of this kind to this address that were sent within the last `window_ms`, and earlier ones that are being sent at
   * this moment: of many that were asked for at once each would find that none was sent.
   */
  async sentLike(
    { id, address, kind }: Pick<ClaimedAccountEmail, 'id' | 'address' | 'kind'>,
    window_ms: number,
  ): Promise<number> {
    const [row] = await this.#database.query(
      (sql) => sql<{ count: number }[]>`
        select count(*)::int as count from account_emails
        where lower(address) = lower(${address}) and kind = ${kind} and (
          sent_at > now() - make_interval(secs => ${window_ms / 1000})
          or (status = 'pending' and (sealed_at, id) < (select own.sealed_at, own.id from account_emails own where own.id = ${id})))`,
    )
    return row?.count ?? 0
  }

  async remove(id: string): Promise<void> {
    await this.#database.statement((sql) => sql`delete from account_emails where id = ${id}`)
  }

  async noteSent(id: string): Promise<void> {
    await this.#database.statement(
      (sql) => sql`
        update account_emails set status = 'sent', sent_at = now(), updated_at = now(), sealed_at = null, last_error = null
        where id = ${id}`,
    )
  }

  /** An attempt was in vain. */
  async noteFailure(
    id: string,
    { reason, final, unknown }: { reason: string; final: boolean; unknown: boolean },
  ): Promise<void> {
    await this.#database.statement(
      (sql) => sql`
        update account_emails set status = ${final ? 'failed' : 'pending'}, last_error = ${reason}, updated_at = now(),
          sealed_at = case when ${unknown}::boolean then sealed_at end
        where id = ${id} and status = 'pending'`,
    )
  }
}
