/** Age at which completed tasks are archived. */
const ARCHIVE_AFTER_MONTHS = 12
/** Tasks found by one query, over all orgs; those of one org are archived by one command. */
export const ARCHIVE_AT_ONCE = 100

export interface ArchivalPorts {
  /** Tasks that were completed `months` ago, by org, without the orgs in `except`. */
  due(months: number, limit: number, except: string[]): Promise<{ org_id: string; ids: string[] }[]>
  archive(org_id: string, ids: string[]): Promise<unknown>
  stopping(): boolean
  failed(stage: string, error: unknown): void
}

/** Archives tasks that were completed long ago, as commands of the server. Returns how many. */
export async function archiveTasks(ports: ArchivalPorts): Promise<number> {
  const failed: string[] = []
  let archived = 0
  while (!ports.stopping()) {
    const due = await ports.due(ARCHIVE_AFTER_MONTHS, ARCHIVE_AT_ONCE, failed)
    if (due.length === 0) break
    for (const { org_id, ids } of due) {
      try {
        await ports.archive(org_id, ids)
        archived += ids.length
      } catch (error) {
        // A failed org is skipped for the rest of this run, so its tasks do not delay those of other orgs.
        failed.push(org_id)
        ports.failed(`archive tasks of ${org_id}`, error)
      }
    }
  }
  return archived
}
