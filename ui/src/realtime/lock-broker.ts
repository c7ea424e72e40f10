/** What a tab sends to the broker. `id` numbers the requests of one tab. */
export type LockRequest =
  | { kind: 'request'; id: number; name: string; if_available: boolean }
  /** Ends a wait or frees a held lock. */
  | { kind: 'release'; id: number }
  | { kind: 'query'; id: number }
  | { kind: 'pong' }
  /** The tab closes. */
  | { kind: 'bye' }

export type LockAnswer =
  | { kind: 'granted'; id: number }
  | { kind: 'unavailable'; id: number }
  | { kind: 'held'; id: number; names: string[] }
  | { kind: 'ping' }
  /** This tab was taken for dead: its requests and locks are gone. */
  | { kind: 'lost' }

/** The tab's side of a connection. */
export interface LockClient {
  send(answer: LockAnswer): void
}

interface Waiting {
  client: LockClient
  id: number
}

/** A tab that has answered none of so many pings is gone: crashed, or frozen by the browser. */
const UNANSWERED_MAX = 3

/**
 * Exclusive locks for the tabs of one browser, first come first served: Web Locks for origins without them (plain http off
 * localhost). Runs in a shared worker, which lives as long as one of its tabs.
 */
export class LockBroker {
  /** Holder and queue of each lock; the holder is first. */
  readonly #queues = new Map<string, Waiting[]>()
  /** Pings since the last answer of each tab. */
  readonly #unanswered = new Map<LockClient, number>()

  connect(client: LockClient): void {
    this.#unanswered.set(client, 0)
  }

  receive(client: LockClient, request: LockRequest): void {
    if (request.kind === 'bye') {
      this.disconnect(client)
      return
    }
    if (!this.#unanswered.has(client)) {
      this.connect(client)
      client.send({ kind: 'lost' })
    }
    this.#unanswered.set(client, 0)
    if (request.kind === 'request') this.#request(client, request)
    else if (request.kind === 'release') this.#leave((one) => one.client === client && one.id === request.id)
    else if (request.kind === 'query')
      client.send({ kind: 'held', id: request.id, names: [...this.#queues.keys()] })
  }

  /** Frees the locks of a tab and ends its waits. */
  disconnect(client: LockClient): void {
    this.#unanswered.delete(client)
    this.#leave((one) => one.client === client)
  }

  /** Call at an interval: finds tabs that have ended without a word. */
  ping(): void {
    for (const [client, unanswered] of this.#unanswered)
      if (unanswered >= UNANSWERED_MAX) this.disconnect(client)
      else {
        this.#unanswered.set(client, unanswered + 1)
        client.send({ kind: 'ping' })
      }
  }

  #request(client: LockClient, { id, name, if_available }: Extract<LockRequest, { kind: 'request' }>): void {
    const queue = this.#queues.get(name)
    if (queue === undefined) {
      this.#queues.set(name, [{ client, id }])
      client.send({ kind: 'granted', id })
    } else if (if_available) client.send({ kind: 'unavailable', id })
    else queue.push({ client, id })
  }

  #leave(goes: (one: Waiting) => boolean): void {
    for (const [name, queue] of [...this.#queues]) {
      const [holder] = queue
      const rest = queue.filter((one) => !goes(one))
      const [next] = rest
      if (next === undefined) this.#queues.delete(name)
      else this.#queues.set(name, rest)
      if (next !== undefined && next !== holder) next.client.send({ kind: 'granted', id: next.id })
    }
  }
}
