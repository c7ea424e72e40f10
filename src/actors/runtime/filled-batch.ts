import { ApiError } from '../../contracts/errors.ts'
import { Fenced, type Head, OutOfTurn } from '../../domain/ownership.ts'

/**
 * A batch of jobs that need nothing but memory: it is filled while the one before it is on its way to storage, as if
 * that were stored already. If it is not, this one is thrown away and its jobs are run again.
 */
export interface MemoryBatch<Job, Done> {
  /** Where the head will be when this batch, as it is now, is stored. */
  readonly head: Head
  accepts(job: Job): boolean
  /** Like `run` of a transaction. Touches nothing outside the batch. */
  run(job: Job): Promise<Done>
  /**
   * Stores it; resolves and throws like `write` of the lane's storage. Nothing may be run afterwards. It may begin while the
   * batch before it is under way: it is stored behind that one, or throws `OutOfTurn` and may be stored again.
   */
  store(): Promise<Head>
}

/** A command that waits in a lane, or is under way. */
export interface Entry<Job, Done> {
  job: Job
  deadline_at: number
  answered: boolean
  /** It failed in memory: a transaction shall tell why. */
  refused_in_memory: boolean
  resolve(done: Done): void
  reject(error: unknown): void
}

export type Verdict<Done> = { ok: true; done: Done } | { ok: false; error: unknown }

/** A batch in memory with what became of its jobs so far. */
export class FilledBatch<Job, Done> {
  readonly batch: MemoryBatch<Job, Done>
  readonly entries: Entry<Job, Done>[] = []
  readonly verdicts = new Map<Entry<Job, Done>, Verdict<Done>>()
  /** Its last job changed who may do what: nothing may follow before that is published. */
  ends = false
  filling = false
  /** What it was built on is not so; its commands wait again. */
  dropped = false
  #storing: Promise<Head> | undefined

  constructor(batch: MemoryBatch<Job, Done>) {
    this.batch = batch
  }

  /** It is under way to storage. */
  get sent(): boolean {
    return this.#storing !== undefined
  }

  /** Undefined when a job failed otherwise than by a refusal: a transaction of its own shall tell. */
  async run(entry: Entry<Job, Done>): Promise<Verdict<Done> | undefined> {
    try {
      return { ok: true, done: await this.batch.run(entry.job) }
    } catch (error) {
      if (error instanceof ApiError && error.status < 500) return { ok: false, error }
      entry.refused_in_memory = true
      return undefined
    }
  }

  /** Sends it to storage, once. */
  send(): void {
    this.#storing ??= this.batch.store()
    // Not lost: `storedInTurn` and `failure` give it to whoever asks.
    this.#storing.catch(() => undefined)
  }

  /** What it is stored as, now that the one before it is; one that came there too early is sent again. */
  async storedInTurn(): Promise<Head> {
    try {
      return await (this.#storing ?? this.batch.store())
    } catch (error) {
      if (!(error instanceof OutOfTurn)) throw error
    }
    try {
      return await this.batch.store()
    } catch (error) {
      throw error instanceof OutOfTurn ? new Fenced('The head is not where its owner left it') : error
    }
  }

  /** What storing it failed with; undefined when it is stored. */
  async failure(): Promise<unknown> {
    try {
      await this.#storing
      return undefined
    } catch (error) {
      return error
    }
  }
}
