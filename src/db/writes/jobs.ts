import type { JobKind, JobPayload } from '../../contracts/jobs.ts'
import type { BatchContext } from '../batch.ts'
import type { Tx } from '../client.ts'

/** A job as it is enqueued; absent fields have the defaults of its kind. */
export interface JobRow {
  kind: JobKind
  payload: Readonly<Record<string, string>>
  run_at?: string
  key?: string
  max_attempts?: number
}

export interface EnqueueOptions {
  /** Not before this time. */
  run_at?: string
  /** Replaces a waiting job of the same org, kind and key. */
  key?: string
  /** Attempts before it is given up; the default is that of the library, 25. */
  max_attempts?: number
}

/**
 * Enqueues a job in the transaction of its cause: without the commit there is no job. In a command it is stored with the
 * batch; elsewhere `to` is a transaction of the org.
 */
export async function enqueueJob<K extends JobKind>(
  to: Pick<BatchContext, 'rows'> | Tx,
  kind: K,
  payload: JobPayload<K>,
  options: EnqueueOptions = {},
): Promise<void> {
  const row: JobRow = { kind, payload, ...options }
  if ('rows' in to) to.rows.jobs.push(row)
  else await to.sql`select enqueue_jobs(${JSON.stringify([row])}::text::json)`
}
