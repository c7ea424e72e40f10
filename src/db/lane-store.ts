import { ApiError } from '../contracts/errors.ts'
import { Doubt, Fenced, Gone, type Head } from '../domain/ownership.ts'
import type { Database, Fragment, Row, Sql, Tx } from './client.ts'
import { OutcomeUnknown } from './failures.ts'
import { type BatchRows, type ClosedBatch, emptyRows, flushBatch } from './flush.ts'
import { GroupCommit } from './group-commit.ts'
import { setOrg } from './transaction.ts'

/** Interface of a command to the lane's transaction. */
export interface BatchContext {
  readonly org_id: string
  /** Reads, and fragments for {@link write}. */
  readonly sql: Sql
  /** Time of the transaction as the database gives it: every row and event of the batch carries it. */
  readonly now: string
  /** Runs a statement that changes rows. A command refuses before its first write, never after. */
  write<T>(query: PromiseLike<T>): Promise<T>
  /** The next `seq` of a channel: given once, in order, without gaps. Synchronous when the last one is cached. */
  nextSeq(channel_id: string): number | Promise<number>
  /** The next number of the org's log. */
  nextSequence(): number
  /** Rows that are stored with the batch, in one statement. */
  readonly rows: BatchRows
  /** Rows prefetched for all jobs of the batch, under the lock (see {@link JobRunner.prefetch}). */
  readonly prefetched: Map<string, unknown>
}

/** A batch in memory that still takes jobs; see the lane's port. */
interface OpenBatch<Job, Done, Sealed> {
  accepts(job: Job): boolean
  run(job: Job): Promise<Done>
  close(): Sealed
}

/** How jobs are carried out; given by the commands. */
export interface JobRunner<Job, Done> {
  /** The channel of a job that runs in memory (no read and no write of its own); otherwise undefined. */
  inMemory(job: Job): { channel_id: string } | undefined
  /** Prefetches rows for the jobs of a batch in one statement. */
  prefetch(jobs: readonly Job[], context: BatchContext): Promise<void>
  run(job: Job, context: BatchContext): Promise<Done>
  /** Earlier jobs of the transaction are stored: looks up again what they may have stored under the ids of this one. */
  prefetchAlone?(job: Job, context: BatchContext): Promise<void>
  /** Another owner has written since the jobs were given: brings their permissions to the head that is locked. */
  reload?(jobs: readonly Job[], context: BatchContext): Promise<void>
  /** Buffered writes of the jobs so far, as parts of the closing statement; called once before each. */
  closing?(context: BatchContext): Fragment[]
}

/** Ownership by PostgreSQL alone, while nodes cannot agree on owners. */
export interface Contest {
  /** Whether a batch of this org takes it over, instead of being fenced by another node. */
  isOpen(org_id: string): boolean
  /** A batch took an org from another node. */
  tookOver(): void
}

/**
 * Committed `last_seq` of the channels that one epoch of an org has written to. Exact, because an epoch has one writer.
 */
interface EpochCache {
  readonly epoch: number
  readonly last_seqs: Map<string, number>
}

/**
 * This node's estimate of the database's clock, so rows of all nodes carry one time. Monotonic: a later batch is never
 * dated before an earlier one.
 */
class DatabaseClock {
  #offset_ms = 0
  #last_ms = 0

  heard(database_ms: number, asked_at_ms: number): void {
    this.#offset_ms = database_ms - (asked_at_ms + Date.now()) / 2
  }

  now(): string {
    this.#last_ms = Math.max(this.#last_ms, Math.floor(Date.now() + this.#offset_ms))
    return new Date(this.#last_ms).toISOString()
  }
}

type Work<Job, Done> = (tx: {
  run(job: Job): Promise<Done>
  runAlone(job: Job): Promise<Done>
}) => Promise<void>

/** A sealed batch in memory. It keeps its own seqs only: a chain of predecessors would never be freed. */
interface SealedBatch {
  readonly head: Head
  readonly seqs: ReadonlyMap<string, number>
  store(): Promise<Head>
}

/** Position of a batch before a job; a refused job is rolled back to it. */
interface Mark {
  sequence: number
  messages: number
  events: number
  notifications: number
  replies: number
  jobs: number
  emails: number
}

/**
 * The lane's storage in PostgreSQL. A batch of plain messages is one statement that locks, stores and commits: one
 * round trip, which it shares with batches of other orgs that are ready at the same moment. Any other batch is a
 * transaction: BEGIN with the fencing lock, the commands' own statements, the same closing statement, COMMIT.
 */
export class PostgresLaneStore<Job, Done> {
  readonly #database: Database
  readonly #runner: JobRunner<Job, Done>
  readonly #caches = new Map<string, EpochCache>()
  readonly #clock = new DatabaseClock()
  readonly #group: GroupCommit
  readonly #contest: Contest | undefined

  constructor(database: Database, runner: JobRunner<Job, Done>, contest?: Contest) {
    this.#database = database
    this.#group = new GroupCommit(database)
    this.#runner = runner
    this.#contest = contest
  }

  /** Takes the next epoch of an org; throws `Gone` when it has no head row. */
  async take(org_id: string): Promise<Head> {
    const head = await this.#database.withOrg(org_id, async ({ sql }) => {
      const [row] = await sql<Head[]>`select epoch, sequence, batch, log from lane_take(${org_id})`
      return row
    })
    if (!head) throw new Gone(`Org ${org_id} has no head`)
    this.#caches.set(org_id, { epoch: head.epoch, last_seqs: new Map() })
    return { epoch: head.epoch, sequence: head.sequence, batch: head.batch, log: head.log }
  }

  /** Releases the cache of one epoch of an org; the cache of a later activation stays. */
  release(org_id: string, epoch: number): void {
    if (this.#caches.get(org_id)?.epoch === epoch) this.#caches.delete(org_id)
  }

  /** Opens a batch in memory that starts at `head`, where `predecessor` will leave it. */
  open(org_id: string, head: Head, predecessor?: SealedBatch): OpenBatch<Job, Done, SealedBatch> {
    const cache = this.#cacheOf(org_id, head.epoch)
    const before = predecessor?.seqs
    const known = (channel_id: string) => before?.get(channel_id) ?? cache.last_seqs.get(channel_id)
    const batch = new Batch(undefined, org_id, head, this.#clock.now(), known, this.#runner)
    return {
      accepts: (job) => {
        // What another node has written is seen under the lock only.
        if (this.#contest?.isOpen(org_id)) return false
        const needs = this.#runner.inMemory(job)
        return needs !== undefined && batch.knows(needs.channel_id)
      },
      run: (job) => batch.run(job),
      close: () => {
        const closed = batch.seal()
        return {
          head: batch.headAfter,
          seqs: closed.seqs,
          store: () =>
            this.#remember(cache.last_seqs, async () => {
              if (!(await this.#group.store(closed))) throw await this.#ownershipError(org_id)
              return batch
            }),
        }
      },
    }
  }

  async write(org_id: string, head: Head, jobs: readonly Job[], work: Work<Job, Done>): Promise<Head> {
    const cache = this.#cacheOf(org_id, head.epoch)
    if (this.#contest?.isOpen(org_id)) return await this.#takingOver(org_id, head, cache, jobs, work)
    return await this.#remember(cache.last_seqs, async () => {
      const begin = `begin;select * from lane_begin('${uuid(org_id)}',${whole(head.epoch)})`
      const asked_at = Date.now()
      return await this.#database.scripted(begin, async (tx, [locked]) => {
        if (!locked) throw await this.#ownershipError(org_id)
        this.#clock.heard(Date.parse(String(locked.now)), asked_at)
        return await this.#locked(tx, org_id, head, cache.last_seqs, jobs, work)
      })
    })
  }

  /**
   * Takes the org over and stores the batch in one transaction: nodes that contend for an org queue for its head row, and
   * each stores a batch when its turn comes.
   */
  async #takingOver(
    org_id: string,
    before: Head,
    cache: EpochCache,
    jobs: readonly Job[],
    work: Work<Job, Done>,
  ): Promise<Head> {
    const begin = `begin;${setOrg(org_id)};
      update org_heads set epoch = epoch + (epoch <> ${whole(before.epoch)})::int, updated_at = now()
      where org_id = '${uuid(org_id)}' returning epoch, sequence, batch, log, now() as now`
    const last_seqs = new Map(cache.last_seqs)
    const after = await this.#remember(last_seqs, async () => {
      const asked_at = Date.now()
      return await this.#database.scripted(begin, async (tx, [found]) => {
        if (!found) throw new Gone('The organization is gone')
        this.#clock.heard(Date.parse(String(found.now)), asked_at)
        const head = headOf(found)
        const moved = (['sequence', 'batch', 'log'] as const).some((of) => head[of] !== before[of])
        if (moved) last_seqs.clear()
        return await this.#locked(tx, org_id, head, last_seqs, jobs, work, moved)
      })
    })
    this.#caches.set(org_id, { epoch: after.epoch, last_seqs })
    if (after.epoch !== before.epoch) this.#contest?.tookOver()
    return after
  }

  /** Runs jobs and stores their batch, in a transaction that has locked the head. */
  async #locked(
    tx: Tx,
    org_id: string,
    head: Head,
    last_seqs: ReadonlyMap<string, number>,
    jobs: readonly Job[],
    work: Work<Job, Done>,
    moved = false,
  ): Promise<Batch<Job, Done>> {
    const known = (channel_id: string) => last_seqs.get(channel_id)
    const batch = new Batch(tx, org_id, head, this.#clock.now(), known, this.#runner)
    if (moved) await this.#runner.reload?.(jobs, batch)
    await this.#runner.prefetch(jobs, batch)
    await work(batch)
    if (!(await batch.flush(tx.sql))) throw new Fenced('The head moved under the lock')
    return batch
  }

  /** An older epoch gets a throw-away cache: all its writes are refused. */
  #cacheOf(org_id: string, epoch: number): EpochCache {
    const cache = this.#caches.get(org_id)
    return cache?.epoch === epoch ? cache : { epoch, last_seqs: new Map() }
  }

  /** Caches the seqs of a batch once it is stored. */
  async #remember(last_seqs: Map<string, number>, store: () => Promise<Batch<Job, Done>>): Promise<Head> {
    try {
      const batch = await store()
      for (const [channel_id, seq] of batch.seqs) last_seqs.set(channel_id, seq)
      return batch.headAfter
    } catch (error) {
      if (!(error instanceof OutcomeUnknown)) throw error
      last_seqs.clear()
      throw new Doubt('COMMIT was under way')
    }
  }

  /** The error for a head that could not be locked at an epoch. */
  async #ownershipError(org_id: string): Promise<Error> {
    const [row] = await this.#database.withOrg(
      org_id,
      ({ sql }) => sql`select 1 from org_heads where org_id = ${org_id}`,
    )
    return row ? new Fenced('Another node owns the organization') : new Gone('The organization is gone')
  }
}

/** Rows and numbers of one batch, in memory or inside a transaction. */
class Batch<Job, Done> implements BatchContext {
  readonly #sql: Sql | undefined
  readonly org_id: string
  readonly now: string
  readonly seqs = new Map<string, number>()
  /** Previous `seqs` of the channels that the running job wrote to. */
  readonly #seqs_before = new Map<string, number | undefined>()
  readonly prefetched = new Map<string, unknown>()
  rows: BatchRows = emptyRows()
  sequence: number
  readonly #head: Head
  /** Last seq of a channel before this batch, when it is known without a query. */
  readonly #known: (channel_id: string) => number | undefined
  readonly #runner: JobRunner<Job, Done>
  #wrote = false
  #sealed = false

  constructor(
    tx: Tx | undefined,
    org_id: string,
    head: Head,
    now: string,
    known: (channel_id: string) => number | undefined,
    runner: JobRunner<Job, Done>,
  ) {
    this.#sql = tx?.sql
    this.org_id = org_id
    this.now = now
    this.sequence = head.sequence
    this.#head = head
    this.#known = known
    this.#runner = runner
  }

  /** The head after the rows buffered so far. */
  get headAfter(): Head {
    return { ...this.#head, sequence: this.sequence, batch: this.#head.batch + 1 }
  }

  get sql(): Sql {
    if (!this.#sql) throw new Error('A batch in memory has no transaction')
    return this.#sql
  }

  /** Whether the next seq of a channel can be given without a query. */
  knows(channel_id: string): boolean {
    return this.#lastSeq(channel_id) !== undefined
  }

  async run(job: Job): Promise<Done> {
    if (this.#sealed) throw new Error('A sealed batch takes no job')
    const mark = this.#mark()
    this.#wrote = false
    try {
      return await this.#runner.run(job, this)
    } catch (error) {
      if (error instanceof ApiError && this.#wrote) throw new Error('Refused after a write', { cause: error })
      this.#reset(mark)
      throw error
    }
  }

  async runAlone(job: Job): Promise<Done> {
    const mark = this.#mark()
    await this.sql`savepoint alone`
    try {
      await this.#runner.prefetchAlone?.(job, this)
      const done = await this.#runner.run(job, this)
      if (!(await this.flush(this.sql))) throw new Fenced('The head moved under the lock')
      await this.sql`release savepoint alone`
      return done
    } catch (error) {
      await this.sql`rollback to savepoint alone`
      this.#reset(mark)
      throw error
    }
  }

  /** Stores the buffered rows and moves the head; false when the head is not at its epoch. */
  async flush(sql: Sql): Promise<boolean> {
    return await flushBatch(sql, this.#takeRows(), this.#runner.closing?.(this))
  }

  /** Takes the rows to be stored; no job runs afterwards. */
  seal(): ClosedBatch {
    this.#sealed = true
    return this.#takeRows()
  }

  #takeRows(): ClosedBatch {
    const { org_id, seqs, sequence, rows } = this
    const { epoch, batch } = this.#head
    this.rows = emptyRows()
    return { org_id, epoch, sequence, batch: batch + 1, seqs, rows }
  }

  async write<T>(query: PromiseLike<T>): Promise<T> {
    this.#wrote = true
    return await query
  }

  nextSeq(channel_id: string): number | Promise<number> {
    const last = this.#lastSeq(channel_id)
    if (last === undefined)
      return this.#storedSeq(channel_id).then((stored) => this.#nextSeq(channel_id, stored))
    return this.#nextSeq(channel_id, last)
  }

  #lastSeq(channel_id: string): number | undefined {
    return this.seqs.get(channel_id) ?? this.#known(channel_id)
  }

  #nextSeq(channel_id: string, last: number): number {
    if (!this.#seqs_before.has(channel_id)) this.#seqs_before.set(channel_id, this.seqs.get(channel_id))
    this.seqs.set(channel_id, last + 1)
    return last + 1
  }

  nextSequence(): number {
    this.sequence++
    return this.sequence
  }

  async #storedSeq(channel_id: string): Promise<number> {
    const rows = await this.sql<{ last_seq: number }[]>`
      select last_seq from channels where org_id = ${this.org_id} and id = ${channel_id}`
    if (!rows[0]) throw new Error('nextSeq: no such channel')
    return rows[0].last_seq
  }

  #mark(): Mark {
    this.#seqs_before.clear()
    const { messages, events, notifications, replies, jobs, emails } = this.rows
    return {
      sequence: this.sequence,
      messages: messages.length,
      events: events.length,
      notifications: notifications.length,
      replies: replies.length,
      jobs: jobs.length,
      emails: emails.length,
    }
  }

  #reset(mark: Mark): void {
    this.sequence = mark.sequence
    for (const [channel_id, seq] of this.#seqs_before)
      if (seq === undefined) this.seqs.delete(channel_id)
      else this.seqs.set(channel_id, seq)
    this.rows.messages.length = Math.min(mark.messages, this.rows.messages.length)
    this.rows.events.length = Math.min(mark.events, this.rows.events.length)
    this.rows.notifications.length = Math.min(mark.notifications, this.rows.notifications.length)
    this.rows.replies.length = Math.min(mark.replies, this.rows.replies.length)
    this.rows.jobs.length = Math.min(mark.jobs, this.rows.jobs.length)
    this.rows.emails.length = Math.min(mark.emails, this.rows.emails.length)
  }
}

/** Numbers of the simple protocol are texts. */
function headOf({ epoch, sequence, batch, log }: Row): Head {
  return { epoch: Number(epoch), sequence: Number(sequence), batch: Number(batch), log: String(log) }
}

function uuid(text: string): string {
  if (!/^[0-9a-f-]{36}$/.test(text)) throw new Error('not a UUID')
  return text
}

function whole(value: number): string {
  if (!Number.isSafeInteger(value)) throw new Error('not a whole number')
  return String(value)
}
