/** Values kept at most: keys and tokens of some hundred agents, with those of earlier rotations. */
const SECRETS_MAX = 2_000

/** Shorter values are no secrets that protect anything, and removing them would make the log unreadable. */
const LENGTH_MIN = 6

/**
 * Values of credentials, so that they can be removed from a text whatever they look like: a gateway's token has no shape of its
 * own. At the limit the oldest is forgotten.
 */
export class Secrets {
  readonly #values = new Set<string>()
  /** Longest first: one may be the beginning of another. */
  #ordered: readonly string[] = []

  /** Call it with every credential as soon as it is read. */
  add(value: string): void {
    if (value.length < LENGTH_MIN) return
    this.#values.delete(value)
    this.#values.add(value)
    const [oldest] = this.#values
    if (this.#values.size > SECRETS_MAX && oldest !== undefined) this.#values.delete(oldest)
    this.#ordered = [...this.#values].sort((a, b) => b.length - a.length)
  }

  /** The text with every known value replaced. */
  remove(text: string, replacement: string): string {
    let clean = text
    for (const value of this.#ordered) if (clean.includes(value)) clean = clean.replaceAll(value, replacement)
    return clean
  }
}
