import type postgres from 'postgres'
import { newId } from '../../src/contracts/ids.ts'
import type { JobKind } from '../../src/contracts/jobs.ts'

/** Lets the workers of the running server do a job by the clock now, and waits for its end. */
export async function runJob(superuser: postgres.Sql, kind: JobKind): Promise<void> {
  const key = newId()
  await superuser`select mc_jobs.add_job(${kind}, '{}'::json, job_key => ${key}::text)`
  const waits = async () =>
    (await superuser`select 1 from mc_jobs._private_jobs where key = ${key}`).length > 0
  while (await waits()) await Bun.sleep(20)
}
