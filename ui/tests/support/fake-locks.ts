import type { LocksLike } from '../../src/realtime/tabs.ts'

interface Request {
  tab_id: string
  run: (lock: object | null) => unknown
  aborted: () => boolean
}

/** Web Locks of one browser: exclusive, first come first served, freed when their tab closes. */
export class FakeLocks {
  readonly #held = new Map<string, Request>()
  readonly #queues = new Map<string, Request[]>()

  ofTab(tab_id: string): LocksLike {
    return {
      request: async (name, options, run) => {
        const request = { tab_id, run, aborted: () => options.signal?.aborted === true }
        if (options.ifAvailable && this.#held.has(name)) return await run(null)
        this.#queues.set(name, [...(this.#queues.get(name) ?? []), request])
        options.signal?.addEventListener('abort', () => this.#free(name, request))
        this.#grant(name)
        return undefined
      },
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

  #free(name: string, request: Request): void {
    if (this.#held.get(name) !== request) return
    this.#held.delete(name)
    this.#grant(name)
  }

  #grant(name: string): void {
    if (this.#held.has(name)) return
    const [next, ...rest] = (this.#queues.get(name) ?? []).filter((request) => !request.aborted())
    this.#queues.set(name, rest)
    if (!next) return
    this.#held.set(name, next)
    next.run({})
  }
}
