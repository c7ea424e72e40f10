import { newId } from '../contracts/ids.ts'
import type { Database } from '../db/client.ts'
import type { CommandCall, Reply } from '../domain/job.ts'
import { SYSTEM } from '../domain/principal.ts'

/** Completed tasks leave the lists after so long. */
const ARCHIVE_AFTER_MONTHS = 12
/** Tasks archived by one command. */
const BATCH_MAX = 100

/** Archives what was completed long ago, org by org, as commands of the server itself. Returns how many orgs had any. */
export async function archiveTasks(
  database: Database,
  command: (org_id: string, call: CommandCall) => Promise<Reply>,
  failed: (stage: string, error: unknown) => void,
): Promise<number> {
  const orgs = await database.query((sql) => sql<{ id: string }[]>`select id from auth_org_ids() as id`)
  let touched = 0
  for (const { id } of orgs) {
    try {
      for (let more = true; more; ) {
        const due = await database.readOne<{ id: string }>(
          id,
          (sql, org) => sql`
            select t.id from tasks t where t.org_id = ${org} and t.status = 'complete' and t.archived_at is null
              and t.completed_at < now() - make_interval(months => ${ARCHIVE_AFTER_MONTHS}) limit ${BATCH_MAX}`,
        )
        more = due.length === BATCH_MAX
        if (due.length === 0) break
        touched++
        await command(id, {
          command_id: newId(),
          command: 'task.archive',
          input: { ids: due.map((task) => task.id) },
          principal: SYSTEM,
        })
      }
    } catch (error) {
      failed(`archive tasks of ${id}`, error)
    }
  }
  return touched
}
