import { ApiError } from '../../contracts/errors.ts'
import { Doubt, Fenced, Gone, type Head } from '../../domain/ownership.ts'
import type { Clock } from './clock.ts'
import { type Entry, FilledBatch, type MemoryBatch, type Verdict } from './filled-batch.ts'
import { overloaded } from './mailbox.ts'

/** What one transaction of the lane offers. */
export interface Transaction<Job, Done> {
  /**
   * Runs one job inside the transaction. A refusal (`ApiError`) leaves nothing behind and takes no number; any other
   * error means that the database refused and the transaction cannot go on.
   */
  run(job: Job): Promise<Done>
  /** The same under a savepoint of its own: whatever is refused, the transaction can go on. */
  runAlone(job: Job): Promise<Done>
}

/** Storage as the lane needs it; the contract suite of the lane is run by the fake and by PostgreSQL. */
export interface LaneStore<Job, Done> {
  /** Opens a batch that follows `head`, which is where `before`, still on its way, takes it. */
  open(org_id: string, head: Head, before?: MemoryBatch<Job, Done>): MemoryBatch<Job, Done>
  /** Takes the next epoch. It waits for a transaction in doubt or defeats it. Throws `Gone`. */
  take(org_id: string): Promise<Head>
  /**
   * One transaction: locks the head row at `head.epoch`, lets `work` run some of `jobs`, stores what they produced under
   * consecutive numbers from `head.sequence + 1` with batch number `head.batch + 1`, and commits.
   * Throws `Fenced`, `Gone`, `Doubt`, or 503 `ApiError` when nothing was done.
   */
  write(
    org_id: string,
    head: Head,
    jobs: readonly Job[],
    work: (tx: Transaction<Job, Done>) => Promise<void>,
  ): Promise<Head>
}

/** What the lane tells its owner. */
export interface LaneOwner<Done> {
  /** A batch is stored: publish it, in this order, before the callers are answered. */
  committed(batch: Done[], head: Head): void
  /** After this job no other may run in the same batch (it changed who may do what). */
  endsBatch(done: Done): boolean
  /** This node does not own the org any more (or the org is gone): the owner closes. */
  lost(error: Fenced | Gone): void
  /** A number for the metrics. */
  observe?(measure: 'batch_size' | 'commit_ms' | 'queue_depth', value: number): void
}

export interface LaneLimits {
  /** Commands that may wait; the newest over it gets 503. About a second of work at full load. */
  queue_max: number
  /** Commands in one transaction: enough to share one disk flush, few enough to answer within milliseconds. */
  batch_max: number
  /** A command that has not been answered by then gets 503; its caller has waited five seconds at the most. */
  deadline_ms: number
  /** Pause before the next attempt while the database is away. */
  retry_ms: number
}

export const LANE_LIMITS: LaneLimits = { queue_max: 4096, batch_max: 256, deadline_ms: 4_800, retry_ms: 50 }

/**
 * The one-at-a-time, group-committing writer of an org. While one transaction is under way commands queue; the next
 * takes all that wait. Throughput grows with load instead of collapsing.
 */
export class Lane<Job, Done> {
  readonly #org_id: string
  readonly #store: LaneStore<Job, Done>
  readonly #owner: LaneOwner<Done>
  readonly #clock: Clock
  readonly #limits: LaneLimits
  #queue: Entry<Job, Done>[] = []
  #head: Head
  #working = false
  #closed: unknown
  #cancelSweep: (() => void) | undefined
  #running: Entry<Job, Done>[] = []
  /** The batch that is being filled while the one before it is under way, and under way behind it when it is full. */
  #ahead: FilledBatch<Job, Done> | undefined
  #filling: Promise<void> | undefined
  #idle: (() => void)[] = []

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
  }

  get head(): Head {
    return this.#head
  }

  get depth(): number {
    return this.#queue.length + (this.#ahead?.entries.length ?? 0)
  }

  /** Queues a command and answers once it is stored (or refused, or given up). */
  submit(job: Job): Promise<Done> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed)
    if (this.depth >= this.#limits.queue_max) return Promise.reject(overloaded('writes of this organization'))
    return new Promise<Done>((resolve, reject) => {
      const deadline_at = this.#clock.now() + this.#limits.deadline_ms
      this.#queue.push({ job, deadline_at, answered: false, refused_in_memory: false, resolve, reject })
      this.#watchDeadlines()
      this.#fillAhead()
      if (!this.#working) {
        this.#working = true
        // One turn of the event loop later, so that what arrives in the same read shares the transaction.
        queueMicrotask(() => void this.#work())
      }
    })
  }

  /** Resolves when nothing is queued or under way. */
  async drained(): Promise<void> {
    if (!this.#working) return
    await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  /** Refuses everything queued and everything to come with `error`. */
  close(error: unknown): void {
    if (this.#closed !== undefined) return
    this.#closed = error
    if (!this.#ahead?.sent) this.#dropAhead()
    for (const entry of this.#queue.splice(0)) this.#answer(entry, { ok: false, error })
    this.#cancelSweep?.()
  }

  async #work(): Promise<void> {
    while (this.#queue.length > 0 && this.#closed === undefined) {
      const first = this.#open(this.#head)
      await this.#fill(first)
      if (first.entries.length > 0) await this.#storeInMemory(first)
      else {
        const batch = this.#queue.splice(0, this.#limits.batch_max)
        await this.#guarded(batch, () => this.#commit(batch))
      }
    }
    this.#working = false
    for (const wake of this.#idle.splice(0)) wake()
  }

  /** Has a batch under way; when it fails as a whole, its commands wait again or hear why. */
  async #guarded(batch: Entry<Job, Done>[], run: () => Promise<void>): Promise<void> {
    this.#owner.observe?.('batch_size', batch.length)
    this.#owner.observe?.('queue_depth', this.depth)
    this.#running = batch
    try {
      await run()
    } catch (error) {
      this.#requeueOrFail(batch, error)
      if (this.#closed === undefined && this.#queue.length > 0) await this.#pause()
    }
    this.#running = []
  }

  /**
   * Stores a batch that was run in memory, and then those that were filled while the one before them was under way: the
   * database does not wait for us.
   */
  async #storeInMemory(first: FilledBatch<Job, Done>): Promise<void> {
    let next: FilledBatch<Job, Done> | undefined = first
    while (next) {
      const current: FilledBatch<Job, Done> = next
      next = undefined
      current.send()
      await this.#guarded(current.entries, async () => {
        const started_at = this.#clock.now()
        if (!current.ends) this.#openAhead(current.batch)
        let head: Head
        try {
          head = await current.storedInTurn()
        } catch (error) {
          return await this.#commitAfter(error, current)
        }
        this.#owner.observe?.('commit_ms', this.#clock.now() - started_at)
        next = await this.#takeAhead()
        if (next) {
          // The database gets its next batch before this one is told to anybody: it works while they are served.
          next.send()
          await new Promise<void>((resolve) => this.#clock.soon(resolve))
        }
        this.#finish(current.entries, { head, verdicts: current.verdicts })
      })
    }
  }

  #open(head: Head, before?: MemoryBatch<Job, Done>): FilledBatch<Job, Done> {
    return new FilledBatch(this.#store.open(this.#org_id, head, before))
  }

  #openAhead(before: MemoryBatch<Job, Done>): void {
    if (this.#closed !== undefined) return
    this.#ahead = this.#open(before.head, before)
    this.#fillAhead()
  }

  #fillAhead(): void {
    if (this.#ahead && !this.#ahead.filling) this.#filling = this.#fill(this.#ahead)
  }

  /** The batch that was filled meanwhile; undefined when nothing came that it could take. */
  async #takeAhead(): Promise<FilledBatch<Job, Done> | undefined> {
    await this.#filling
    const ahead = this.#ahead
    this.#ahead = undefined
    return ahead && ahead.entries.length > 0 ? ahead : undefined
  }

  /** What the batch ahead was built on is not so: its commands go back to where they came from. */
  #dropAhead(): void {
    const ahead = this.#ahead
    if (!ahead) return
    ahead.dropped = true
    this.#ahead = undefined
    this.#filling = undefined
    if (this.#closed === undefined) this.#queue.unshift(...ahead.entries.filter((entry) => !entry.answered))
    else for (const entry of ahead.entries) this.#answer(entry, { ok: false, error: this.#closed })
  }

  /** Runs what waits, in its order, as far as it needs nothing but memory. */
  async #fill(filled: FilledBatch<Job, Done>): Promise<void> {
    filled.filling = true
    while (!filled.ends && filled.entries.length < this.#limits.batch_max) {
      const entry = this.#queue[0]
      if (!entry || entry.refused_in_memory || !filled.batch.accepts(entry.job)) break
      this.#queue.shift()
      filled.entries.push(entry)
      const verdict = await filled.run(entry)
      if (filled.dropped) break
      if (!verdict) {
        filled.entries.pop()
        this.#queue.unshift(entry)
        break
      }
      filled.verdicts.set(entry, verdict)
      filled.ends = verdict.ok && this.#owner.endsBatch(verdict.done)
    }
    filled.filling = false
    // A full batch gains nothing by waiting: it is stored behind the one before it without a pause.
    const full = filled.entries.length === this.#limits.batch_max
    if (full && filled === this.#ahead) filled.send()
  }

  /** A batch from memory was not stored as it was. Throws when nothing of it was done and nothing more can be tried. */
  async #commitAfter(error: unknown, current: FilledBatch<Job, Done>): Promise<void> {
    const { entries, verdicts } = current
    if (!this.#ahead?.sent) this.#dropAhead()
    // What is under way behind it ends first: it must not meet what takes its predecessor's place.
    const ahead = this.#ahead
    const behind = await ahead?.failure()
    if (error instanceof Doubt || (behind instanceof Doubt && !isLaneError(error))) {
      const { head, stored } = await this.#settleDoubt(ahead ? 2 : 1).catch((lost: unknown) => {
        // Nobody here can tell any more: the callers of both batches hear so.
        this.#dropAhead()
        throw lost
      })
      if (stored > 0) this.#finish(entries, { head: { ...current.batch.head, epoch: head.epoch }, verdicts })
      if (stored === 2 && ahead) {
        this.#ahead = undefined
        return this.#finish(ahead.entries, { head, verdicts: ahead.verdicts })
      }
      this.#dropAhead()
      if (stored > 0) return
      if (error instanceof Doubt) throw notStored()
    }
    this.#dropAhead()
    if (error instanceof ApiError || isLaneError(error)) throw error
    this.#finish(entries, await this.#attempt(entries, true))
  }

  /** Stores a batch, first all together, and command by command when the database refuses one of them. */
  async #commit(batch: Entry<Job, Done>[]): Promise<void> {
    const started_at = this.#clock.now()
    let outcome: Outcome<Job, Done>
    try {
      outcome = await this.#attempt(batch, false)
    } catch (error) {
      if (error instanceof ApiError || isLaneError(error)) throw error
      outcome = await this.#attempt(batch, true)
    }
    this.#owner.observe?.('commit_ms', this.#clock.now() - started_at)
    this.#finish(batch, outcome)
  }

  async #attempt(batch: Entry<Job, Done>[], alone: boolean): Promise<Outcome<Job, Done>> {
    const verdicts = new Map<Entry<Job, Done>, Verdict<Done>>()
    let next_head: Head
    try {
      const jobs = batch.map((entry) => entry.job)
      next_head = await this.#store.write(this.#org_id, this.#head, jobs, async (tx) => {
        for (const entry of batch) {
          const verdict = await this.#runOne(tx, entry, alone)
          verdicts.set(entry, verdict)
          if (verdict.ok && this.#owner.endsBatch(verdict.done)) break
        }
      })
    } catch (error) {
      if (!(error instanceof Doubt)) throw error
      const settled = await this.#settleDoubt(1)
      if (settled.stored === 0) throw notStored()
      next_head = settled.head
    }
    return { head: next_head, verdicts }
  }

  async #runOne(tx: Transaction<Job, Done>, entry: Entry<Job, Done>, alone: boolean): Promise<Verdict<Done>> {
    try {
      return { ok: true, done: await (alone ? tx.runAlone(entry.job) : tx.run(entry.job)) }
    } catch (error) {
      if (error instanceof ApiError && error.status < 500) return { ok: false, error }
      if (isLaneError(error) || error instanceof ApiError || !alone) throw error
      return { ok: false, error }
    }
  }

  /**
   * COMMIT of up to `batches` was under way when the connection died. A new epoch waits for those transactions or
   * defeats them; then the batch number says how many are stored, of which the head is the last.
   */
  async #settleDoubt(batches: number): Promise<{ head: Head; stored: number }> {
    const before = this.#head
    while (this.#closed === undefined) {
      let head: Head
      try {
        head = await this.#store.take(this.#org_id)
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
        await this.#pause()
        continue
      }
      const stored = head.batch - before.batch
      // Somebody else owned the org in between and wrote: only `recent_commands` can tell, at whoever owns it next.
      if (stored !== 0 && (head.epoch !== before.epoch + 1 || stored > batches))
        throw new Fenced('Another node wrote while an outcome was in doubt')
      this.#head = head
      return { head, stored }
    }
    throw new Fenced('Closed while an outcome was in doubt')
  }

  #finish(batch: Entry<Job, Done>[], outcome: Outcome<Job, Done>): void {
    this.#head = outcome.head
    const done: Done[] = []
    const untouched: Entry<Job, Done>[] = []
    for (const entry of batch) {
      const verdict = outcome.verdicts.get(entry)
      if (!verdict) untouched.push(entry)
      else if (verdict.ok) done.push(verdict.done)
    }
    this.#queue.unshift(...untouched)
    // Published before anybody is answered: who sees an answer may rely on the streams.
    this.#owner.committed(done, outcome.head)
    for (const [entry, verdict] of outcome.verdicts) this.#answer(entry, verdict)
  }

  /** Nothing of the batch was done: it goes back to the front, or its callers hear why not. */
  #requeueOrFail(batch: Entry<Job, Done>[], error: unknown): void {
    if (error instanceof Fenced || error instanceof Gone) {
      this.#owner.lost(error)
      for (const entry of batch) this.#answer(entry, { ok: false, error })
      return
    }
    if (error instanceof ApiError && error.errorCode === 'UNAVAILABLE' && this.#closed === undefined) {
      // Known not to have happened, so the deadline decides: a queued command is never left to run after its answer.
      this.#queue.unshift(...batch.filter((entry) => !entry.answered))
      this.#expire()
      return
    }
    for (const entry of batch) this.#answer(entry, { ok: false, error })
  }

  #answer(entry: Entry<Job, Done>, verdict: Verdict<Done>): void {
    if (entry.answered) return
    entry.answered = true
    if (verdict.ok) entry.resolve(verdict.done)
    else entry.reject(verdict.error)
  }

  #watchDeadlines(): void {
    if (this.#cancelSweep) return
    const next_at = Math.min(
      ...[this.#running[0], this.#ahead?.entries[0], this.#queue[0]].flatMap((entry) =>
        entry ? [entry.deadline_at] : [],
      ),
    )
    if (next_at === Number.POSITIVE_INFINITY) return
    this.#cancelSweep = this.#clock.after(Math.max(20, next_at - this.#clock.now()), () => {
      this.#cancelSweep = undefined
      this.#expire()
      this.#watchDeadlines()
    })
  }

  /** Queued too long: taken out, then told. Under way too long: told that the outcome is unknown. */
  #expire(): void {
    const now = this.#clock.now()
    const ahead = this.#ahead
    if (!ahead?.sent && ahead?.entries.some((entry) => entry.deadline_at <= now)) this.#dropAhead()
    const late = this.#queue.filter((entry) => entry.deadline_at <= now)
    if (late.length > 0) this.#queue = this.#queue.filter((entry) => entry.deadline_at > now)
    for (const entry of late) {
      const error = new ApiError('UNAVAILABLE', 'The database cannot be reached at the moment. Try again.', {
        retry_after_s: 1,
      })
      this.#answer(entry, { ok: false, error })
    }
    for (const entry of [...this.#running, ...(ahead?.sent ? ahead.entries : [])]) {
      if (entry.answered || entry.deadline_at > now) continue
      const message = 'Whether this was stored is not known. Try again with the same key.'
      this.#answer(entry, {
        ok: false,
        error: new ApiError('OUTCOME_UNKNOWN', message, { retry_after_s: 1 }),
      })
    }
  }

  async #pause(): Promise<void> {
    await new Promise<void>((resolve) => this.#clock.after(this.#limits.retry_ms, resolve))
  }
}

function notStored(): ApiError {
  return new ApiError('UNAVAILABLE', 'The database was away. Try again.', { retry_after_s: 1 })
}

interface Outcome<Job, Done> {
  head: Head
  verdicts: Map<Entry<Job, Done>, Verdict<Done>>
}

function isLaneError(error: unknown): boolean {
  return error instanceof Fenced || error instanceof Gone || error instanceof Doubt
}
