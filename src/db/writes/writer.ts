import type { BatchContext } from '../lane-store.ts'

/** The transaction of one org as a command writes to it: who owns the rows, and the time they carry. */
export type Writer = Pick<BatchContext, 'org_id' | 'sql' | 'now' | 'write'>

/**
 * Runs a statement that checks its own conditions and writes either everything or nothing. After `accepted: false` the
 * command may still refuse.
 */
export async function writeIf<Outcome extends { accepted: boolean }>(
  to: Writer,
  statement: PromiseLike<Outcome[]>,
): Promise<Outcome> {
  const [outcome] = await statement
  if (!outcome) throw new Error('A conditional write answers one row')
  if (outcome.accepted) await to.write(Promise.resolve())
  return outcome
}
