import type { BatchContext } from '../batch.ts'
import type { Tx } from '../client.ts'
import type { EmailRow } from '../flush.ts'
import { enqueueJob } from './jobs.ts'

/** Attempts of a mail, with exponential back-off over some hours. */
export const EMAIL_ATTEMPTS_MAX = 10

/** Adds a mail to the rows that are stored with the batch; its job runs after the delay. */
export function addEmail(
  { rows, now }: Pick<BatchContext, 'rows' | 'now'>,
  delay_ms: number,
  email: Omit<EmailRow, 'created_at' | 'run_at' | 'max_attempts'>,
): void {
  const run_at = new Date(Date.parse(now) + delay_ms).toISOString()
  rows.emails.push({ ...email, created_at: now, run_at, max_attempts: EMAIL_ATTEMPTS_MAX })
}

/** The job of a mail that waits again, in place of one that is left. */
export async function enqueueEmail(tx: Tx, org_id: string, email_id: string, run_at?: string): Promise<void> {
  await enqueueJob(
    tx,
    'send_email',
    { org_id, email_id },
    { key: email_id, max_attempts: EMAIL_ATTEMPTS_MAX, ...(run_at === undefined ? {} : { run_at }) },
  )
}
