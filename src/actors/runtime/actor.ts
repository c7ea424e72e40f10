import type { Clock } from './clock.ts'

/** Where an actor lives: its kind and its id, e.g. `channel/018f…`. All actors of one org live on the org's node. */
export interface Address {
  kind: string
  org_id: string
  id: string
}

export function formatAddress(address: Address): string {
  return `${address.kind}/${address.id}`
}

/** What the host gives to an actor. */
export interface ActorContext<Request> {
  readonly address: Address
  readonly clock: Clock
  /**
   * Delivers `request` to this actor's own mailbox once, after `delay_ms`; the same name replaces. A timer waits for
   * the messages before it, is delivered even when the mailbox is full, and does not count as use: it ends with the
   * activation. A deadline that must survive is an alarm in the database.
   */
  setTimer(name: string, delay_ms: number, request: Request): void
  clearTimer(name: string): void
  /** Ends this activation: the next call to the address starts a fresh one. */
  stop(): void
  /** The one reporter for failures without a caller. */
  failed(stage: string, error: unknown): void
}

/**
 * An object in memory that handles one message at a time and can be rebuilt from the database at any moment.
 * All hooks but `receive` are optional.
 */
export interface Actor<Request, Reply> {
  /** Loads the state before the first message. A failure rejects the waiting callers and is forgotten. */
  activate?(): Promise<void>
  /**
   * Handles one message; the caller gets the returned value or the thrown error. `deferred(promise)` ends the turn at
   * once and answers when the promise settles: the next message does not wait for a commit.
   */
  receive(request: Request): Reply | Deferred<Reply> | Promise<Reply | Deferred<Reply>>
  /** True while work is under way that a passivation would interrupt. Answers that are owed are counted by the host. */
  busy?(): boolean
  /** Saves unsaved state. Called once, after the last message was handled and answered. */
  passivate?(): Promise<void>
}

/** A reply that arrives after the end of its turn. */
export class Deferred<T> {
  readonly promise: Promise<T>
  constructor(promise: Promise<T>) {
    this.promise = promise
  }
}

/** Ends the turn now; the caller is answered when `promise` settles. */
export function deferred<T>(promise: Promise<T>): Deferred<T> {
  return new Deferred(promise)
}
