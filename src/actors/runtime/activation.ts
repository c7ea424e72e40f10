import { type Actor, type ActorContext, type Address, Deferred, formatAddress } from './actor.ts'
import type { Clock } from './clock.ts'
import { Mailbox } from './mailbox.ts'
import { Timers } from './timers.ts'

/** How actors of one kind are made. */
export interface Kind<Request, Reply> {
  create(context: ActorContext<Request>): Actor<Request, Reply>
  /** Passivated after so long without a message. */
  idle_ms: number
  /** Messages that may wait for one actor; the newest over it gets 503. */
  mailbox_max: number
}

/** A request with its caller. */
export interface Letter {
  request: unknown
  resolve(reply: unknown): void
  reject(error: unknown): void
}

type Item = Letter | { timer: string }

/** What an activation needs from its host. */
export interface ActivationPorts {
  clock: Clock
  failed(stage: string, error: unknown): void
  /** The address is free again: the next call makes a fresh activation. Called once. */
  release(activation: Activation): void
  /** The actor was idle for its time: to be passivated. */
  rest(activation: Activation): void
}

/** One actor in memory: its mailbox, its timers, and the time since its last use. */
export class Activation {
  readonly address: Address
  readonly #kind: Kind<unknown, unknown>
  readonly #ports: ActivationPorts
  readonly #actor: Actor<unknown, unknown>
  readonly #mailbox: Mailbox<Item>
  readonly #timers: Timers<unknown>
  readonly #ready: Promise<void>
  #loaded = false
  #ended = false
  #last_used_at: number
  /** Replies that arrive after the end of their turn. */
  #owed = 0
  #settled: PromiseWithResolvers<void> | undefined
  #cancelIdle: () => void = () => undefined
  #passivation: Promise<void> | undefined

  /** Activates the actor once `after`, the end of an earlier activation of this address, has settled. */
  constructor(
    address: Address,
    kind: Kind<unknown, unknown>,
    ports: ActivationPorts,
    after: Promise<void> | undefined,
  ) {
    this.address = address
    this.#kind = kind
    this.#ports = ports
    this.#mailbox = new Mailbox<Item>(kind.mailbox_max, (item) => this.#handle(item))
    this.#timers = new Timers(ports.clock, (name) => this.#mailbox.pushDue({ timer: name }))
    this.#last_used_at = ports.clock.now()
    this.#actor = kind.create(this.#context())
    this.#ready = this.#activate(after)
    this.#ready.catch(() => this.stop())
  }

  get depth(): number {
    return this.#mailbox.depth
  }

  /** False when the mailbox is full. */
  push(letter: Letter): boolean {
    return this.#mailbox.push(letter)
  }

  /** Ends without saving: the actor is not the owner of its state any more, or never was. */
  stop(): void {
    if (this.#ended) return
    this.#ended = true
    this.#cancelIdle()
    this.#timers.clearAll()
    this.#ports.release(this)
  }

  /** Ends after everything that was accepted is handled, answered and saved. Never rejects. */
  passivate(): Promise<void> {
    this.#passivation ??= this.#passivate()
    return this.#passivation
  }

  async #activate(after: Promise<void> | undefined): Promise<void> {
    await after
    await this.#actor.activate?.()
    this.#loaded = true
    if (!this.#ended) this.#watchIdle(this.#kind.idle_ms)
  }

  async #passivate(): Promise<void> {
    // The address is free at once: a later call activates a fresh actor, which waits for the end of this one.
    this.stop()
    try {
      await this.#ready
    } catch {
      // Nothing was loaded, so nothing can be unsaved; the callers got the error.
      return
    }
    try {
      await this.#mailbox.drained()
      await this.#answered()
      await this.#actor.passivate?.()
    } catch (error) {
      this.#ports.failed(`passivate ${formatAddress(this.address)}`, error)
    }
  }

  #context(): ActorContext<unknown> {
    return {
      address: this.address,
      clock: this.#ports.clock,
      setTimer: (name, delay_ms, request) => {
        if (!this.#ended) this.#timers.set(name, delay_ms, request)
      },
      clearTimer: (name) => this.#timers.clear(name),
      stop: () => this.stop(),
      failed: this.#ports.failed,
    }
  }

  /** A promise when the turn does not end at once. */
  #handle(item: Item): Promise<void> | undefined {
    const letter = 'timer' in item ? this.#due(item.timer) : item
    if (!letter) return undefined
    // A timer is not a use: an actor with nothing but timers comes to rest.
    if (letter === item) this.#last_used_at = this.#ports.clock.now()
    if (!this.#loaded) return this.#handleReady(letter)
    try {
      const reply = this.#actor.receive(letter.request)
      if (reply instanceof Promise) return this.#handleReply(letter, reply)
      this.#answer(letter, reply)
    } catch (error) {
      letter.reject(error)
    }
    return undefined
  }

  #due(name: string): Letter | undefined {
    const timer = this.#timers.take(name)
    if (!timer) return undefined
    const reject = (error: unknown) =>
      this.#ports.failed(`timer ${name} of ${formatAddress(this.address)}`, error)
    return { request: timer.request, resolve: () => undefined, reject }
  }

  async #handleReady(letter: Letter): Promise<void> {
    try {
      await this.#ready
      this.#answer(letter, await this.#actor.receive(letter.request))
    } catch (error) {
      letter.reject(error)
    }
  }

  async #handleReply(letter: Letter, reply: Promise<unknown>): Promise<void> {
    try {
      this.#answer(letter, await reply)
    } catch (error) {
      letter.reject(error)
    }
  }

  #answer(letter: Letter, reply: unknown): void {
    if (!(reply instanceof Deferred)) {
      letter.resolve(reply)
      return
    }
    this.#owed++
    reply.promise.then(
      (value) => {
        this.#settle()
        letter.resolve(value)
      },
      (error: unknown) => {
        this.#settle()
        letter.reject(error)
      },
    )
  }

  #settle(): void {
    this.#owed--
    if (this.#owed > 0) return
    this.#settled?.resolve()
    this.#settled = undefined
  }

  /** Resolves when no reply is owed. */
  #answered(): Promise<void> {
    if (this.#owed === 0) return Promise.resolve()
    this.#settled ??= Promise.withResolvers<void>()
    return this.#settled.promise
  }

  #watchIdle(delay_ms: number): void {
    this.#cancelIdle = this.#ports.clock.after(delay_ms, () => {
      const { idle_ms } = this.#kind
      const rest_ms = idle_ms - (this.#ports.clock.now() - this.#last_used_at)
      // Not longer than `idle_ms`, also when the clock was set back.
      if (rest_ms > 0) this.#watchIdle(Math.min(rest_ms, idle_ms))
      else if (this.#isBusy()) this.#watchIdle(idle_ms)
      else this.#ports.rest(this)
    })
  }

  #isBusy(): boolean {
    if (!this.#mailbox.idle || this.#owed > 0) return true
    try {
      return this.#actor.busy?.() ?? false
    } catch (error) {
      // An actor that cannot say what it does is ended like any idle one.
      this.#ports.failed(`busy ${formatAddress(this.address)}`, error)
      return false
    }
  }
}
