import { ApiError } from '../../contracts/errors.ts'
import { Activation, type ActivationPorts, type Kind } from './activation.ts'
import { type Address, formatAddress } from './actor.ts'
import type { Clock } from './clock.ts'
import { overloaded } from './mailbox.ts'

/** Figures of a host for metrics, by kind. */
export interface HostCounts {
  active: Record<string, number>
  mailbox_depth: Record<string, number>
}

/**
 * A fresh activation waits so long for the passivation of its predecessor, which may be saving what the fresh one is
 * about to load. Correctness does not depend on it: the epoch fences an org's older activation.
 */
const PREDECESSOR_MS = 5_000

/** The actors of this node: activated by the first message, passivated when idle. */
export class Host {
  readonly #kinds = new Map<string, Kind<unknown, unknown>>()
  readonly #active = new Map<string, Activation>()
  /** Passivations under way. */
  readonly #ending = new Map<string, { address: Address; ended: Promise<void> }>()
  readonly #clock: Clock
  readonly #ports: ActivationPorts
  #closed = false

  constructor(clock: Clock, failed: (stage: string, error: unknown) => void) {
    this.#clock = clock
    this.#ports = {
      clock,
      failed,
      release: (activation) => this.#release(activation),
      rest: (activation) => this.#passivate(activation),
    }
  }

  /** Kinds that others call are registered first: on `stopAll` they end last. */
  register<Request, Reply>(name: string, kind: Kind<Request, Reply>): void {
    this.#kinds.set(name, kind as Kind<unknown, unknown>)
  }

  /** Sends a request to an actor and answers its reply. A full mailbox is 503. */
  call<Reply>(address: Address, request: unknown): Promise<Reply> {
    return new Promise<Reply>((resolve, reject) => {
      const letter = { request, resolve: resolve as (reply: unknown) => void, reject }
      if (!this.#activation(address).push(letter)) reject(overloaded(formatAddress(address)))
    })
  }

  /** The same for an actor that is active already; undefined when it is not, without activating it. */
  async peek<Reply>(address: Address, request: unknown): Promise<Reply | undefined> {
    return this.#active.has(formatAddress(address)) ? await this.call<Reply>(address, request) : undefined
  }

  /**
   * Ends every actor of an org (it moved, or it is gone), or those of one kind, with everything that was accepted handled
   * and saved.
   */
  async stopOrg(org_id: string, kind?: string): Promise<void> {
    await this.#end((address) => address.org_id === org_id && (kind === undefined || address.kind === kind))
  }

  /** Ends every actor in the same way. From now on no actor is activated: such calls get 503. */
  async stopAll(): Promise<void> {
    this.#closed = true
    await this.#end(() => true)
  }

  /** No actor is activated any more. */
  get closed(): boolean {
    return this.#closed
  }

  counts(): HostCounts {
    const counts: HostCounts = { active: {}, mailbox_depth: {} }
    for (const kind of this.#kinds.keys()) {
      counts.active[kind] = 0
      counts.mailbox_depth[kind] = 0
    }
    for (const { address, depth } of this.#active.values()) {
      counts.active[address.kind] = (counts.active[address.kind] ?? 0) + 1
      counts.mailbox_depth[address.kind] = (counts.mailbox_depth[address.kind] ?? 0) + depth
    }
    return counts
  }

  /** Kind by kind, callers before those they call: a channel that saves its state still finds its org's actor. */
  async #end(matches: (address: Address) => boolean): Promise<void> {
    for (const kind of [...this.#kinds.keys()].reverse()) {
      const isMeant = ({ address }: { address: Address }) => address.kind === kind && matches(address)
      for (const activation of [...this.#active.values()].filter(isMeant)) this.#passivate(activation)
      await Promise.all([...this.#ending.values()].filter(isMeant).map(({ ended }) => ended))
    }
  }

  #passivate(activation: Activation): void {
    const { address } = activation
    const key = formatAddress(address)
    const ended = activation.passivate().finally(() => {
      if (this.#ending.get(key)?.ended === ended) this.#ending.delete(key)
    })
    this.#ending.set(key, { address, ended })
  }

  #activation(address: Address): Activation {
    const key = formatAddress(address)
    const found = this.#active.get(key)
    if (found) return found
    const kind = this.#kinds.get(address.kind)
    if (!kind) throw new Error(`No actors of kind ${address.kind}`)
    if (this.#closed)
      throw new ApiError('UNAVAILABLE', 'This server is restarting. Try again.', { retry_after_s: 2 })
    const created = new Activation(address, kind, this.#ports, this.#predecessor(key))
    this.#active.set(key, created)
    return created
  }

  #predecessor(key: string): Promise<void> | undefined {
    const ending = this.#ending.get(key)
    if (!ending) return undefined
    return new Promise((resolve) => {
      const cancel = this.#clock.after(PREDECESSOR_MS, resolve)
      void ending.ended.finally(() => {
        cancel()
        resolve()
      })
    })
  }

  #release(activation: Activation): void {
    const key = formatAddress(activation.address)
    if (this.#active.get(key) === activation) this.#active.delete(key)
  }
}
