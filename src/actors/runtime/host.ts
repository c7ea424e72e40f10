import { type Actor, type ActorContext, type Address, formatAddress, Later } from './actor.ts'
import type { Clock } from './clock.ts'
import { Mailbox, overloaded } from './mailbox.ts'

/** How to make actors of one kind. */
export interface Kind<Request, Reply> {
  create(context: ActorContext<Request>): Actor<Request, Reply>
  /** Passivated after so long without a message. */
  idle_ms: number
  /** Messages that may wait for one actor; the newest over it gets 503. */
  mailbox_max: number
}

interface Letter {
  request: unknown
  resolve(reply: unknown): void
  reject(error: unknown): void
}

interface Activation {
  address: Address
  actor: Actor<unknown, unknown>
  mailbox: Mailbox<Letter>
  ready: Promise<void>
  /** It is activated: nothing needs to wait for `ready`. */
  awake: boolean
  timers: Map<string, () => void>
  last_used_at: number
  owed: number
  cancelIdle: () => void
  stopped: boolean
}

/** What a host says about itself, for metrics. */
export interface HostCounts {
  active: Record<string, number>
  mailbox_depth: Record<string, number>
}

/** The actors of this node: activated by the first message, passivated when idle. */
export class Host {
  readonly #kinds = new Map<string, Kind<unknown, unknown>>()
  readonly #active = new Map<string, Activation>()
  readonly #clock: Clock
  readonly #failed: (stage: string, error: unknown) => void

  constructor(clock: Clock, failed: (stage: string, error: unknown) => void) {
    this.#clock = clock
    this.#failed = failed
  }

  register<Request, Reply>(name: string, kind: Kind<Request, Reply>): void {
    this.#kinds.set(name, kind as Kind<unknown, unknown>)
  }

  /** Sends a request to an actor and answers its reply. A full mailbox is 503. */
  call<Reply>(address: Address, request: unknown): Promise<Reply> {
    return new Promise<Reply>((resolve, reject) => {
      const activation = this.#activation(address)
      const letter: Letter = { request, resolve: resolve as (reply: unknown) => void, reject }
      if (!activation.mailbox.push(letter)) reject(overloaded(formatAddress(address)))
    })
  }

  /** The same for an actor that is active already; undefined when it is not, without activating it. */
  async peek<Reply>(address: Address, request: unknown): Promise<Reply | undefined> {
    return this.#active.has(formatAddress(address)) ? await this.call<Reply>(address, request) : undefined
  }

  /** Ends every actor of an org (it moved, or it is gone). */
  async stopOrg(org_id: string): Promise<void> {
    const theirs = [...this.#active.values()].filter((a) => a.address.org_id === org_id)
    await Promise.all(theirs.map((a) => this.#passivate(a)))
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#active.values()].map((a) => this.#passivate(a)))
  }

  counts(): HostCounts {
    const counts: HostCounts = { active: {}, mailbox_depth: {} }
    for (const kind of this.#kinds.keys()) {
      counts.active[kind] = 0
      counts.mailbox_depth[kind] = 0
    }
    for (const { address, mailbox } of this.#active.values()) {
      counts.active[address.kind] = (counts.active[address.kind] ?? 0) + 1
      counts.mailbox_depth[address.kind] = (counts.mailbox_depth[address.kind] ?? 0) + mailbox.depth
    }
    return counts
  }

  #activation(address: Address): Activation {
    const key = formatAddress(address)
    const found = this.#active.get(key)
    if (found) return found
    const kind = this.#kinds.get(address.kind)
    if (!kind) throw new Error(`No actors of kind ${address.kind}`)

    let self: Activation | undefined
    const activation = (): Activation => {
      if (!self) throw new Error('An actor must not use its context before it is created')
      return self
    }
    const actor = kind.create(this.#context(address, activation))
    const mailbox = new Mailbox<Letter>(kind.mailbox_max, (letter) => this.#handle(activation(), letter))
    const created: Activation = {
      address,
      actor,
      mailbox,
      ready: Promise.resolve(),
      awake: false,
      timers: new Map(),
      last_used_at: this.#clock.now(),
      owed: 0,
      cancelIdle: () => undefined,
      stopped: false,
    }
    self = created
    created.ready = (async () => actor.activate?.())()
    created.ready.then(
      () => {
        created.awake = true
        this.#watchIdle(created, kind.idle_ms)
      },
      () => this.#forget(created),
    )
    this.#active.set(key, created)
    return created
  }

  #context(address: Address, activation: () => Activation): ActorContext<unknown> {
    return {
      address,
      clock: this.#clock,
      setTimer: (name, delay_ms, request) => {
        const { timers, stopped, mailbox } = activation()
        timers.get(name)?.()
        if (stopped) return
        const fire = () => {
          timers.delete(name)
          const reject = (error: unknown) => this.#failed(`timer ${name} of ${formatAddress(address)}`, error)
          mailbox.push({ request, resolve: () => undefined, reject })
        }
        timers.set(name, this.#clock.after(delay_ms, fire))
      },
      clearTimer: (name) => {
        const { timers } = activation()
        timers.get(name)?.()
        timers.delete(name)
      },
      stop: () => this.#forget(activation()),
      failed: this.#failed,
    }
  }

  /** A promise when the actor's turn does not end at once. */
  #handle(activation: Activation, letter: Letter): Promise<void> | undefined {
    activation.last_used_at = this.#clock.now()
    if (!activation.awake) return this.#handleLater(activation, letter, activation.ready)
    try {
      const reply = activation.actor.receive(letter.request)
      if (reply instanceof Promise) return this.#handleLater(activation, letter, reply)
      this.#answer(activation, letter, reply)
    } catch (error) {
      letter.reject(error)
    }
    return undefined
  }

  /** Waits for the actor to be activated, or for its reply. */
  async #handleLater(activation: Activation, letter: Letter, waited: Promise<unknown>): Promise<void> {
    try {
      const first = await waited
      const reply = waited === activation.ready ? await activation.actor.receive(letter.request) : first
      this.#answer(activation, letter, reply)
    } catch (error) {
      letter.reject(error)
    }
  }

  #answer(activation: Activation, letter: Letter, reply: unknown): void {
    if (!(reply instanceof Later)) {
      letter.resolve(reply)
      return
    }
    activation.owed++
    const settled = () => {
      activation.owed--
      activation.last_used_at = this.#clock.now()
    }
    reply.promise.then(
      (value) => {
        settled()
        letter.resolve(value)
      },
      (error: unknown) => {
        settled()
        letter.reject(error)
      },
    )
  }

  #watchIdle(activation: Activation, idle_ms: number): void {
    if (activation.stopped) return
    activation.cancelIdle = this.#clock.after(idle_ms, () => {
      const rested_ms = this.#clock.now() - activation.last_used_at
      const busy =
        !activation.mailbox.idle ||
        activation.owed > 0 ||
        (activation.actor.busy?.() ?? false) ||
        rested_ms < idle_ms
      if (busy) this.#watchIdle(activation, idle_ms)
      else void this.#passivate(activation)
    })
  }

  async #passivate(activation: Activation): Promise<void> {
    // Forgotten first: a call that comes now starts a fresh activation, which reads what this one saves.
    this.#forget(activation)
    try {
      await activation.actor.passivate?.()
    } catch (error) {
      this.#failed(`passivate ${formatAddress(activation.address)}`, error)
    }
  }

  #forget(activation: Activation): void {
    activation.stopped = true
    activation.cancelIdle()
    for (const cancel of activation.timers.values()) cancel()
    activation.timers.clear()
    const key = formatAddress(activation.address)
    if (this.#active.get(key) === activation) this.#active.delete(key)
  }
}
