import type {
  ClosedBatch,
  LaneStore,
  LaneTransaction,
  OpenBatch,
} from '../../src/actors/runtime/lane-store.ts'
import { ApiError } from '../../src/contracts/errors.ts'
import { Doubt, Fenced, Gone, type Head } from '../../src/domain/ownership.ts'
import { endsBatch, needsSql, type TestDone, type TestJob } from './test-jobs.ts'

export interface StoredRow<Done> {
  sequence: number
  value: string
  epoch: number
  done: Done
}

/** Behaviour of the jobs of a fake store. */
export interface FakeRunner<Job, Done> {
  nameOf(job: Job): string
  needsSql(job: Job): boolean
  /** True for a row that only the database refuses. */
  refusedBySql(job: Job): boolean
  /** Throws to refuse the job. */
  run(job: Job, sequence: number): Done
}

/** Microtasks that a slow fake takes for one answer. */
const SLOW_TURNS = 10

/**
 * The database as the lane sees it, in memory, with faults that a test switches on. One org. It runs the same contract
 * suite as PostgreSQL.
 */
export class FakeStore<Job, Done> implements LaneStore<Job, Done> {
  readonly rows: StoredRow<Done>[] = []
  /** Batches that were tried, as lists of names. */
  readonly attempts: string[][] = []
  /** Rows of each batch that was stored. */
  readonly batches: number[] = []
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
  readonly #runner: FakeRunner<Job, Done>

  constructor(runner: FakeRunner<Job, Done>) {
    this.#runner = runner
  }

  async take(_org_id: string): Promise<Head> {
    await this.#answerable()
    this.head = { ...this.head, epoch: this.head.epoch + 1 }
    return this.head
  }

  release(_org_id: string, epoch: number): void {
    this.released.push(epoch)
  }

  open(_org_id: string, start: Head, predecessor?: ClosedBatch): OpenBatch<Job, Done> {
    const head = predecessor?.head ?? start
    const batch = new FakeBatch(head, this.#runner)
    let closed = false
    return {
      accepts: (job) => this.in_memory && !this.#runner.needsSql(job),
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
    jobs: readonly Job[],
    work: (tx: LaneTransaction<Job, Done>) => Promise<void>,
  ): Promise<Head> {
    await this.gate
    await this.#answerable()
    this.#checkOwner(head)
    this.attempts.push(jobs.map((job) => this.#runner.nameOf(job)))
    const batch = new FakeBatch(head, this.#runner)
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

  async #store(batch: FakeBatch<Job, Done>, head: Head, after: Head): Promise<Head> {
    await this.gate
    await this.#answerable()
    this.#checkOwner(head)
    this.attempts.push(batch.jobs.map((job) => this.#runner.nameOf(job)))
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

  #commit(batch: FakeBatch<Job, Done>, head: Head, after: Head): Head {
    this.#checkOwner(head)
    const { doubt } = this
    this.doubt = undefined
    if (doubt?.stored !== false) {
      this.rows.push(...batch.rows)
      this.batches.push(batch.rows.length)
      this.head = after
    }
    if (!doubt) return after
    this.whenDoubted()
    throw new Doubt('lost')
  }
}

class FakeBatch<Job, Done> {
  readonly rows: StoredRow<Done>[] = []
  readonly jobs: Job[] = []
  readonly #head: Head
  readonly #runner: FakeRunner<Job, Done>
  #refused: number | undefined

  constructor(head: Head, runner: FakeRunner<Job, Done>) {
    this.#head = head
    this.#runner = runner
  }

  get headAfter(): Head {
    return { ...this.#head, sequence: this.#head.sequence + this.rows.length, batch: this.#head.batch + 1 }
  }

  run(job: Job): Done {
    this.jobs.push(job)
    const sequence = this.headAfter.sequence + 1
    const done = this.#runner.run(job, sequence)
    if (this.#runner.refusedBySql(job)) this.#refused ??= this.rows.length
    this.rows.push({ sequence, value: this.#runner.nameOf(job), epoch: this.#head.epoch, done })
    return done
  }

  /** Throws when the database refuses a row, which leaves with its error as under a savepoint. */
  checkRows(): void {
    if (this.#refused === undefined) return
    const [row] = this.rows.splice(this.#refused)
    this.#refused = undefined
    throw new Error(`SQL refuses ${row?.value}`)
  }
}

/** A fake store of the lane's test commands. */
export class FakeLaneStore extends FakeStore<TestJob, TestDone> {
  constructor() {
    super({
      nameOf: ({ value }) => value,
      needsSql,
      refusedBySql: (job) => job.do === 'refused_by_sql',
      run(job, sequence) {
        if (job.do === 'refuse') throw new ApiError('FORBIDDEN', job.value)
        if (job.do === 'fail') throw new Error(`fails: ${job.value}`)
        return { value: job.value, sequence, ends_batch: endsBatch(job) }
      },
    })
  }
}
