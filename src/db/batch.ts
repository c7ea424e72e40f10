import { ApiError } from '../contracts/errors.ts'
import { Fenced, type Head } from '../domain/ownership.ts'
import type { Fragment, Sql, Tx } from './client.ts'
import { type BatchRows, type ClosedBatch, emptyRows, flushBatch } from './flush.ts'

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

/** Rows and numbers of one batch, in memory or inside a transaction. */
export class Batch<Job, Done> implements BatchContext {
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
