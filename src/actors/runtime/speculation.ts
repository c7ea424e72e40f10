import { ApiError } from '../../contracts/errors.ts'
import { answerAll, type Entry, type LaneQueue, type Verdict } from './lane-queue.ts'
import type { ClosedBatch, OpenBatch } from './lane-store.ts'

/** What became of a batch's commands. An entry without a verdict was not run. */
export interface Filled<Job, Done> {
  readonly entries: readonly Entry<Job, Done>[]
  readonly verdicts: ReadonlyMap<Entry<Job, Done>, Verdict<Done>>
  readonly batch: ClosedBatch
  /** The last command changed permissions: the next one must be judged after this batch is published. */
  readonly ends: boolean
}

export interface SpeculationOptions<Done> {
  batch_max: number
  endsBatch(done: Done): boolean
  /** The code of a batch threw where it may not: the lane must close. */
  failed(error: unknown): void
}

/**
 * A speculative batch: its jobs run in memory against the head that its predecessor will leave, while the predecessor is
 * still committing. It takes jobs until {@link close}; nothing runs afterwards, at whatever moment a job is submitted.
 */
export class Speculation<Job, Done> {
  readonly #batch: OpenBatch<Job, Done>
  readonly #queue: LaneQueue<Job, Done>
  readonly #options: SpeculationOptions<Done>
  readonly #entries: Entry<Job, Done>[] = []
  readonly #verdicts = new Map<Entry<Job, Done>, Verdict<Done>>()
  #ends = false
  #running = false
  #filling: Promise<void> = Promise.resolve()
  #state: 'open' | 'closed' | 'void' = 'open'

  constructor(batch: OpenBatch<Job, Done>, queue: LaneQueue<Job, Done>, options: SpeculationOptions<Done>) {
    this.#batch = batch
    this.#queue = queue
    this.#options = options
  }

  get size(): number {
    return this.#entries.length
  }

  /** The command with the earliest deadline. */
  get first(): Entry<Job, Done> | undefined {
    return this.#entries[0]
  }

  /** Runs queued commands in their order, up to the first that needs a transaction. */
  fill(): void {
    if (this.#running || this.#state !== 'open') return
    this.#running = true
    this.#filling = this.#fill()
      .catch((error: unknown) => this.#options.failed(error))
      .finally(() => {
        this.#running = false
      })
  }

  /**
   * Seals the batch as soon as no command is being run. Undefined when it holds nothing, or was abandoned meanwhile.
   */
  async close(): Promise<Filled<Job, Done> | undefined> {
    // The check and the change of state are one synchronous step: no command can begin between them.
    while (this.#running) await this.#filling
    if (this.#state !== 'open') return undefined
    const batch = this.#entries.length > 0 ? this.#batch.close() : undefined
    this.#state = 'closed'
    return batch && { entries: this.#entries, verdicts: this.#verdicts, ends: this.#ends, batch }
  }

  /** Its predecessor did not commit, or a command is overdue: the batch is void, its commands return to the queue. */
  abandon(): void {
    if (this.#state !== 'open') return
    this.#state = 'void'
    this.#queue.putBack(this.#entries)
  }

  /** The lane closes: the batch is void, its callers hear why. */
  refuse(error: unknown): void {
    if (this.#state !== 'open') return
    this.#state = 'void'
    answerAll(this.#entries, error)
  }

  async #fill(): Promise<void> {
    while (!this.#ends && this.#entries.length < this.#options.batch_max) {
      const entry = this.#queue.first
      if (!entry || entry.needs_transaction || !this.#batch.accepts(entry.job)) return
      this.#queue.take(1)
      this.#entries.push(entry)
      const verdict = await this.#run(entry)
      // Abandoned meanwhile: the entry went back to the queue with the others.
      if (this.#state !== 'open') return
      if (!verdict) {
        this.#entries.pop()
        this.#queue.putBack([entry])
        return
      }
      this.#verdicts.set(entry, verdict)
      this.#ends = verdict.ok && this.#options.endsBatch(verdict.done)
    }
  }

  /** Undefined after an unexpected error: a transaction of its own shall tell. */
  async #run(entry: Entry<Job, Done>): Promise<Verdict<Done> | undefined> {
    try {
      return { ok: true, done: await this.#batch.run(entry.job) }
    } catch (error) {
      if (error instanceof ApiError && error.status < 500) return { ok: false, error }
      entry.needs_transaction = true
      return undefined
    }
  }
}
