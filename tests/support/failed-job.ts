import { databaseOf, type TestServer } from './server.ts'

/**
 * Lets a job of the org fail for good, by the server's own workers; returns its id. The job is of a kind that belongs to no
 * org, so its handler refuses it.
 */
export async function failedJob(server: Pick<TestServer, 'connection'>, slug: string): Promise<string> {
  const sql = databaseOf(server, 'app')
  try {
    const [org] = await sql<{ id: string }[]>`select id from auth_org(${slug})`
    const org_id = org!.id
    const inOrg = async <T>(run: (tx: typeof sql) => Promise<T>) =>
      (await sql.begin(async (tx) => {
        await tx`select set_config('app.current_org_id', ${org_id}, true)`
        return await run(tx as unknown as typeof sql)
      })) as T
    const failed = () =>
      inOrg(async (tx) => {
        const [row] = await tx<{ total: string; jobs: { id: string }[] }[]>`
          select total, jobs from failed_jobs(${org_id}, 1, 0)`
        return { total: Number(row!.total), id: row!.jobs[0]?.id ?? '' }
      })
    const before = await failed()
    const job = { kind: 'sweep_expired', payload: { org_id }, max_attempts: 1 }
    await inOrg((tx) => tx`select enqueue_jobs(${JSON.stringify([job])}::text::json)`)
    for (;;) {
      const now = await failed()
      if (now.total > before.total) return now.id
      await Bun.sleep(20)
    }
  } finally {
    await sql.end({ timeout: 1 })
  }
}
