import type { Page } from '../../contracts/lists.ts'
import type { FailedJob } from '../../contracts/resources.ts'
import type { OneReader, Tx } from '../client.ts'
import type { PageRequest } from './pages.ts'

/** A page of the jobs of an org whose last attempt failed, newest first. */
export async function failedJobs(
  database: OneReader,
  org_id: string,
  { page, per_page }: PageRequest,
): Promise<Page<FailedJob>> {
  const [found] = await database.readOne<{ total: number; jobs: FailedJob[] }>(
    org_id,
    (sql, org) => sql`select total, jobs from failed_jobs(${org}, ${per_page}, ${(page - 1) * per_page})`,
  )
  const total = Number(found?.total ?? 0)
  const data = (found?.jobs ?? []).map((job) => ({
    ...job,
    created_at: new Date(job.created_at).toISOString(),
    failed_at: new Date(job.failed_at).toISOString(),
  }))
  return { data, pagination: { page, per_page, total, total_pages: Math.ceil(total / per_page) } }
}

/** Gives a failed job of the org its attempts again. Returns its kind; undefined when there is no such job. */
export async function retryJob({ sql }: Tx, org_id: string, id: string): Promise<string | undefined> {
  const [row] = await sql<{ kind: string | null }[]>`select retry_job(${org_id}, ${id}) as kind`
  return row?.kind ?? undefined
}
