import type { LocksLike } from '../../src/realtime/tabs.ts'
import { task } from './rule.ts'

interface Request {
  tab_id: string
  /** Lets the request have the lock; settles when its callback does. */
  run(lock: object): Promise<void>
  lose(): void
}

/** Web Locks of one browser: exclusive, first come first served, freed with their callback or with their tab. */
export class FakeLocks {
  readonly #held = new Map<string, Request>()
  readonly #queues = new Map<string, Request[]>()

  ofTab(tab_id: string): LocksLike {
    return {
      request: (name, { ifAvailable = false, signal }, run) =>
        new Promise((resolve, reject) => {
          const outcome = async (lock: object | null) => {
            try {
              resolve(await run(lock))
            } catch (error) {
              reject(error)
            }
          }
          const lose = () => reject(new DOMException('The lock was given to another tab.', 'AbortError'))
          const request: Request = { tab_id, run: outcome, lose }
          if (ifAvailable && (this.#held.has(name) || this.#waiting(name).length > 0)) {
            task(() => void outcome(null))
            return
          }
          const abort = () => {
            const queue = this.#waiting(name)
            // A signal ends the wait for a lock. It does not take a lock away.
            if (signal?.aborted && queue.includes(request)) {
              this.#queues.set(
                name,
                queue.filter((other) => other !== request),
              )
              reject(signal.reason)
            }
          }
          this.#queues.set(name, [...this.#waiting(name), request])
          signal?.addEventListener('abort', abort)
          abort()
          this.#grant(name)
        }),
      query: async () => ({ held: [...this.#held.keys()].map((name) => ({ name })) }),
    }
  }

  closeTab(tab_id: string): void {
    for (const [name, queue] of this.#queues)
      this.#queues.set(
        name,
        queue.filter((request) => request.tab_id !== tab_id),
      )
    for (const [name, request] of this.#held) if (request.tab_id === tab_id) this.#free(name, request)
  }

  /** Gives the locks of a frozen tab to the next ones, as a broker does. */
  takeAway(tab_id: string): void {
    for (const [name, request] of this.#held)
      if (request.tab_id === tab_id) {
        request.lose()
        this.#free(name, request)
      }
  }

  #waiting(name: string): Request[] {
    return this.#queues.get(name) ?? []
  }

  #free(name: string, request: Request): void {
    if (this.#held.get(name) !== request) return
    this.#held.delete(name)
    this.#grant(name)
  }

  #grant(name: string): void {
    task(() => {
      if (this.#held.has(name)) return
      const [next, ...rest] = this.#waiting(name)
      if (!next) return
      this.#queues.set(name, rest)
      this.#held.set(name, next)
      void next.run({ name }).then(() => this.#free(name, next))
    })
  }
}
