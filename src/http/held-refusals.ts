import { LRUCache } from 'lru-cache'

/** Refusals a second that a caller gets, and as many at once: a client that stops when it is told to never waits. */
const PER_SECOND = 20
/** A refusal comes this much later at most, well below the patience of clients and proxies. */
const HOLD_MS_MAX = 5_000
/** Refusals that wait at once, some 45 MiB of requests; one more is given at once. */
const HELD_MAX = 4_096
/** Callers that are remembered. */
const CALLERS_MAX = 10_000

/**
 * Makes callers wait who go on although they are refused for their rate. Refusals are answered in the order of arrival by one
 * event loop: a flood of them, however cheap each is, stands before the calls of everybody else. A connection has one request
 * under way, so each that waits takes its place out of the flood. A caller's refusals are given at a steady rate, as a
 * leaky bucket lets them out, however many connections it has.
 */
export class HeldRefusals {
  readonly #now: () => number
  readonly #wait: (ms: number) => Promise<unknown>
  readonly #random: () => number
  readonly #held_max: number
  /** When the bucket of each caller is empty, on the clock given. */
  readonly #empty_at = new LRUCache<string, number>({ max: CALLERS_MAX })
  #held = 0

  constructor(
    now: () => number,
    wait: (ms: number) => Promise<unknown>,
    random: () => number,
    held_max = HELD_MAX,
  ) {
    this.#now = now
    this.#wait = wait
    this.#random = random
    this.#held_max = held_max
  }

  /** Resolves when a refusal of this caller may be given. */
  async hold(caller: string): Promise<void> {
    const hold_ms = this.#take(caller)
    if (hold_ms <= 0 || this.#held >= this.#held_max) return
    this.#held++
    try {
      await this.#wait(hold_ms)
    } finally {
      this.#held--
    }
  }

  /** Those that wait the longest wait unequally: many that end at once would block the others. */
  #take(caller: string): number {
    const now = this.#now()
    const longest = now + 1_000 + HOLD_MS_MAX
    const before = this.#empty_at.get(caller) ?? now
    const empty_at = Math.min(Math.max(now, Math.min(before, longest)) + 1_000 / PER_SECOND, longest)
    this.#empty_at.set(caller, empty_at)
    const hold_ms = empty_at - now - 1_000
    return empty_at === longest ? hold_ms * (0.5 + this.#random() / 2) : hold_ms
  }
}
