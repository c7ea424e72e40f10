import { LANE_LIMITS, Lane, type LaneOwner } from '../../src/actors/runtime/lane.ts'
import { ApiError } from '../../src/contracts/errors.ts'
import type { Fenced, Gone, Head } from '../../src/domain/ownership.ts'
import { FakeClock } from './fake-clock.ts'
import { FakeLaneStore } from './fake-lane-store.ts'
import type { TestDone, TestJob } from './test-jobs.ts'

/** An owner of a lane that records its callbacks. */
export class TestOwner implements LaneOwner<TestDone> {
  readonly published: TestDone[] = []
  readonly batches: number[] = []
  readonly failures: unknown[] = []
  head: Head | undefined
  lostWith: Error | undefined
  whenLost: (error: Error) => void = () => undefined

  committed(batch: TestDone[], head: Head): void {
    this.published.push(...batch)
    this.batches.push(batch.length)
    this.head = head
  }
  endsBatch(done: TestDone): boolean {
    return done.ends_batch
  }
  lost(error: Fenced | Gone): void {
    this.lostWith = error
    this.whenLost(error)
  }
  failed(_stage: string, error: unknown): void {
    this.failures.push(error)
  }
}

/** A lane over the fake store, whose jobs are run in memory or in transactions. */
export async function laneOf(in_memory: boolean, limits: Partial<typeof LANE_LIMITS> = {}) {
  const store = new FakeLaneStore()
  store.in_memory = in_memory
  const head = await store.take('org')
  const owner = new TestOwner()
  const clock = new FakeClock()
  const lane = new Lane<TestJob, TestDone>('org', head, store, owner, clock, { ...LANE_LIMITS, ...limits })
  return { store, owner, clock, lane }
}

export function codeOf(error: unknown): string {
  return error instanceof ApiError ? error.errorCode : error instanceof Error ? error.name : String(error)
}
