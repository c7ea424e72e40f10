/** The requests of one connection that wait for an answer, and the turns that wait for their second one. */
import type { Clock } from '../clock.ts'
import type { Frame } from './frames.ts'
import { GatewayAway, GatewayRefused } from './port.ts'

/** An answer of the gateway, whether it takes the request or not. */
export type Answer = Extract<Frame, { type: 'answer' }>
export type OnSecond = (answer: Answer) => void

const REQUEST_MS = 30_000
/** Requests without an answer; one more is refused. A bridge has one turn per session under way. */
const REQUESTS_MAX = 1_000
/** Turns whose second answer has not come; the oldest is forgotten, and `agent.wait` knows its outcome. */
const SECOND_ANSWERS_MAX = 10_000

interface Pending {
  answer(answer: Answer): void
  away(error: GatewayAway): void
}

export class Requests {
  readonly #clock: Clock
  readonly #pending = new Map<string, Pending>()
  readonly #seconds = new Map<string, OnSecond>()
  #count = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Id of the next request. */
  nextId(): string {
    return `r${++this.#count}`
  }

  /** Throws `GatewayRefused` when too many wait. */
  admit(method: string): void {
    if (this.#pending.size < REQUESTS_MAX) return
    const message = `${REQUESTS_MAX} requests are waiting for the gateway`
    throw new GatewayRefused(method, { code: 'BUSY', message, passing: true })
  }

  /** Resolves with the first answer; rejects with `GatewayAway` when none comes. */
  add(id: string, method: string, second?: OnSecond): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const leave = () => {
      cancel()
      this.#pending.delete(id)
    }
    const away = (error: GatewayAway) => {
      leave()
      reject(error)
    }
    const cancel = this.#clock.after(REQUEST_MS, () =>
      away(new GatewayAway(`${method}: the gateway did not answer within ${REQUEST_MS / 1000} s`)),
    )
    this.#pending.set(id, {
      away,
      answer: (answer) => {
        leave()
        if (second && answer.ok && answer.payload.status === 'accepted') this.#awaitSecond(id, second)
        resolve(answer)
      },
    })
    return promise
  }

  /** An answer that nothing waits for is dropped. */
  answered(answer: Answer): void {
    const pending = this.#pending.get(answer.id)
    if (pending) {
      pending.answer(answer)
      return
    }
    const second = this.#seconds.get(answer.id)
    this.#seconds.delete(answer.id)
    second?.(answer)
  }

  /** The connection ended: nothing that waits is answered any more. */
  end(error: GatewayAway): void {
    for (const pending of [...this.#pending.values()]) pending.away(error)
    this.#seconds.clear()
  }

  #awaitSecond(id: string, second: OnSecond): void {
    const [oldest] = this.#seconds.keys()
    if (oldest !== undefined && this.#seconds.size >= SECOND_ANSWERS_MAX) this.#seconds.delete(oldest)
    this.#seconds.set(id, second)
  }
}
