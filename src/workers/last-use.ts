import { LRUCache } from 'lru-cache'

/** The last use is written at most this often per member or key. */
const WRITTEN_EVERY_MS = 60_000
const FLUSH_MS = 1_000
/** Size of the LRU; an evicted entry causes one redundant write. */
const REMEMBERED_MAX = 10_000
/** Entries of one statement; with more of them the flush does not wait for its time. */
const AT_ONCE = 5_000

/** A member or a key of an org. */
export interface Used {
  org_id: string
  id: string
}

/**
 * Writes when members or keys were last used: debounced for each, in one statement for all orgs. No request waits for it
 * or shares its connection.
 */
export class LastUse {
  readonly #write: (used: Used[]) => Promise<void>
  readonly #failed: (error: unknown) => void
  readonly #now: () => number
  readonly #noted: LRUCache<string, number>
  #due: Used[] = []
  #writing = false
  #timer: ReturnType<typeof setInterval> | undefined

  constructor(
    write: (used: Used[]) => Promise<void>,
    failed: (error: unknown) => void,
    now: () => number,
    remembered_max = REMEMBERED_MAX,
  ) {
    this.#write = write
    this.#failed = failed
    this.#now = now
    this.#noted = new LRUCache({ max: remembered_max })
  }

  start(): void {
    this.#timer = setInterval(() => this.flush(), FLUSH_MS)
  }

  /** Drops the entries since the last flush: a fast shutdown matters more. */
  stop(): void {
    clearInterval(this.#timer)
  }

  note(org_id: string, id: string): void {
    const key = `${org_id} ${id}`
    const now = this.#now()
    const last = this.#noted.peek(key)
    if (last !== undefined && now - last < WRITTEN_EVERY_MS) return
    // While the database is away the pending entries are bounded; the newest are dropped.
    if (this.#due.length >= AT_ONCE) return
    this.#noted.set(key, now)
    this.#due.push({ org_id, id })
    if (this.#due.length === AT_ONCE) this.flush()
  }

  /** One write at a time: entries noted meanwhile join the next write. */
  flush(): void {
    if (this.#writing || this.#due.length === 0) return
    const due = this.#due
    this.#due = []
    this.#writing = true
    this.#write(due)
      .catch(this.#failed)
      .finally(() => {
        this.#writing = false
      })
  }
}
