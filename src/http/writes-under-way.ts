import { ApiError } from '../contracts/errors.ts'

/**
 * Requests of one org that change something and wait for their answer on this node; one more gets 503. Half of what the
 * org's lane takes, and less than a second of work at full load: more of them would wait longer than a client should, and each
 * holds 11 KiB and a connection.
 */
export const WRITES_UNDER_WAY_MAX = 2_048

/** Counts the writing requests of each org. */
export class WritesUnderWay {
  readonly #counts = new Map<string, number>()
  readonly #max: number

  constructor(max = WRITES_UNDER_WAY_MAX) {
    this.#max = max
  }

  /** Runs `work`, counted until it settles. Throws 503 when too many are under way; then it has not begun. */
  async run<T>(org_id: string, work: () => Promise<T>): Promise<T> {
    const before = this.#counts.get(org_id) ?? 0
    if (before >= this.#max)
      throw new ApiError('UNAVAILABLE', 'Too much is waiting (requests of the organization). Try again.', {
        retry_after_s: 1,
      })
    this.#counts.set(org_id, before + 1)
    try {
      return await work()
    } finally {
      const left = (this.#counts.get(org_id) ?? 1) - 1
      if (left === 0) this.#counts.delete(org_id)
      else this.#counts.set(org_id, left)
    }
  }
}
