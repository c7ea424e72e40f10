import { ApiError } from '../contracts/errors.ts'
import type { Database } from './client.ts'
import { OutcomeUnknown } from './failures.ts'
import { type ClosedBatch, flushBatch, flushTogether, isPlain } from './flush.ts'

/** Two statements take turns: one is run while the other is written to the disk. What comes meanwhile shares the next. */
const UNDER_WAY = 2
/** One that takes longer than this (a lock, a slow disk) holds nobody up: another one starts beside it, up to the bound. */
const STALLED_MS = 20
const UNDER_WAY_MAX = 4
/** Text of one org's batch that may hold up others; more is stored alone, on a connection of its own. */
const JOINED_CHARACTERS_MAX = 64 * 1024
/** Text of one statement: some milliseconds of the database's work. */
const TOGETHER_CHARACTERS_MAX = 256 * 1024

interface Waiting {
  closed: ClosedBatch
  characters: number
  resolve(stored: boolean): void
  reject(error: unknown): void
}

/**
 * Group commit over orgs: the plain batches of all lanes that wait at the same moment share a statement, and so what it
 * costs to run one and to reach the disk. Each org's batch is stored or not on its own account: what one is refused for
 * does not fail its neighbours.
 */
export class GroupCommit {
  readonly #database: Database
  #waiting: Waiting[] = []
  #under_way = 0
  /** Statements that may be under way now. */
  #allowed = UNDER_WAY

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * Stores a batch; false when the head is not at its epoch, and nothing was stored. Throws `OutcomeUnknown`, 503 when
   * nothing was done, or what the database refuses with.
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
    if (this.#under_way >= this.#allowed || this.#waiting.length === 0) return
    const group = this.#take()
    this.#under_way++
    const stalled = setTimeout(() => {
      this.#allowed = Math.min(this.#allowed + 1, UNDER_WAY_MAX)
      this.#next()
    }, STALLED_MS)
    void this.#run(group).finally(() => {
      clearTimeout(stalled)
      this.#under_way--
      this.#allowed = Math.max(UNDER_WAY, this.#under_way)
      this.#next()
    })
  }

  /** Those that waited longest, as many as fit into one statement; of each org its first. */
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
      if (error instanceof OutcomeUnknown || error instanceof ApiError)
        for (const { reject } of group) reject(error)
      else await this.#each(group)
      return
    }
    for (const { closed, resolve } of group) if (stored.has(closed.org_id)) resolve(true)
    await this.#each(group.filter(({ closed }) => !stored.has(closed.org_id)))
  }

  /** Whatever was refused or left out is tried org by org, so that each lane learns what is true of its own batch. */
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
