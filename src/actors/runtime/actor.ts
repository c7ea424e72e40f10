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
   * Delivers `request` to this actor's own mailbox after `delay_ms`, once; the same name replaces. A timer never
   * interleaves with a message and never keeps the actor alive.
   */
  setTimer(name: string, delay_ms: number, request: Request): void
  clearTimer(name: string): void
  /** Ends this activation: the next call to the address starts a fresh one. */
  stop(): void
  /** The one reporter for work that nobody waits for. */
  failed(stage: string, error: unknown): void
}

/**
 * An object in memory that handles one message at a time and can be rebuilt from the database at any moment.
 * Few hooks, empty by default.
 */
export interface Actor<Request, Reply> {
  /** Loads what is needed before the first message. A failure is told to the callers and forgotten. */
  activate?(): Promise<void>
  /**
   * Handles one message. What it returns (or throws) is the caller's answer. `later(promise)` ends the turn at once
   * and answers when the promise settles: the next message does not wait for a commit.
   */
  receive(request: Request): Reply | Later<Reply> | Promise<Reply | Later<Reply>>
  /** True while work is under way that a passivation would lose (answers owed, read markers unsaved). */
  busy?(): boolean
  /** Last words: save what is unsaved. */
  passivate?(): Promise<void>
}

export class Later<T> {
  readonly promise: Promise<T>
  constructor(promise: Promise<T>) {
    this.promise = promise
  }
}

/** Ends the turn now; the caller is answered when `promise` settles. */
export function later<T>(promise: Promise<T>): Later<T> {
  return new Later(promise)
}
