import type { Database } from '../db/client.ts'

interface Ports {
  /** An org is gone: its actors stop, its streams close, nothing remembers it. */
  forget(org_id: string): Promise<void>
  log: {
    info(fields: Record<string, unknown>, text: string): void
    failed(stage: string, error: unknown): void
  }
}

/**
 * Removes the orgs whose grace period is over, one transaction each: every row of the org in every table, and nothing
 * else. People and agents that belonged to it alone are deactivated. Said in the server's log only. Returns how many.
 */
export async function deleteDueOrgs(database: Database, ports: Ports): Promise<number> {
  const due = await database.query((sql) => sql<{ id: string }[]>`select id from auth_due_orgs() as id`)
  let deleted = 0
  for (const { id } of due) {
    try {
      const [row] = await database.query((sql) => sql<{ rows: number }[]>`select delete_org(${id}) as rows`)
      deleted++
      ports.log.info(
        { org_id: id, rows: row?.rows },
        'an organization was deleted at the end of its grace period',
      )
      await ports.forget(id)
    } catch (error) {
      ports.log.failed(`delete the organization ${id}`, error)
    }
  }
  return deleted
}
