import type { ConnectionOptions } from '../connection.ts'
import { Shift } from './shift.ts'

/** What the queue says about the attempt that runs. */
export interface Attempt {
  id: string
  /** 1 at the first. */
  attempt: number
  max_attempts: number
  /** Aborted when the server stops. */
  signal: AbortSignal
}

/** Carries out one attempt of a job. A throw is a failed attempt; its message is stored and shown. */
export type Task = (payload: unknown, attempt: Attempt) => Promise<void>

/** A job that the cluster enqueues by the clock. */
export interface CronEntry {
  kind: string
  /** Minute, hour, day, month, weekday; in UTC. */
  at: string
  max_attempts: number
  /** A run that was missed this long ago, because no server ran, is made up for at the start. */
  backfill_ms?: number
}

export interface QueueOptions {
  connection: ConnectionOptions
  prepare: boolean
  /** Jobs at a time on this node. */
  concurrency: number
  tasks: Readonly<Record<string, Task>>
  cron: readonly CronEntry[]
  /** A job is free again when its worker has not been heard of for this long. */
  lease_ms: number
  log: { failed(stage: string, error: unknown): void }
}

/** Pauses before the workers are renewed: the first, and the longest. */
const RENEW_MS = 250
const RENEW_MAX_MS = 30_000
/** Beats of a worker within its lease. */
const BEATS = 4

/**
 * The workers of this node. After a cut of the connection the library's pool may stay unusable without an end, so any error
 * of it renews pool and workers, with exponential back-off. Jobs under way are carried on.
 */
export class JobQueue {
  readonly #options: QueueOptions
  readonly #stopping = new AbortController()
  #shift: Shift | undefined
  /** Shifts that were replaced and still have jobs under way. */
  readonly #old = new Set<Shift>()
  #renewals = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #beats: ReturnType<typeof setInterval> | undefined
  #opening: Promise<void> = Promise.resolve()
  #stopped: Promise<void> | undefined

  constructor(options: QueueOptions) {
    this.#options = options
  }

  start(): void {
    this.#open()
    this.#beats = setInterval(() => void this.#beat(), this.#options.lease_ms / BEATS)
  }

  /** No new job. Those under way are told to stop; what has not ended after `grace_ms` is given back to the queue. */
  stop(grace_ms: number): Promise<void> {
    this.#stopped ??= this.#stop(grace_ms)
    return this.#stopped
  }

  async #stop(grace_ms: number): Promise<void> {
    clearTimeout(this.#timer)
    clearInterval(this.#beats)
    this.#stopping.abort(new Error('The server stops'))
    await this.#opening
    const shifts = [...this.#old, ...(this.#shift ? [this.#shift] : [])]
    await Promise.all(shifts.map((shift) => shift.stop(grace_ms)))
  }

  #open(): void {
    const shift = new Shift(this.#options, this.#stopping.signal, (stage, error) =>
      this.#broken(shift, stage, error),
    )
    this.#shift = shift
    this.#opening = shift.start().catch((error: unknown) => this.#broken(shift, 'start the workers', error))
  }

  #broken(shift: Shift, stage: string, error: unknown): void {
    if (shift !== this.#shift || this.#stopping.signal.aborted) return
    this.#options.log.failed(stage, error)
    this.#shift = undefined
    this.#old.add(shift)
    void shift.retire().finally(() => this.#old.delete(shift))
    const pause_ms = Math.min(RENEW_MS * 2 ** this.#renewals++, RENEW_MAX_MS)
    this.#timer = setTimeout(() => this.#open(), pause_ms)
  }

  /** Says to the database what this node has under way; see the function `mc_beat`. */
  async #beat(): Promise<void> {
    const shift = this.#shift
    for (const old of this.#old) await old.beat(shift).catch(() => undefined)
    if (!shift) return
    try {
      if (await shift.beat(shift)) this.#renewals = 0
    } catch (error) {
      this.#broken(shift, 'tell the queue that the workers live', error)
    }
  }
}
