import { ApiError } from '../../contracts/errors.ts'
import { overloaded } from './mailbox.ts'

/** A command in a lane, from its submission to its answer. */
export interface Entry<Job, Done> {
  readonly job: Job
  readonly deadline_at: number
  answered: boolean
  /** An unexpected error was thrown when it ran in memory: it runs in a transaction next. */
  needs_transaction: boolean
  resolve(done: Done): void
  reject(error: unknown): void
}

export type Verdict<Done> = { ok: true; done: Done } | { ok: false; error: unknown }

/** Answers the caller of a command; only the first answer counts. */
export function answer<Job, Done>(entry: Entry<Job, Done>, verdict: Verdict<Done>): void {
  if (entry.answered) return
  entry.answered = true
  if (verdict.ok) entry.resolve(verdict.done)
  else entry.reject(verdict.error)
}

export function answerAll<Job, Done>(entries: Iterable<Entry<Job, Done>>, error: unknown): void {
  for (const entry of entries) answer(entry, { ok: false, error })
}

/** FIFO queue of the commands that no batch holds yet. Deadlines rise from front to back. */
export class LaneQueue<Job, Done> {
  #entries: Entry<Job, Done>[] = []

  get size(): number {
    return this.#entries.length
  }

  get first(): Entry<Job, Done> | undefined {
    return this.#entries[0]
  }

  push(job: Job, deadline_at: number): Promise<Done> {
    return new Promise<Done>((resolve, reject) => {
      this.#entries.push({ job, deadline_at, answered: false, needs_transaction: false, resolve, reject })
    })
  }

  /** Removes up to `count` entries from the front. */
  take(count: number): Entry<Job, Done>[] {
    return this.#entries.splice(0, count)
  }

  /** Puts entries back to the front in their order; an answered one has left the lane for good. */
  putBack(entries: readonly Entry<Job, Done>[]): void {
    this.#entries.unshift(...entries.filter((entry) => !entry.answered))
  }

  /** Removes overdue commands before their callers hear 503, so that they never run afterwards. */
  expire(now: number): void {
    let overdue = 0
    while (overdue < this.#entries.length && this.#entries[overdue]!.deadline_at <= now) overdue++
    answerAll(this.take(overdue), unavailable())
  }

  clear(error: unknown): void {
    answerAll(this.take(this.size), error)
  }
}

/** Nothing was done; the caller may try again. */
export function unavailable(): ApiError {
  return new ApiError('UNAVAILABLE', 'The database cannot be reached at the moment. Try again.', {
    retry_after_s: 1,
  })
}

/** The command may or may not be stored; a retry with the same key has one effect. */
export function outcomeUnknown(): ApiError {
  return new ApiError(
    'OUTCOME_UNKNOWN',
    'Whether this was stored is not known. Try again with the same key.',
    {
      retry_after_s: 1,
    },
  )
}

export function laneOverloaded(): ApiError {
  return overloaded('writes of this organization')
}
