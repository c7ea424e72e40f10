/** Requests that are being answered, so that a node that stops can finish them. */
export class InFlight {
  #count = 0
  readonly #idle: (() => void)[] = []

  /** Counts `work` until it has its answer. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    this.#count++
    try {
      return await work()
    } finally {
      this.#count--
      if (this.#count === 0) for (const wake of this.#idle.splice(0)) wake()
    }
  }

  /** Resolves when nothing is being answered. */
  async idle(): Promise<void> {
    if (this.#count === 0) return
    await new Promise<void>((resolve) => this.#idle.push(resolve))
  }
}
