import { ApiError } from '../../contracts/errors.ts'
import { Doubt, Fenced, Gone, type Head } from '../../domain/ownership.ts'
import { settleDoubt } from './doubt.ts'
import { type Entry, unavailable, type Verdict } from './lane-queue.ts'
import type { LaneStore, LaneTransaction } from './lane-store.ts'
import type { Filled } from './speculation.ts'

/** A committed batch. An entry without a verdict was not run. */
export interface Outcome<Job, Done> {
  head: Head
  verdicts: ReadonlyMap<Entry<Job, Done>, Verdict<Done>>
}

/** The owner threw where it may not: the lane closes. */
export class OwnerFailure extends Error {
  constructor(cause: unknown) {
    super('The owner failed', { cause })
  }
}

/** What a commit needs of its lane. */
export interface CommitPorts<Done> {
  endsBatch(done: Done): boolean
  closed(): boolean
  /** Back-off while the database is away. */
  pause(): Promise<void>
  /** A doubt took the next epoch, and nothing was stored. */
  tookEpoch(head: Head): void
}

type How = 'together' | 'each alone'

/**
 * Stores one batch. When the database refuses a row, the batch runs again with a savepoint for each command, so that only
 * the command at fault is refused; when the outcome is in doubt, the next epoch tells. Throws when nothing was done.
 */
export class Commit<Job, Done> {
  readonly #org_id: string
  readonly #store: LaneStore<Job, Done>
  readonly #ports: CommitPorts<Done>

  constructor(org_id: string, store: LaneStore<Job, Done>, ports: CommitPorts<Done>) {
    this.#org_id = org_id
    this.#store = store
    this.#ports = ports
  }

  /** A batch that ran in memory. `failed` runs before any second attempt: a successor of this batch is void. */
  async sealed(
    { entries, verdicts, batch }: Filled<Job, Done>,
    before: Head,
    failed: () => void,
  ): Promise<Outcome<Job, Done>> {
    try {
      return { head: await batch.store(), verdicts }
    } catch (error) {
      failed()
      if (error instanceof Doubt) return { head: await this.#settle(before), verdicts }
      if (isFinal(error)) throw error
      return await this.#attempt(entries, before, 'each alone')
    }
  }

  /** Runs commands inside a transaction. */
  async inTransaction(entries: readonly Entry<Job, Done>[], before: Head): Promise<Outcome<Job, Done>> {
    try {
      return await this.#attempt(entries, before, 'together')
    } catch (error) {
      if (isFinal(error)) throw error
      return await this.#attempt(entries, before, 'each alone')
    }
  }

  async #attempt(entries: readonly Entry<Job, Done>[], before: Head, how: How): Promise<Outcome<Job, Done>> {
    const verdicts = new Map<Entry<Job, Done>, Verdict<Done>>()
    const jobs = entries.map((entry) => entry.job)
    try {
      const head = await this.#store.write(this.#org_id, before, jobs, async (tx) => {
        for (const entry of entries) {
          const verdict = await runIn(tx, entry.job, how)
          verdicts.set(entry, verdict)
          if (verdict.ok && this.#ports.endsBatch(verdict.done)) break
        }
      })
      return { head, verdicts }
    } catch (error) {
      if (!(error instanceof Doubt)) throw error
      return { head: await this.#settle(before), verdicts }
    }
  }

  /** The head after a commit in doubt, if the batch is stored; throws 503 when it is not. */
  async #settle(before: Head): Promise<Head> {
    const { head, stored } = await settleDoubt(this.#store, this.#org_id, before, this.#ports)
    if (stored) return head
    this.#ports.tookEpoch(head)
    throw unavailable()
  }
}

async function runIn<Job, Done>(tx: LaneTransaction<Job, Done>, job: Job, how: How): Promise<Verdict<Done>> {
  try {
    return { ok: true, done: await (how === 'each alone' ? tx.runAlone(job) : tx.run(job)) }
  } catch (error) {
    if (error instanceof ApiError && error.status < 500) return { ok: false, error }
    if (isFinal(error) || how === 'together') throw error
    return { ok: false, error }
  }
}

/** Errors that no second attempt of the same batch can change. */
function isFinal(error: unknown): boolean {
  return [ApiError, Fenced, Gone, Doubt, OwnerFailure].some((kind) => error instanceof kind)
}
