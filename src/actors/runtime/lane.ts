import { ApiError } from '../../contracts/errors.ts'
import { Fenced, Gone, type Head } from '../../domain/ownership.ts'
import type { Clock } from './clock.ts'
import { Commit, type Outcome, OwnerFailure } from './commit.ts'
import {
  answer,
  answerAll,
  type Entry,
  LaneQueue,
  laneOverloaded,
  outcomeUnknown,
  type Verdict,
} from './lane-queue.ts'
import type { ClosedBatch, LaneStore } from './lane-store.ts'
import { type Filled, Speculation } from './speculation.ts'

/** What the lane tells its owner. A throw from any of these closes the lane as if it were fenced. */
export interface LaneOwner<Done> {
  /** A batch is stored: publish it, in this order, before the callers are answered. */
  committed(batch: Done[], head: Head): void
  /** True when the command changed permissions: the next one must be judged after this batch is published. */
  endsBatch(done: Done): boolean
  /** The lane stores nothing more (fenced, gone, or failed): the owner closes. */
  lost(error: Fenced | Gone): void
  /** Reports a bug of the lane or its owner. */
  failed(stage: string, error: unknown): void
  /** A number for the metrics. */
  observe?(measure: 'batch_size' | 'commit_ms' | 'queue_depth', value: number): void
}

export interface LaneLimits {
  /** Commands without an answer that no commit holds; one more gets 503. About a second of work at full load. */
  queue_max: number
  /** Commands in one transaction: enough to share one disk flush, few enough to answer within milliseconds. */
  batch_max: number
  /** A command without an answer by then gets 503: every request is answered within five seconds. */
  deadline_ms: number
  /** Back-off while the database is away. */
  retry_ms: number
}

export const LANE_LIMITS: LaneLimits = { queue_max: 4096, batch_max: 256, deadline_ms: 4_800, retry_ms: 50 }

/** Shortest interval between two sweeps for overdue commands. */
const SWEEP_MS_MIN = 20

/**
 * The one-at-a-time, group-committing writer of an org. Commands queue while one transaction commits; the next
 * transaction takes all of them, so that throughput grows with load. Commands that need only memory run ahead, as a
 * {@link Speculation}; every other batch runs inside its transaction.
 */
export class Lane<Job, Done> {
  readonly #org_id: string
  readonly #store: LaneStore<Job, Done>
  readonly #owner: LaneOwner<Done>
  readonly #clock: Clock
  readonly #limits: LaneLimits
  readonly #queue = new LaneQueue<Job, Done>()
  readonly #commit: Commit<Job, Done>
  #head: Head
  #working = false
  #closed: unknown
  /** Commands of the transaction under way. */
  #committing: readonly Entry<Job, Done>[] = []
  /** The batch that is filled while its predecessor commits. */
  #ahead: Speculation<Job, Done> | undefined
  #cancelSweep: (() => void) | undefined
  #drained: (() => void)[] = []

  constructor(
    org_id: string,
    head: Head,
    store: LaneStore<Job, Done>,
    owner: LaneOwner<Done>,
    clock: Clock,
    limits: LaneLimits = LANE_LIMITS,
  ) {
    this.#org_id = org_id
    this.#head = head
    this.#store = store
    this.#owner = owner
    this.#clock = clock
    this.#limits = limits
    this.#commit = new Commit(org_id, store, {
      endsBatch: (done) => this.#endsBatch(done),
      closed: () => this.#closed !== undefined,
      pause: () => this.#pause(),
      tookEpoch: (taken) => {
        this.#head = taken
      },
    })
  }

  get head(): Head {
    return this.#head
  }

  /** Commands that wait: queued, or run ahead of their commit. */
  get depth(): number {
    return this.#queue.size + (this.#ahead?.size ?? 0)
  }

  /** Queues a command. Resolves once it is stored and published; rejects when it is refused or given up. */
  submit(job: Job): Promise<Done> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed)
    if (this.depth >= this.#limits.queue_max) return Promise.reject(laneOverloaded())
    const done = this.#queue.push(job, this.#clock.now() + this.#limits.deadline_ms)
    this.#watchDeadlines()
    this.#ahead?.fill()
    if (!this.#working) {
      this.#working = true
      // One microtask later, so that submissions of the same tick share the transaction.
      queueMicrotask(() => void this.#work())
    }
    return done
  }

  /** Resolves when nothing is queued or under way. */
  async drained(): Promise<void> {
    if (this.#working) await new Promise<void>((resolve) => this.#drained.push(resolve))
  }

  /** Refuses everything queued and everything to come with `error`; a commit under way ends on its own. */
  close(error: unknown): void {
    if (this.#closed !== undefined) return
    this.#closed = error
    this.#ahead?.refuse(error)
    this.#ahead = undefined
    this.#queue.clear(error)
  }

  async #work(): Promise<void> {
    let filled: Filled<Job, Done> | undefined
    try {
      while (this.#closed === undefined && (filled || this.#queue.size > 0)) {
        filled ??= await this.#fillNow()
        if (filled) filled = await this.#commitFilled(filled)
        else await this.#commitQueued()
      }
    } catch (error) {
      this.#crash('lane', error)
    } finally {
      if (this.#closed !== undefined) {
        // The lane closed before the commit of a sealed batch, or while a commit left commands untouched.
        if (filled) answerAll(filled.entries, this.#closed)
        this.#queue.clear(this.#closed)
      }
      this.#working = false
      for (const resolve of this.#drained.splice(0)) resolve()
    }
  }

  /** Fills a batch from the queue. Undefined when the first command needs a transaction. */
  async #fillNow(): Promise<Filled<Job, Done> | undefined> {
    this.#ahead = this.#speculate()
    return await this.#closeAhead()
  }

  /** Starts the batch behind `predecessor`. */
  #speculate(predecessor?: ClosedBatch): Speculation<Job, Done> {
    const batch = this.#store.open(this.#org_id, predecessor?.head ?? this.#head, predecessor)
    const speculation = new Speculation(batch, this.#queue, {
      batch_max: this.#limits.batch_max,
      endsBatch: (done) => this.#owner.endsBatch(done),
      failed: (error) => this.#crash('speculative batch', error),
    })
    speculation.fill()
    return speculation
  }

  async #closeAhead(): Promise<Filled<Job, Done> | undefined> {
    const ahead = this.#ahead
    const filled = await ahead?.close()
    if (this.#ahead === ahead) this.#ahead = undefined
    return filled
  }

  /** Commits a batch that ran in memory, and fills its successor meanwhile. Returns the successor. */
  async #commitFilled(filled: Filled<Job, Done>): Promise<Filled<Job, Done> | undefined> {
    const { entries, verdicts, batch } = filled
    if ([...verdicts.values()].every(({ ok }) => !ok)) {
      // Only refusals: there is nothing to store.
      answerEach(verdicts)
      return undefined
    }
    if (!filled.ends) this.#ahead = this.#speculate(batch)
    await this.#guard(entries, () => this.#commit.sealed(filled, this.#head, () => this.#abandonAhead()))
    return await this.#closeAhead()
  }

  async #commitQueued(): Promise<void> {
    const entries = this.#queue.take(this.#limits.batch_max)
    if (entries.length === 0) return
    await this.#guard(entries, () => this.#commit.inTransaction(entries, this.#head))
  }

  #endsBatch(done: Done): boolean {
    try {
      return this.#owner.endsBatch(done)
    } catch (error) {
      throw new OwnerFailure(error)
    }
  }

  /** Has `entries` under way while `commit` runs, and finishes them. When nothing was done, they go back or hear why. */
  async #guard(
    entries: readonly Entry<Job, Done>[],
    commit: () => Promise<Outcome<Job, Done>>,
  ): Promise<void> {
    this.#observe('batch_size', entries.length)
    this.#observe('queue_depth', this.depth)
    this.#committing = entries
    const started_at = this.#clock.now()
    try {
      const outcome = await commit()
      this.#observe('commit_ms', this.#clock.now() - started_at)
      this.#finish(entries, outcome)
    } catch (error) {
      if (error instanceof OwnerFailure) answerAll(entries, this.#crash('publication', error.cause))
      else await this.#nothingDone(entries, error)
    } finally {
      this.#committing = []
    }
  }

  async #nothingDone(entries: readonly Entry<Job, Done>[], error: unknown): Promise<void> {
    if (error instanceof Fenced || error instanceof Gone) {
      this.close(error)
      answerAll(entries, error)
      this.#tellLost(error)
    } else if (error instanceof ApiError && error.errorCode === 'UNAVAILABLE' && this.#closed === undefined) {
      this.#queue.putBack(entries)
      this.#expire()
      if (this.#queue.size > 0) await this.#pause()
    } else answerAll(entries, error)
  }

  /** The batch is stored: advances the head, publishes, then answers. */
  #finish(entries: readonly Entry<Job, Done>[], { head, verdicts }: Outcome<Job, Done>): void {
    this.#head = head
    this.#queue.putBack(entries.filter((entry) => !verdicts.has(entry)))
    const done: Done[] = []
    for (const verdict of verdicts.values()) if (verdict.ok) done.push(verdict.done)
    try {
      this.#owner.committed(done, head)
    } catch (error) {
      throw new OwnerFailure(error)
    }
    answerEach(verdicts)
  }

  /**
   * Something threw where nothing may throw. The lane closes as if it were fenced: the next owner loads what is stored
   * and answers retries from the record. Returns the answer for commands that may be stored.
   */
  #crash(stage: string, cause: unknown): Fenced {
    const fenced = new Fenced('The owner of the organization failed', { cause, may_be_stored: true })
    try {
      this.#owner.failed(stage, cause)
    } finally {
      this.close(fenced)
      this.#tellLost(fenced)
    }
    return fenced
  }

  #tellLost(error: Fenced | Gone): void {
    try {
      this.#owner.lost(error)
    } catch (failure) {
      this.#owner.failed('close an owner', failure)
    }
  }

  #observe(measure: 'batch_size' | 'commit_ms' | 'queue_depth', value: number): void {
    try {
      this.#owner.observe?.(measure, value)
    } catch (error) {
      this.#owner.failed('observe the lane', error)
    }
  }

  #abandonAhead(): void {
    this.#ahead?.abandon()
    this.#ahead = undefined
  }

  #watchDeadlines(): void {
    if (this.#cancelSweep) return
    const firsts = [this.#committing[0], this.#ahead?.first, this.#queue.first]
    const next_at = Math.min(...firsts.map((entry) => entry?.deadline_at ?? Number.POSITIVE_INFINITY))
    if (next_at === Number.POSITIVE_INFINITY) return
    this.#cancelSweep = this.#clock.after(Math.max(SWEEP_MS_MIN, next_at - this.#clock.now()), () => {
      this.#cancelSweep = undefined
      this.#expire()
      this.#watchDeadlines()
    })
  }

  /** Overdue before its commit: removed, then refused. Overdue in a commit: refused as an unknown outcome. */
  #expire(): void {
    const now = this.#clock.now()
    const ahead = this.#ahead?.first
    if (ahead && ahead.deadline_at <= now) this.#abandonAhead()
    this.#queue.expire(now)
    answerAll(
      this.#committing.filter((entry) => entry.deadline_at <= now),
      outcomeUnknown(),
    )
  }

  async #pause(): Promise<void> {
    await new Promise<void>((resolve) => this.#clock.after(this.#limits.retry_ms, resolve))
  }
}

function answerEach<Job, Done>(verdicts: ReadonlyMap<Entry<Job, Done>, Verdict<Done>>): void {
  for (const [entry, verdict] of verdicts) answer(entry, verdict)
}
