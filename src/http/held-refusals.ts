import { LRUCache } from 'lru-cache'

/** Refusals a second that a caller gets at once: a client that stops when it is told to never sees more. */
const FREE_PER_SECOND = 20
/** A further refusal comes this much later, half of it more or less by chance: all at once they would block the others. */
const HOLD_MS = 1_000
/** Refusals that wait at once, some 45 MiB of requests; one more is given at once. */
const HELD_MAX = 4_096
/** Callers that are remembered. */
const CALLERS_MAX = 10_000

interface Caller {
  /** Start of the second that is counted, on the clock given. */
  since: number
  refused: number
}

/**
 * Makes callers wait who go on although they are refused for their rate. Refusals are answered in the order of arrival by one
 * event loop: a flood of them, however cheap each is, stands before the calls of everybody else. A connection has one request
 * under way, so each that waits takes its place out of the flood.
 */
export class HeldRefusals {
  readonly #now: () => number
  readonly #wait: (ms: number) => Promise<unknown>
  readonly #random: () => number
  readonly #held_max: number
  readonly #callers = new LRUCache<string, Caller>({ max: CALLERS_MAX })
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
    if (!this.#tooMany(caller) || this.#held >= this.#held_max) return
    this.#held++
    try {
      await this.#wait(HOLD_MS * (0.5 + this.#random()))
    } finally {
      this.#held--
    }
  }

  #tooMany(name: string): boolean {
    const now = this.#now()
    const caller = this.#callers.get(name)
    if (!caller || now - caller.since >= 1_000 || now < caller.since) {
      // A second that follows one of too many begins with too many: only a pause ends it.
      const goes_on = caller && now - caller.since < 2_000 && caller.refused > FREE_PER_SECOND
      this.#callers.set(name, { since: now, refused: goes_on ? FREE_PER_SECOND + 1 : 1 })
      return goes_on === true
    }
    caller.refused++
    return caller.refused > FREE_PER_SECOND
  }
}
