/** Counts the requests in flight, so that a shutdown can wait for their answers. */
export class InFlight {
  #count = 0
  readonly #idle: (() => void)[] = []

  /** Runs `work`, counted until it settles. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    this.#count++
    try {
      return await work()
    } finally {
      this.#count--
      if (this.#count === 0) for (const wake of this.#idle.splice(0)) wake()
    }
  }

  /** Resolves when no request is in flight. */
  async idle(): Promise<void> {
    if (this.#count === 0) return
    await new Promise<void>((resolve) => this.#idle.push(resolve))
  }
}
