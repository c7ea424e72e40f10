import { ApiError } from '../../contracts/errors.ts'
import { Fenced, type Head } from '../../domain/ownership.ts'
import type { LaneStore } from './lane-store.ts'

/**
 * Finds out whether a batch is stored whose COMMIT was under way when its connection died.
 *
 * The next epoch waits for that transaction or defeats it; afterwards the batch number of the head row is final. Throws
 * `Gone`, or `Fenced` when another node wrote in between: then only `recent_commands` can tell, at the next owner.
 */
export async function settleDoubt(
  store: Pick<LaneStore<never, unknown>, 'take' | 'release'>,
  org_id: string,
  before: Head,
  lane: { closed(): boolean; pause(): Promise<void> },
): Promise<{ head: Head; stored: boolean }> {
  while (!lane.closed()) {
    let head: Head
    try {
      head = await store.take(org_id)
    } catch (error) {
      // The database is still away; everything else is final.
      if (!(error instanceof ApiError)) throw error
      await lane.pause()
      continue
    }
    if (head.batch === before.batch) return { head, stored: false }
    if (head.batch === before.batch + 1 && head.epoch === before.epoch + 1) return { head, stored: true }
    store.release(org_id, head.epoch)
    throw new Fenced('Another node wrote while an outcome was in doubt', { may_be_stored: true })
  }
  throw new Fenced('Closed while an outcome was in doubt', { may_be_stored: true })
}
