import type { CallOutcome } from '../../contracts/calls.ts'
import { ApiError, notFound } from '../../contracts/errors.ts'
import { replyOf } from '../../domain/call-outcome.ts'
import { Fenced, Gone } from '../../domain/ownership.ts'
import type { Address } from './actor.ts'
import type { Clock } from './clock.ts'
import type { Directory } from './directory.ts'
import type { Host } from './host.ts'

/** Carries a call to the node that owns the org; absent on a single node. */
export interface CallTransport {
  /** Request and outcome are plain data. Throws `Fenced` when the node does not answer: the next try finds an owner. */
  call(node_id: string, address: Address, request: unknown): Promise<CallOutcome>
}

/** Tries of a call whose owner was fenced: the next try finds the new owner. */
const TRIES_MAX = 4
/** First pause between two tries; grows with each, with jitter. */
const PAUSE_MS = 20
/** A call that was tried again is answered within this time, also while a node does not answer. */
const CALL_MS = 5_000

/** Finds the owner of an org and calls an actor there. */
export class Router {
  readonly #node_id: string
  readonly #host: Host
  readonly #directory: Directory
  readonly #clock: Clock
  readonly #transport: CallTransport | undefined

  constructor(node_id: string, host: Host, directory: Directory, clock: Clock, transport?: CallTransport) {
    this.#node_id = node_id
    this.#host = host
    this.#directory = directory
    this.#clock = clock
    this.#transport = transport
  }

  /**
   * Sends `request` to the actor and answers its reply. `again` makes the request of a retry, marked as one that may
   * have run before. Throws the actor's refusal; 404 when the org is gone, 503 when no owner could be found.
   */
  call<Reply>(
    address: Address,
    request: unknown,
    again: (request: unknown) => unknown = (r) => r,
  ): Promise<Reply> {
    const until = this.#clock.now() + CALL_MS
    return this.#once<Reply>(address, request).catch((error: unknown) =>
      this.#callAgain<Reply>(error, address, () => again(request), until),
    )
  }

  async #callAgain<Reply>(
    error: unknown,
    address: Address,
    again: () => unknown,
    until: number,
  ): Promise<Reply> {
    let last = error
    let may_be_stored = false
    for (let tries = 1; ; tries++) {
      if (last instanceof Gone) throw notFound('org')
      if (!(last instanceof Fenced)) throw may_be_stored ? unknownIfUnavailable(last) : last
      may_be_stored ||= last.may_be_stored
      if (tries === TRIES_MAX) throw moving(may_be_stored)
      await new Promise<void>((resolve) =>
        this.#clock.after(PAUSE_MS * tries * (0.5 + Math.random()), resolve),
      )
      try {
        return await this.#within(until, this.#once<Reply>(address, again()))
      } catch (next) {
        last = next
      }
    }
  }

  /** The reply, or 503 after the time of a call: what is under way may still be stored. */
  async #within<Reply>(until: number, reply: Promise<Reply>): Promise<Reply> {
    let cancel = () => {}
    const late = new Promise<never>((_, reject) => {
      cancel = this.#clock.after(until - this.#clock.now(), () => reject(moving(true)))
    })
    try {
      return await Promise.race([reply, late])
    } finally {
      cancel()
      // Answered already.
      reply.catch(() => undefined)
    }
  }

  #once<Reply>(address: Address, request: unknown): Promise<Reply> {
    const owner = this.#directory.ownerOf(address.org_id)
    return owner instanceof Promise
      ? owner.then((node_id) => this.#at<Reply>(node_id, address, request))
      : this.#at<Reply>(owner, address, request)
  }

  #at<Reply>(owner: string | undefined, address: Address, request: unknown): Promise<Reply> {
    if (owner === undefined || owner === this.#node_id || !this.#transport)
      return this.#host.call<Reply>(address, request)
    return this.#remote<Reply>(this.#transport, owner, address, request)
  }

  /** The reply of an actor of another node; its type follows from the request, as with an actor of this node. */
  async #remote<Reply>(
    transport: CallTransport,
    node_id: string,
    address: Address,
    request: unknown,
  ): Promise<Reply> {
    return replyOf(await transport.call(node_id, address, request)) as Reply
  }
}

function moving(may_be_stored: boolean): ApiError {
  return new ApiError(
    may_be_stored ? 'OUTCOME_UNKNOWN' : 'UNAVAILABLE',
    'The organization is moving between nodes. Try again.',
    { retry_after_s: 1 },
  )
}

/** A try that did nothing says nothing about the tries before it. */
function unknownIfUnavailable(error: unknown): unknown {
  return error instanceof ApiError && error.errorCode === 'UNAVAILABLE' ? moving(true) : error
}
