import type { Database } from './client.ts'
import { OutcomeUnknown } from './failures.ts'
import { type ClosedBatch, flushBatch, flushTogether, isPlain } from './flush.ts'

/** Statements in flight: one runs while the other is flushed to disk. Batches that become ready meanwhile share the next. */
const IN_FLIGHT = 2
/** After this time in one statement (a lock, a slow disk) another may start beside it, up to the bound. */
const STALLED_MS = 20
const IN_FLIGHT_MAX = 4
/** Text of one org in a shared statement, in characters; a longer batch is stored alone. */
const JOINED_CHARACTERS_MAX = 64 * 1024
/** Text of one shared statement, in characters: a few milliseconds of the database's work. */
const TOGETHER_CHARACTERS_MAX = 256 * 1024

interface Waiting {
  closed: ClosedBatch
  characters: number
  resolve(stored: boolean): void
  reject(error: unknown): void
}

/**
 * Group commit over orgs: plain batches of all lanes that are ready at the same moment share one statement and one disk
 * flush. Each batch is stored or refused on its own account; a refusal never fails the neighbours.
 */
export class GroupCommit {
  readonly #database: Database
  #waiting: Waiting[] = []
  #in_flight = 0
  /** Statements that may be in flight now. */
  #allowed = IN_FLIGHT

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * Stores a batch; false when the head is not at its epoch, and nothing was stored. Throws `OutcomeUnknown`, 503 when
   * nothing was done, or the database's refusal.
   */
  store(closed: ClosedBatch): Promise<boolean> {
    const characters = closed.rows.messages.reduce((sum, { content }) => sum + content.length, 0)
    if (!isPlain(closed) || characters > JOINED_CHARACTERS_MAX) return this.#alone(closed)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ closed, characters, resolve, reject })
      this.#next()
    })
  }

  #next(): void {
    if (this.#in_flight >= this.#allowed || this.#waiting.length === 0) return
    const group = this.#take()
    this.#in_flight++
    const stalled = setTimeout(() => {
      this.#allowed = Math.min(this.#allowed + 1, IN_FLIGHT_MAX)
      this.#next()
    }, STALLED_MS)
    void this.#run(group).finally(() => {
      clearTimeout(stalled)
      this.#in_flight--
      this.#allowed = Math.max(IN_FLIGHT, this.#in_flight)
      this.#next()
    })
  }

  /** The oldest batches that fit into one statement, one of each org. */
  #take(): Waiting[] {
    const taken = new Map<string, Waiting>()
    const left: Waiting[] = []
    let characters = 0
    for (const entry of this.#waiting) {
      characters += entry.characters
      if (taken.has(entry.closed.org_id) || (taken.size > 0 && characters > TOGETHER_CHARACTERS_MAX))
        left.push(entry)
      else taken.set(entry.closed.org_id, entry)
    }
    this.#waiting = left
    return [...taken.values()]
  }

  async #run(group: readonly Waiting[]): Promise<void> {
    const [only] = group
    if (only && group.length === 1) return await settle(only, this.#alone(only.closed))
    let stored: ReadonlySet<string>
    try {
      stored = await this.#database.statement((sql) =>
        flushTogether(
          sql,
          group.map(({ closed }) => closed),
        ),
      )
    } catch (error) {
      // One batch may have caused the refusal (a row, a lock, a timeout): each is retried alone for its own result.
      if (error instanceof OutcomeUnknown) for (const { reject } of group) reject(error)
      else await this.#each(group)
      return
    }
    for (const { closed, resolve } of group) if (stored.has(closed.org_id)) resolve(true)
    await this.#each(group.filter(({ closed }) => !stored.has(closed.org_id)))
  }

  /** Stores batches one by one, so each lane gets the result of its own batch. */
  async #each(group: readonly Waiting[]): Promise<void> {
    await Promise.all(group.map((entry) => settle(entry, this.#alone(entry.closed))))
  }

  #alone(closed: ClosedBatch): Promise<boolean> {
    return this.#database.statement((sql) => flushBatch(sql, closed))
  }
}

async function settle(entry: Waiting, outcome: Promise<boolean>): Promise<void> {
  await outcome.then(entry.resolve, entry.reject)
}
