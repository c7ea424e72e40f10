import type { LockAnswer, LockRequest } from './lock-broker.ts'
import type { LocksLike } from './tabs.ts'

/** The part of a MessagePort that is used. */
export interface LockPort {
  onmessage: ((event: { data: LockAnswer }) => void) | null
  postMessage(request: LockRequest): void
}

interface Pending {
  granted(): void
  unavailable(): void
  lost(): void
}

/** The locks of a LockBroker behind a port. Like Web Locks, a lock that is taken away ends its request with an AbortError. */
export class WorkerLocks implements LocksLike {
  readonly #port: LockPort
  readonly #pending = new Map<number, Pending>()
  readonly #queries = new Map<number, (names: string[]) => void>()
  #last_id = 0

  constructor(port: LockPort) {
    this.#port = port
    port.onmessage = ({ data }) => this.#receive(data)
  }

  request(
    name: string,
    { ifAvailable = false, signal }: { ifAvailable?: boolean; signal?: AbortSignal },
    run: (lock: object | null) => unknown,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason)
        return
      }
      const id = ++this.#last_id
      const abort = () => {
        this.#release(id)
        reject(signal?.reason)
      }
      const outcome = async (lock: object | null) => {
        signal?.removeEventListener('abort', abort)
        try {
          resolve(await run(lock))
        } catch (error) {
          reject(error)
        } finally {
          this.#release(id)
        }
      }
      this.#pending.set(id, {
        granted: () => void outcome({ name }),
        unavailable: () => void outcome(null),
        lost: () => {
          this.#pending.delete(id)
          signal?.removeEventListener('abort', abort)
          reject(new DOMException('The lock was given to another tab.', 'AbortError'))
        },
      })
      signal?.addEventListener('abort', abort)
      this.#port.postMessage({ kind: 'request', id, name, if_available: ifAvailable })
    })
  }

  query(): Promise<{ held: { name: string }[] }> {
    return new Promise((resolve) => {
      const id = ++this.#last_id
      this.#queries.set(id, (names) => resolve({ held: names.map((name) => ({ name })) }))
      this.#port.postMessage({ kind: 'query', id })
    })
  }

  /** Call when the page goes: its locks are free at once. */
  close(): void {
    this.#port.postMessage({ kind: 'bye' })
  }

  #release(id: number): void {
    if (this.#pending.delete(id)) this.#port.postMessage({ kind: 'release', id })
  }

  #granted(id: number): void {
    const pending = this.#pending.get(id)
    if (pending) pending.granted()
    // The request was aborted meanwhile.
    else this.#port.postMessage({ kind: 'release', id })
  }

  #receive(answer: LockAnswer): void {
    switch (answer.kind) {
      case 'ping':
        this.#port.postMessage({ kind: 'pong' })
        break
      case 'granted':
        this.#granted(answer.id)
        break
      case 'unavailable':
        this.#pending.get(answer.id)?.unavailable()
        break
      case 'held':
        this.#queries.get(answer.id)?.(answer.names)
        this.#queries.delete(answer.id)
        break
      case 'lost':
        for (const pending of [...this.#pending.values()]) pending.lost()
    }
  }
}
