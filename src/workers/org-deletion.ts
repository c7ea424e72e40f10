export interface DeletionPorts {
  /** Orgs whose grace period is over, also those whose deletion was begun. */
  due(): Promise<string[]>
  /** Removes the files that rows of the org name. */
  removeFiles(org_id: string): Promise<void>
  /** Removes up to `rows` rows of an org in a transaction of its own. `done`: nothing of the org is left. */
  step(org_id: string, rows: number): Promise<{ removed: number; done: boolean }>
  /** An org is gone: its actors stop, its streams close, its cached state is dropped. */
  forget(org_id: string): Promise<void>
  /** True once the server stops: the rest is removed after the next start. */
  stopping(): boolean
  log: {
    info(fields: Record<string, unknown>, text: string): void
    failed(stage: string, error: unknown): void
  }
}

/** Rows of one step: well below a second of work, so that no lock is held for long. */
export const STEP_ROWS = 5_000
/**
 * The first step takes the head row alone, which fences the owner. So the row of the org outlives it in every case: after a
 * crash before `forget` the next run finds the org again and forgets it everywhere.
 */
const HEAD_ROWS = 1

/**
 * Deletes the orgs that are due, in steps that each commit: a crash or a failure loses one step at the most, and the
 * next run goes on. Writes to the server's log only. Returns how many orgs were deleted.
 */
export async function deleteDueOrgs(ports: DeletionPorts): Promise<number> {
  let deleted = 0
  for (const org_id of await ports.due()) {
    if (ports.stopping()) break
    try {
      if (await deleteOrg(org_id, ports)) deleted++
    } catch (error) {
      ports.log.failed(`delete the organization ${org_id}`, error)
    }
  }
  return deleted
}

/** False when it is not done here: the server stops, or another run is deleting this org, or has done so. */
async function deleteOrg(org_id: string, ports: DeletionPorts): Promise<boolean> {
  let rows = 0
  // First: the rows say where they are.
  await ports.removeFiles(org_id)
  for (let first = true; !ports.stopping(); first = false) {
    const { removed, done } = await ports.step(org_id, first ? HEAD_ROWS : STEP_ROWS)
    rows += removed
    // Closed after the first step: a later command finds no org.
    if (first || done) await ports.forget(org_id)
    // Gone before this step: another run, which went on meanwhile, removed the last row.
    if (done && removed === 0) return false
    if (done) {
      ports.log.info({ org_id, rows }, 'an organization was deleted at the end of its grace period')
      return true
    }
    if (removed === 0) return false
  }
  return false
}
