import type { MemoryBatch } from '../../src/actors/runtime/filled-batch.ts'
import { ApiError } from '../../src/contracts/errors.ts'
import { Doubt, Fenced, Gone, type Head, OutOfTurn } from '../../src/domain/ownership.ts'

/** What a test's command does. */
export type TestJob =
  | { do: 'store'; value: string }
  | { do: 'refuse'; value: string }
  | { do: 'fail'; value: string }
  | { do: 'permission'; value: string }
  /** The same, and it needs a transaction. */
  | { do: 'permission_in_sql'; value: string }

export interface TestDone {
  value: string
  sequence: number
  ends_batch: boolean
}

export interface StoredRow {
  sequence: number
  value: string
  epoch: number
}

/** The database as the lane sees it, in memory, with faults that a test switches on. */
export class FakeLaneStore {
  readonly rows: StoredRow[] = []
  /** Batches that were tried, as lists of values. */
  readonly attempts: string[][] = []
  head: Head = { epoch: 0, sequence: 0, batch: 0, log: 'testlog1' }
  /** Transactions that came without following what was stored: never. */
  out_of_order = 0
  exists = true
  /** Values that only the database refuses, not the command. */
  readonly refused_by_sql = new Set<string>()
  away = false
  /** The next commit loses its answer; `stored` says whether it happened. */
  doubt: { stored: boolean } | undefined
  /** What happens between the loss of an answer and the next look. */
  whenDoubted: () => void = () => undefined
  /** Set: storing takes some turns, in which more can come. */
  slow = false
  /** False: a batch does not wait for the one before it, which is under way, and comes out of its turn. */
  patient = true
  /** Batches that came out of their turn. */
  early = 0
  /** Batches from memory that were sent. */
  sent = 0
  #under_way: Promise<unknown> = Promise.resolve()
  /** Resolves when a test lets transactions go on. */
  gate: Promise<void> = Promise.resolve()

  async take(_org_id: string): Promise<Head> {
    if (this.away) throw new ApiError('UNAVAILABLE', 'away')
    if (!this.exists) throw new Gone('gone')
    this.head = { ...this.head, epoch: this.head.epoch + 1 }
    return this.head
  }

  /** Set: jobs need nothing but memory, so that batches are filled ahead. */
  in_memory = false

  open(_org_id: string, head: Head): MemoryBatch<TestJob, TestDone> {
    const rows: StoredRow[] = []
    const values: string[] = []
    const next = () => ({
      ...head,
      sequence: (rows.at(-1) ?? { sequence: head.sequence }).sequence,
      batch: head.batch + 1,
    })
    return {
      get head() {
        return next()
      },
      accepts: (job: TestJob) => this.in_memory && job.do !== 'permission_in_sql',
      run: async (job: TestJob) => {
        values.push(job.value)
        return this.#run(job, next().sequence + 1, head.epoch, rows)
      },
      store: () => {
        this.sent++
        const before = this.patient ? this.#under_way : Promise.resolve()
        const storing = (async () => {
          const { gate } = this
          await before
          await gate
          await this.#usable(head)
          this.attempts.push(values)
          const refused = rows.find(({ value }) => this.refused_by_sql.has(value))
          if (refused) throw new Error(`SQL refuses ${refused.value}`)
          if (this.head.batch !== head.batch) {
            this.early++
            throw new OutOfTurn('early')
          }
          return this.#commit(rows, head, next())
        })()
        this.#under_way = storing.catch(() => undefined)
        return storing
      },
    }
  }

  async write(
    _org_id: string,
    head: Head,
    jobs: readonly TestJob[],
    work: (tx: {
      run(job: TestJob): Promise<TestDone>
      runAlone(job: TestJob): Promise<TestDone>
    }) => Promise<void>,
  ): Promise<Head> {
    await this.gate
    await this.#usable(head)
    if (this.head.sequence !== head.sequence || this.head.batch !== head.batch) this.out_of_order++
    this.attempts.push(jobs.map((job) => job.value))
    const rows: StoredRow[] = []
    const run = async (job: TestJob) => {
      if (this.refused_by_sql.has(job.value)) throw new Error(`SQL refuses ${job.value}`)
      return this.#run(job, (rows.at(-1) ?? head).sequence + 1, head.epoch, rows)
    }
    await work({ run, runAlone: run })
    return this.#commit(rows, head, {
      ...head,
      sequence: (rows.at(-1) ?? head).sequence,
      batch: head.batch + 1,
    })
  }

  async #usable(head: Head): Promise<void> {
    for (let turns = this.slow ? 10 : 0; turns > 0; turns--) await Promise.resolve()
    if (this.away) throw new ApiError('UNAVAILABLE', 'away')
    if (!this.exists) throw new Gone('gone')
    if (this.head.epoch !== head.epoch) throw new Fenced('fenced')
  }

  #run(job: TestJob, sequence: number, epoch: number, rows: StoredRow[]): TestDone {
    if (job.do === 'refuse') throw new ApiError('FORBIDDEN', job.value)
    if (job.do === 'fail') throw new Error(`refuses ${job.value}`)
    rows.push({ sequence, value: job.value, epoch })
    return {
      value: job.value,
      sequence,
      ends_batch: job.do === 'permission' || job.do === 'permission_in_sql',
    }
  }

  #commit(rows: StoredRow[], head: Head, next: Head): Head {
    if (this.head.epoch !== head.epoch) throw new Fenced('fenced')
    if (this.doubt) {
      const { stored } = this.doubt
      this.doubt = undefined
      if (stored) this.#keep(rows, next)
      this.whenDoubted()
      throw new Doubt('lost')
    }
    this.#keep(rows, next)
    return next
  }

  #keep(written: StoredRow[], next: Head): void {
    this.rows.push(...written)
    this.head = next
  }
}
