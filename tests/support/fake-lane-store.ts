import { ApiError } from '../../src/contracts/errors.ts'
import { Doubt, Fenced, Gone, type Head } from '../../src/domain/ownership.ts'

/** What a test's command does. */
export type TestJob =
  | { do: 'store'; value: string }
  | { do: 'refuse'; value: string }
  | { do: 'fail'; value: string }
  | { do: 'permission'; value: string }

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
  exists = true
  away = false
  /** The next commit loses its answer; `stored` says whether it happened. */
  doubt: { stored: boolean } | undefined
  /** Resolves when a test lets transactions go on. */
  gate: Promise<void> = Promise.resolve()

  async take(_org_id: string): Promise<Head> {
    if (this.away) throw new ApiError('UNAVAILABLE', 'away')
    if (!this.exists) throw new Gone('gone')
    this.head = { ...this.head, epoch: this.head.epoch + 1 }
    return this.head
  }

  async write(
    _org_id: string,
    head: Head,
    jobs: readonly TestJob[],
    _careful: boolean,
    work: (tx: {
      run(job: TestJob): Promise<TestDone>
      runAlone(job: TestJob): Promise<TestDone>
    }) => Promise<void>,
  ): Promise<Head> {
    await this.gate
    if (this.away) throw new ApiError('UNAVAILABLE', 'away')
    if (!this.exists) throw new Gone('gone')
    if (this.head.epoch !== head.epoch) throw new Fenced('fenced')
    this.attempts.push(jobs.map((job) => job.value))
    let sequence = head.sequence
    const written: StoredRow[] = []
    const run = async (job: TestJob): Promise<TestDone> => {
      if (job.do === 'refuse') throw new ApiError('FORBIDDEN', job.value)
      if (job.do === 'fail') throw new Error(`SQL refuses ${job.value}`)
      sequence++
      written.push({ sequence, value: job.value, epoch: head.epoch })
      return { value: job.value, sequence, ends_batch: job.do === 'permission' }
    }
    await work({ run, runAlone: run })
    if (this.head.epoch !== head.epoch) throw new Fenced('fenced')
    const next = { ...head, sequence, batch: head.batch + 1 }
    if (this.doubt) {
      const { stored } = this.doubt
      this.doubt = undefined
      if (stored) this.#keep(written, next)
      throw new Doubt('lost')
    }
    this.#keep(written, next)
    return next
  }

  #keep(written: StoredRow[], next: Head): void {
    this.rows.push(...written)
    this.head = next
  }
}
