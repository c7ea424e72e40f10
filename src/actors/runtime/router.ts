import { ApiError, notFound } from '../../contracts/errors.ts'
import { Fenced, Gone } from '../../domain/ownership.ts'
import type { Address } from './actor.ts'
import type { Clock } from './clock.ts'
import type { Directory } from './directory.ts'
import type { Host } from './host.ts'

/** Carries a call to the node that owns the org; absent on a node that is alone. */
export interface CallTransport {
  call<Reply>(node_id: string, address: Address, request: unknown): Promise<Reply>
}

/** A lost ownership is tried again so often: the next try finds the new owner. */
const TRIES_MAX = 4
const PAUSE_MS = 20

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
   * Sends `request` to the actor and answers its reply. `again` makes the request of a retry (it may have run before).
   * Throws what the actor refuses with; 404 when the org is gone, 503 when no owner could be found.
   */
  async call<Reply>(
    address: Address,
    request: unknown,
    again: (request: unknown) => unknown = (r) => r,
  ): Promise<Reply> {
    let current = request
    for (let tries = 1; ; tries++) {
      try {
        return await this.#once<Reply>(address, current)
      } catch (error) {
        if (error instanceof Gone) throw notFound('org')
        if (!(error instanceof Fenced)) throw error
        if (tries === TRIES_MAX)
          throw new ApiError('UNAVAILABLE', 'The organization is moving between nodes. Try again.', {
            retry_after_s: 1,
          })
        current = again(request)
        await new Promise<void>((resolve) =>
          this.#clock.after(PAUSE_MS * tries * (0.5 + Math.random()), resolve),
        )
      }
    }
  }

  async #once<Reply>(address: Address, request: unknown): Promise<Reply> {
    const owner = (await this.#directory.ownerOf(address.org_id)) ?? this.#node_id
    if (owner === this.#node_id || !this.#transport) return await this.#host.call<Reply>(address, request)
    return await this.#transport.call<Reply>(owner, address, request)
  }
}
