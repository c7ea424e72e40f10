import { CredentialMissing, type Credentials, CredentialsUnavailable } from '../config.ts'

/** Where credentials are kept. */
export interface Source {
  /** For people, e.g. `the secrets file /etc/x.env`. */
  readonly place: string
  /** All entries by name. Throws `CredentialsUnavailable`. */
  read(): Promise<ReadonlyMap<string, string>>
  /** Calls `look` when the place says by itself that it may have changed, until `signal` aborts. */
  onHint?(look: () => void, signal: AbortSignal): void
}

/** Collaborators of every source, as arguments so that tests choose them. */
export interface Means {
  env: Readonly<Record<string, string | undefined>>
  fetch: (url: string, init: RequestInit) => Promise<Response>
  now: () => number
  /** Resolves after `ms`; rejects when `signal` aborts. */
  pause: (ms: number, signal: AbortSignal) => Promise<unknown>
  /** Told once per kind of trouble while the place is watched; for the log. Never holds a value. */
  report: (problem: string) => void
}

/** A place is read again this often for changes. */
export const POLL_MS = 60_000
/** After a hint the place is left alone for this long: who writes a file in place needs a moment for it. */
export const SETTLE_MS = 200

/**
 * Credentials of one source. Every `get` reads the source, because the caller may have been refused with the value from
 * before; calls at the same time share one reading. When the source is out of reach for a while, the last values hold.
 */
export class SourceCredentials implements Credentials {
  readonly #source: Source
  readonly #means: Means
  #reading: Promise<ReadonlyMap<string, string>> | undefined
  #last: ReadonlyMap<string, string> | undefined

  constructor(source: Source, means: Means) {
    this.#source = source
    this.#means = means
  }

  async get(name: string): Promise<string> {
    const value = (await this.#values()).get(name)
    if (value) return value
    throw new CredentialMissing(`There is no ${name} in ${this.#source.place}.`)
  }

  watch(changed: () => void, signal: AbortSignal): void {
    const hints = new Hints()
    this.#source.onHint?.(() => hints.give(), signal)
    void this.#follow(changed, hints, signal)
  }

  async #values(): Promise<ReadonlyMap<string, string>> {
    try {
      return await this.#read()
    } catch (error) {
      if (this.#last && error instanceof CredentialsUnavailable && error.passing) return this.#last
      throw error
    }
  }

  async #read(): Promise<ReadonlyMap<string, string>> {
    this.#reading ??= this.#source.read().finally(() => {
      this.#reading = undefined
    })
    this.#last = await this.#reading
    return this.#last
  }

  async #follow(changed: () => void, hints: Hints, signal: AbortSignal): Promise<void> {
    let seen = this.#last
    let trouble = ''
    while (!signal.aborted) {
      try {
        const values = await this.#read()
        trouble = ''
        if (seen && !same(seen, values) && !signal.aborted) changed()
        seen = values
      } catch (error) {
        const problem = error instanceof Error ? error.message : String(error)
        if (problem !== trouble) this.#means.report(problem)
        trouble = problem
      }
      await hints.orAfter(POLL_MS, this.#means.pause, signal)
      // A rejected pause is the end of the loop.
      await this.#means.pause(SETTLE_MS, signal).catch(() => undefined)
    }
  }
}

/** Wakes a waiting loop early; a hint that comes while nobody waits is kept. */
class Hints {
  #given = false
  #wake: (() => void) | undefined

  give(): void {
    this.#given = true
    this.#wake?.()
  }

  async orAfter(ms: number, pause: Means['pause'], signal: AbortSignal): Promise<void> {
    if (!this.#given && !signal.aborted) {
      const over = new AbortController()
      const hinted = new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      // A rejected pause is the abort of this wait.
      await Promise.race([pause(ms, AbortSignal.any([signal, over.signal])).catch(() => undefined), hinted])
      over.abort()
      this.#wake = undefined
    }
    this.#given = false
  }
}

const same = (a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>) =>
  a.size === b.size && [...a].every(([name, value]) => b.get(name) === value)
