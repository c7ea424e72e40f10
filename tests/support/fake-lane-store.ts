import type {
  ClosedBatch,
  LaneStore,
  LaneTransaction,
  OpenBatch,
} from '../../src/actors/runtime/lane-store.ts'
import { ApiError } from '../../src/contracts/errors.ts'
import { Doubt, Fenced, Gone, type Head } from '../../src/domain/ownership.ts'
import { endsBatch, needsSql, type TestDone, type TestJob } from './test-jobs.ts'

export interface StoredRow {
  sequence: number
  value: string
  epoch: number
}

/** Microtasks that a slow fake takes for one answer. */
const SLOW_TURNS = 10

/** The database as the lane sees it, in memory, with faults that a test switches on. One org. */
export class FakeLaneStore implements LaneStore<TestJob, TestDone> {
  readonly rows: StoredRow[] = []
  /** Batches that were tried, as lists of values. */
  readonly attempts: string[][] = []
  /** Epochs whose caches were released. */
  readonly released: number[] = []
  head: Head = { epoch: 0, sequence: 0, batch: 0, log: 'testlog1' }
  exists = true
  away = false
  /** False: every job needs a transaction. */
  in_memory = false
  /** The next commit loses its answer; `stored` says whether it happened. */
  doubt: { stored: boolean } | undefined
  /** Runs between the loss of an answer and the next call. */
  whenDoubted: () => void = () => undefined
  /** True: storing takes some microtasks, in which more jobs can be submitted. */
  slow = false
  /** Resolves when a test lets transactions go on. */
  gate: Promise<void> = Promise.resolve()

  async take(_org_id: string): Promise<Head> {
    await this.#answerable()
    this.head = { ...this.head, epoch: this.head.epoch + 1 }
    return this.head
  }

  release(_org_id: string, epoch: number): void {
    this.released.push(epoch)
  }

  open(_org_id: string, start: Head, predecessor?: ClosedBatch): OpenBatch<TestJob, TestDone> {
    const head = predecessor?.head ?? start
    const batch = new FakeBatch(head)
    let closed = false
    return {
      accepts: (job) => this.in_memory && !needsSql(job),
      run: async (job) => {
        if (closed) throw new Error('A sealed batch takes no job')
        return batch.run(job)
      },
      close: () => {
        closed = true
        const after = batch.headAfter
        return { head: after, store: () => this.#store(batch, head, after) }
      },
    }
  }

  async write(
    _org_id: string,
    head: Head,
    jobs: readonly TestJob[],
    work: (tx: LaneTransaction<TestJob, TestDone>) => Promise<void>,
  ): Promise<Head> {
    await this.gate
    await this.#answerable()
    this.#checkOwner(head)
    this.attempts.push(jobs.map((job) => job.value))
    const batch = new FakeBatch(head)
    await work({
      run: async (job) => batch.run(job),
      runAlone: async (job) => {
        const done = batch.run(job)
        batch.checkRows()
        return done
      },
    })
    batch.checkRows()
    return this.#commit(batch, head, batch.headAfter)
  }

  async #store(batch: FakeBatch, head: Head, after: Head): Promise<Head> {
    await this.gate
    await this.#answerable()
    this.#checkOwner(head)
    this.attempts.push(batch.jobs.map((job) => job.value))
    batch.checkRows()
    return this.#commit(batch, head, after)
  }

  async #answerable(): Promise<void> {
    for (let turns = this.slow ? SLOW_TURNS : 0; turns > 0; turns--) await Promise.resolve()
    if (this.away) throw new ApiError('UNAVAILABLE', 'away')
    if (!this.exists) throw new Gone('gone')
  }

  /** A batch is stored under its own epoch and directly after its predecessor, or not at all. */
  #checkOwner(head: Head): void {
    if (this.head.epoch !== head.epoch || this.head.batch !== head.batch) throw new Fenced('fenced')
  }

  #commit(batch: FakeBatch, head: Head, after: Head): Head {
    this.#checkOwner(head)
    const { doubt } = this
    this.doubt = undefined
    if (doubt?.stored !== false) {
      this.rows.push(...batch.rows)
      this.head = after
    }
    if (!doubt) return after
    this.whenDoubted()
    throw new Doubt('lost')
  }
}

class FakeBatch {
  readonly rows: StoredRow[] = []
  readonly jobs: TestJob[] = []
  readonly #head: Head

  constructor(head: Head) {
    this.#head = head
  }

  get headAfter(): Head {
    return { ...this.#head, sequence: this.#head.sequence + this.rows.length, batch: this.#head.batch + 1 }
  }

  run(job: TestJob): TestDone {
    this.jobs.push(job)
    if (job.do === 'refuse') throw new ApiError('FORBIDDEN', job.value)
    if (job.do === 'fail') throw new Error(`fails: ${job.value}`)
    const sequence = this.headAfter.sequence + 1
    this.rows.push({ sequence, value: job.value, epoch: this.#head.epoch })
    return { value: job.value, sequence, ends_batch: endsBatch(job) }
  }

  /** What the database refuses; the last row leaves with its error, as under a savepoint. */
  checkRows(): void {
    const refused = this.jobs.find(
      (job) => job.do === 'refused_by_sql' && this.rows.some((row) => row.value === job.value),
    )
    if (!refused) return
    this.rows.splice(this.rows.findIndex((row) => row.value === refused.value))
    throw new Error(`SQL refuses ${refused.value}`)
  }
}
