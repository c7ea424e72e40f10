import type { Page } from '../../contracts/lists.ts'
import type { Email } from '../../contracts/resources.ts'
import type { EmailStatus } from '../../contracts/vocabulary.ts'
import type { Fragment, OneReader, OrgRef, Sql, Tx } from '../client.ts'
import { allOf, type PageRequest, readPage } from './pages.ts'

/** Whole mails; ends in a condition on `x`, so that callers go on with `and`. */
function emailRows(sql: Sql, org: OrgRef): Fragment {
  return sql`
    select x.id, x.kind, x.user_id, coalesce(x.address, (select u.email from users u where u.id = x.user_id), '') as address,
      x.notification_ids, x.status, x.attempts, x.last_error, x.created_at, x.updated_at, x.sent_at
    from emails x where x.org_id = ${org}`
}

/** Mails of an org, newest first. */
export async function listEmails(
  database: OneReader,
  org_id: string,
  request: PageRequest & { status?: EmailStatus },
): Promise<Page<Email>> {
  const { status } = request
  return await readPage<Email>(database, org_id, request, {
    matching: (sql, org) => sql`
      select e.id, e.created_at from emails e
      where ${allOf(sql, [sql`e.org_id = ${org}`, status ? sql`e.status = ${status}` : undefined])}`,
    order: (sql) => sql`m.created_at desc, m.id desc`,
    rows: emailRows,
  })
}

/** Figures of an org's mails; the last error is that of the newest mail that has one and was not sent. */
export interface EmailFigures {
  pending: number
  failed: number
  last_error: string | null
  last_sent_at: string | null
}

export async function emailFigures(database: OneReader, org_id: string): Promise<EmailFigures> {
  const [row] = await database.readOne<EmailFigures>(
    org_id,
    (sql, org) => sql`
      select
        (select count(*) from emails e where e.org_id = ${org} and e.status = 'pending') as pending,
        (select count(*) from emails e where e.org_id = ${org} and e.status = 'failed') as failed,
        (select e.last_error from emails e where e.org_id = ${org} and e.status in ('pending', 'failed')
          and e.last_error is not null order by e.updated_at desc limit 1) as last_error,
        (select e.sent_at from emails e where e.org_id = ${org} and e.sent_at is not null order by e.sent_at desc limit 1) as last_sent_at`,
  )
  return row ?? { pending: 0, failed: 0, last_error: null, last_sent_at: null }
}

/**
 * Makes a mail that failed wait again, with all its attempts. Undefined when there is no such mail; `changed` is false for
 * one that waits already or was sent.
 */
export async function resendEmail(
  { sql }: Tx,
  org_id: string,
  id: string,
): Promise<{ email: Email; changed: boolean } | undefined> {
  const changed = await sql`
    update emails set status = 'pending', attempts = 0, doubts = 0, sealed_at = null, updated_at = now()
    where org_id = ${org_id} and id = ${id} and status = 'failed' returning id`
  const [email] = await sql<Email[]>`${emailRows(sql, org_id)} and x.id = ${id}`
  return email && { email, changed: changed.length > 0 }
}
