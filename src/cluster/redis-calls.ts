import { Value } from '@sinclair/typebox/value'
import { type CallOutcome, NodeMessage } from '../contracts/calls.ts'
import { ApiError } from '../contracts/errors.ts'
import { Fenced } from '../domain/ownership.ts'
import type { Bus } from './bus.ts'
import { Inboxes } from './inboxes.ts'

/** A node that answers nothing for this long is taken for gone: the caller's node takes the org over. */
const UNANSWERED_MS = 2_000
/**
 * A node that answers other calls is busy, not gone: taking orgs over from it would make the work more. Its call waits as
 * long as every request does.
 */
const BUSY_MS = 5_000
/** Calls of this node that wait for an answer; one more gets 503. A second of work at full load. */
const CALLS_MAX = 8_192
/** Calls of other nodes that are being answered; one more gets 503. */
const ANSWERING_MAX = 8_192

/** An actor as calls name it. */
interface Address {
  kind: string
  org_id: string
  id: string
}

export interface RedisCallsOptions {
  /** Of this life of the process: answers to an earlier life of the node do not reach this one. */
  node_id: string
  bus: Bus
  /** Answers a call of another node. Must not reject. */
  answer(address: Address, request: unknown): Promise<CallOutcome>
  /** The node does not answer for the org. */
  distrust(org_id: string, node_id: string): void
  /** A call of another node ended so. */
  counted(outcome: 'answered' | 'nobody' | 'unanswered' | 'leaving'): void
  failed(stage: string, error: unknown): void
}

interface Pending {
  node_id: string
  resolve(outcome: CallOutcome): void
  reject(error: unknown): void
}

/**
 * Calls of actors on other nodes: request and answer over the bus, each in the inbox of a node. The answer of a call may be
 * lost, as the call itself; then it throws `Fenced`, and the org has its next owner on this node.
 */
export class RedisCalls {
  readonly #options: RedisCallsOptions
  readonly #inboxes: Inboxes
  readonly #pending = new Map<number, Pending>()
  /** When each node answered last. */
  readonly #heard_at = new Map<string, number>()
  #answering = 0
  #last_id = 0
  #stop: () => void = () => undefined

  constructor(options: RedisCallsOptions) {
    this.#options = options
    this.#inboxes = new Inboxes(options.bus)
  }

  /** Takes calls from now on. */
  async open(): Promise<void> {
    const { bus, node_id } = this.#options
    const leave = await this.#inboxes.open(node_id, (message) => this.#take(message))
    const stopListening = bus.onChange((up) => {
      // Their answers are lost.
      if (!up) this.#giveUp()
    })
    this.#stop = () => {
      leave()
      stopListening()
    }
  }

  close(): void {
    this.#stop()
    this.#giveUp()
  }

  async call(node_id: string, address: Address, request: unknown): Promise<CallOutcome> {
    if (this.#pending.size >= CALLS_MAX)
      throw new ApiError('UNAVAILABLE', 'Too much is waiting (calls of other nodes). Try again.', {
        retry_after_s: 1,
      })
    const id = ++this.#last_id
    const answered = new Promise<CallOutcome>((resolve, reject) =>
      this.#pending.set(id, { node_id, resolve, reject }),
    )
    // Rejected when the bus goes away, maybe before it is awaited.
    answered.catch(() => undefined)
    let timer: ReturnType<typeof setTimeout> | undefined
    const sent_at = performance.now()
    const wait = (ms: number) => {
      timer = setTimeout(() => {
        const silent_ms = performance.now() - (this.#heard_at.get(node_id) ?? sent_at)
        const left_ms = sent_at + BUSY_MS - performance.now()
        if (silent_ms >= UNANSWERED_MS) this.#options.distrust(address.org_id, node_id)
        if (silent_ms >= UNANSWERED_MS || left_ms <= 0) this.#unanswered(id)
        else wait(Math.min(UNANSWERED_MS - silent_ms, left_ms))
      }, ms)
    }
    try {
      const { address: to, from } = { address, from: this.#options.node_id }
      const receivers = await this.#send(node_id, { type: 'call', id, from, address: to, request })
      if (receivers === 0) throw this.#nobody(address.org_id, node_id)
      wait(UNANSWERED_MS)
      const outcome = await answered
      const leaving = !outcome.ok && outcome.failure.type === 'leaving'
      if (leaving) this.#options.distrust(address.org_id, node_id)
      this.#options.counted(leaving ? 'leaving' : 'answered')
      return outcome
    } finally {
      clearTimeout(timer)
      this.#pending.delete(id)
      // Nodes that are gone leave nothing behind.
      if (this.#pending.size === 0) this.#heard_at.clear()
    }
  }

  /** Answers how many nodes have it: one or none. */
  async #send(node_id: string, message: NodeMessage): Promise<number> {
    if (!this.#options.bus.up) throw new Fenced('Redis is away')
    try {
      return await this.#inboxes.send(node_id, message)
    } catch (cause) {
      throw new Fenced('Redis did not answer', { cause, may_be_stored: true })
    }
  }

  #nobody(org_id: string, node_id: string): Fenced {
    this.#options.distrust(org_id, node_id)
    this.#options.counted('nobody')
    return new Fenced('The node of the organization is gone')
  }

  #unanswered(id: number): void {
    this.#options.counted('unanswered')
    this.#pending
      .get(id)
      ?.reject(new Fenced('The node of the organization does not answer', { may_be_stored: true }))
  }

  #giveUp(): void {
    for (const { reject } of this.#pending.values())
      reject(new Fenced('Redis went away', { may_be_stored: true }))
  }

  /** What comes from a shared medium is checked: what does not fit is reported and dropped. */
  #take(message: unknown): void {
    if (!Value.Check(NodeMessage, message)) {
      this.#options.failed('take a message of another node', new Error('It does not fit its schema'))
      return
    }
    if (message.type === 'answer') this.#answered(message)
    else void this.#answer(message)
  }

  #answered({ id, outcome }: NodeMessage & { type: 'answer' }): void {
    const pending = this.#pending.get(id)
    if (!pending) return
    this.#heard_at.set(pending.node_id, performance.now())
    pending.resolve(outcome)
  }

  async #answer({ id, from, address, request }: NodeMessage & { type: 'call' }): Promise<void> {
    const outcome = await this.#outcome(address, request)
    try {
      await this.#inboxes.send(from, { type: 'answer', id, outcome } satisfies NodeMessage)
    } catch {
      // The caller waits no longer than its time, and finds the outcome by the id of the command.
    }
  }

  async #outcome(address: Address, request: unknown): Promise<CallOutcome> {
    if (this.#answering >= ANSWERING_MAX) {
      const message = 'Too much is waiting (calls of other nodes). Try again.'
      return { ok: false, failure: { type: 'refused', code: 'UNAVAILABLE', message, retry_after_s: 1 } }
    }
    this.#answering++
    try {
      return await this.#options.answer(address, request)
    } finally {
      this.#answering--
    }
  }
}
