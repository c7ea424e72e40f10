import type { Subscriptions } from '../contracts/requests.ts'
import { retryWithBackoff } from './retry.ts'

/** Subscriptions are read again after so long; a change on this node replaces them at once. */
const FRESH_MS = 1_000
/** A request for a stream waits for an absent database as long as any request may take. */
const PATIENCE_MS = 4_000

/** Subscriptions of users with streams: many streams of one user that open together cost one read. */
export class SubscriptionCache {
  readonly #read: (user_id: string) => Promise<Subscriptions>
  readonly #known = new Map<string, { read_at: number; found: Promise<Subscriptions> }>()

  constructor(read: (user_id: string) => Promise<Subscriptions>) {
    this.#read = read
  }

  /** Waits for an absent database while the stream is `wanted`, for a bounded time. */
  async of(user_id: string, wanted: () => boolean): Promise<Subscriptions> {
    const give_up_at = Date.now() + PATIENCE_MS
    return await retryWithBackoff(
      () => wanted() && Date.now() < give_up_at,
      () => this.#shared(user_id),
    )
  }

  async #shared(user_id: string): Promise<Subscriptions> {
    const now = Date.now()
    const known = this.#known.get(user_id)
    if (known && now - known.read_at < FRESH_MS) return await known.found
    this.#dropStale(now)
    const found = this.#read(user_id)
    this.#known.set(user_id, { read_at: now, found })
    found.catch(() => this.#known.delete(user_id))
    return await found
  }

  set(user_id: string, subscriptions: Subscriptions): void {
    this.#known.delete(user_id)
    this.#known.set(user_id, { read_at: Date.now(), found: Promise.resolve(subscriptions) })
  }

  /** Entries are in the order of their reads, so the stale ones come first. */
  #dropStale(now: number): void {
    for (const [user_id, { read_at }] of this.#known) {
      if (now - read_at < FRESH_MS) return
      this.#known.delete(user_id)
    }
  }
}
