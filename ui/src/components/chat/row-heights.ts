/** Heights of rows, measured where known and guessed elsewhere, with the place of each from the top. */
export class RowHeights {
  readonly #measured = new Map<string, number>()
  #keys: readonly string[] = []
  #index = new Map<string, number>()
  /** `#tops[i]` is where row i begins; the last one is the whole height. */
  #tops = new Float64Array(1)

  /** Takes the rows anew; heights of rows that stay are kept. */
  layout(keys: readonly string[], guess: (index: number) => number): void {
    if (keys !== this.#keys) {
      this.#keys = keys
      this.#index = new Map(keys.map((key, at) => [key, at]))
    }
    const tops = new Float64Array(keys.length + 1)
    for (let at = 0; at < keys.length; at++)
      tops[at + 1] = (tops[at] ?? 0) + (this.#measured.get(keys[at] ?? '') ?? guess(at))
    this.#tops = tops
  }

  /** Notes a measured height; answers whether it is news. */
  measure(key: string, height: number): boolean {
    const known = this.#measured.get(key)
    if (known !== undefined && Math.abs(known - height) < 0.5) return false
    this.#measured.set(key, height)
    return true
  }

  /** Every height depends on the width. */
  forgetAll(): void {
    this.#measured.clear()
  }

  get total(): number {
    return this.#tops.at(-1) ?? 0
  }

  get count(): number {
    return this.#keys.length
  }

  keyAt(index: number): string | undefined {
    return this.#keys[index]
  }

  indexOf(key: string): number | undefined {
    return this.#index.get(key)
  }

  top(index: number): number {
    return this.#tops[Math.max(0, Math.min(index, this.#tops.length - 1))] ?? 0
  }

  /** The row that lies at `y`, by bisection. */
  at(y: number): number {
    let low = 0
    let high = Math.max(0, this.count - 1)
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.top(middle) <= y) low = middle
      else high = middle - 1
    }
    return low
  }
}
