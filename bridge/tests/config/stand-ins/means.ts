import type { Means } from '../../../src/config/credentials/source.ts'

/** Collaborators of a source that a test turns by hand: a clock, and pauses that end when it says. */
export class TestMeans implements Means {
  env: Record<string, string> = {}
  time = Date.now()
  reports: string[] = []
  #pauses: (() => void)[] = []

  fetch = (url: string, init: RequestInit) => fetch(url, init)
  now = () => this.time
  report = (problem: string) => {
    this.reports.push(problem)
  }

  /** Short pauses end at once, long ones by `poll`. */
  pause = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (ms < 1_000) return setTimeout(resolve, 1)
      this.#pauses.push(resolve)
      signal.addEventListener('abort', () => {
        this.#pauses = this.#pauses.filter((waiting) => waiting !== resolve)
        reject(signal.reason)
      })
    })

  /** Ends one long pause, once somebody waits in it. */
  async poll(): Promise<void> {
    await until(() => this.#pauses.length > 0)
    this.#pauses.shift()?.()
  }
}

/** Waits for a condition; the limit only detects a test that hangs. */
export async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 60_000
  while (!condition()) {
    if (Date.now() > end) throw new Error(`never: ${condition}`)
    await Bun.sleep(5)
  }
}
