/** Delay of the first attempt after a loss, doubled by each further one up to the maximum. */
const BACK_OFF_MS = 1_000
const BACK_OFF_MS_MAX = 30_000
/** A gateway that says that it restarts is back within seconds. */
const SOON_MS = 1_000
/** A person approves a device while the bridge waits: that is noticed within this time. */
const PAIRING_MS = 3_000
/** Other refusals change when somebody changes a configuration. */
const REFUSED_MS = 30_000
/** A gateway's own wish is kept within these bounds, whatever it says. */
const WISH_MS_MIN = 100
const WISH_MS_MAX = 5 * 60_000
/** A connection that lasted shorter than this does not reset the back-off. */
const STABLE_MS = 10_000

/** When the next connection is tried: exponential back-off with full jitter, and the gateway's own wishes. */
export class BackOff {
  readonly #random: () => number
  #losses = 0

  /** `random` gives numbers from 0 to 1, exclusive. */
  constructor(random: () => number) {
    this.#random = random
  }

  /** After a connection that lasted `lasted_ms`. */
  lost(lasted_ms: number, soon: boolean): number {
    if (lasted_ms >= STABLE_MS) this.#losses = 0
    if (soon) return SOON_MS * this.#random()
    return this.#next()
  }

  /** After an attempt that failed; `retry_after_ms` is the gateway's wish, 0 for none. */
  failed(retry_after_ms: number): number {
    if (retry_after_ms > 0) return Math.min(Math.max(retry_after_ms, WISH_MS_MIN), WISH_MS_MAX)
    return this.#next()
  }

  /** After a refusal that needs a person. */
  refused(pairing: boolean): number {
    return pairing ? PAIRING_MS : REFUSED_MS
  }

  #next(): number {
    const limit = Math.min(BACK_OFF_MS_MAX, BACK_OFF_MS * 2 ** this.#losses)
    this.#losses = Math.min(this.#losses + 1, 16)
    return limit * this.#random()
  }
}
