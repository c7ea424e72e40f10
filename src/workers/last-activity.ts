import { LRUCache } from 'lru-cache'
import type { Accounts } from '../db/queries/accounts.ts'

/** `last_active_at` is written at most this often per member. */
const ACTIVE_EVERY_MS = 60_000
const FLUSH_MS = 5_000
/** Members that are kept; one that fell out is written once more than needed. */
const MEMBERS_MAX = 10_000

/** Writes when members were last active: debounced per member, batched per org, never awaited by a request. */
export class LastActivity {
  readonly #accounts: Pick<Accounts, 'touch'>
  readonly #failed: (stage: string, error: unknown) => void
  readonly #now: () => number
  readonly #noted: LRUCache<string, number>
  readonly #due = new Map<string, Set<string>>()
  #timer: ReturnType<typeof setInterval> | undefined

  constructor(
    accounts: Pick<Accounts, 'touch'>,
    failed: (stage: string, error: unknown) => void,
    now: () => number,
    members_max = MEMBERS_MAX,
  ) {
    this.#accounts = accounts
    this.#failed = failed
    this.#now = now
    this.#noted = new LRUCache({ max: members_max })
  }

  start(): void {
    this.#timer = setInterval(() => this.flush(), FLUSH_MS)
  }

  /** What was noted since the last flush is lost: it is worth less than a delayed shutdown. */
  stop(): void {
    clearInterval(this.#timer)
  }

  note(org_id: string, user_id: string): void {
    const key = `${org_id} ${user_id}`
    const now = this.#now()
    const last = this.#noted.peek(key)
    if (last !== undefined && now - last < ACTIVE_EVERY_MS) return
    this.#noted.set(key, now)
    const users = this.#due.get(org_id)
    if (users) users.add(user_id)
    else this.#due.set(org_id, new Set([user_id]))
  }

  flush(): void {
    for (const [org_id, users] of this.#due)
      this.#accounts
        .touch(org_id, [...users])
        .catch((error: unknown) => this.#failed('write last activity', error))
    this.#due.clear()
  }
}
