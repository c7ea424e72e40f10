/** Rows of each table removed by one statement. */
export const SWEEP_ROWS = 5_000

/**
 * Removes expired rows of all orgs: replies of commands, answers under an Idempotency-Key, `client_id`s. Returns how many
 * were removed.
 */
export async function sweepExpired(
  sweep: (rows: number) => Promise<number>,
  stopping: () => boolean,
  rows = SWEEP_ROWS,
): Promise<number> {
  let removed = 0
  for (;;) {
    const now = await sweep(rows)
    removed += now
    // Fewer rows than one table's page: all tables are done.
    if (now < rows || stopping()) return removed
  }
}
