/** A map that forgets what was not used for longest once it is full. */
export class Lru<K, V> {
  readonly #map = new Map<K, V>()
  readonly #size_max: number

  constructor(size_max: number) {
    this.#size_max = size_max
  }

  get size(): number {
    return this.#map.size
  }

  get(key: K): V | undefined {
    const value = this.#map.get(key)
    if (value !== undefined) {
      this.#map.delete(key)
      this.#map.set(key, value)
    }
    return value
  }

  set(key: K, value: V): void {
    this.#map.delete(key)
    this.#map.set(key, value)
    if (this.#map.size <= this.#size_max) return
    const [oldest] = this.#map.keys()
    if (oldest !== undefined) this.#map.delete(oldest)
  }

  delete(key: K): void {
    this.#map.delete(key)
  }

  /** Forgets every entry that `matches`. */
  deleteWhere(matches: (value: V) => boolean): void {
    for (const [key, value] of this.#map) if (matches(value)) this.#map.delete(key)
  }
}
