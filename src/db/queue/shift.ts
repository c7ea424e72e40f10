import { EventEmitter } from 'node:events'
import {
  type ParsedCronItem,
  parseCronItems,
  type Runner,
  run,
  type TaskList,
  type WorkerEvents,
} from 'graphile-worker'
import type pg from 'pg'
import { QUEUE_SCHEMA, queuePool } from './connection.ts'
import type { CronEntry, QueueOptions, Task } from './job-queue.ts'
import { queueLogger } from './logger.ts'

/** A new job is announced to the workers; they look for themselves this often for jobs that were put off, and for lost announcements. */
const POLL_MS = 5_000
/** The connection that listens, and two for the short statements by which jobs begin and end. */
const CONNECTIONS = 3
/** An ended job counts as under way for a while: the statement that removes it may be on its way. */
const ENDED_MS = 30_000
/** Time in which the library ends by itself. */
const RELEASE_MS = 1_000

/** The workers of a node on one pool of connections: one run of the library, from its start to an error or the end. */
export class Shift {
  readonly #options: QueueOptions
  readonly #stopping: AbortSignal
  readonly #broken: (stage: string, error: unknown) => void
  readonly #pool: pg.Pool
  /** Jobs by id; a time: when it ended. */
  readonly #under_way = new Map<string, number | undefined>()
  /** Resolve when no job is under way. */
  #idle: (() => void)[] = []
  #worker: string | undefined
  #runner: Runner | undefined
  #over = false

  constructor(
    options: QueueOptions,
    stopping: AbortSignal,
    /** Called with every error of the library or its connections. */
    broken: (stage: string, error: unknown) => void,
  ) {
    this.#options = options
    this.#stopping = stopping
    this.#broken = broken
    this.#pool = queuePool(options.connection, CONNECTIONS, (error) =>
      this.#fail('keep a connection of the workers', error),
    )
  }

  async start(): Promise<void> {
    const { concurrency, prepare, cron, tasks } = this.#options
    const runner = await run({
      pgPool: this.#pool,
      schema: QUEUE_SCHEMA,
      concurrency,
      pollInterval: POLL_MS,
      noHandleSignals: true,
      noPreparedStatements: !prepare,
      events: this.#events(),
      logger: queueLogger((text, error) => this.#fail('run background jobs', error ?? new Error(text))),
      // Without a batch the library leaves a statement that fails here unhandled.
      preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
      taskList: this.#taskList(tasks),
      parsedCronItems: cronItems(cron),
    })
    this.#runner = runner
    // Settles when the workers end: by `stop`, or after an error that was reported already.
    runner.promise.then(
      () => this.#fail('keep the workers running', new Error('they ended')),
      (error: unknown) => this.#fail('keep the workers running', error),
    )
    if (this.#stopping.aborted) return
    await this.beat(this)
  }

  /** Says that the workers of this shift live, by the connections of `by`. False before they have started. */
  async beat(by: Shift | undefined): Promise<boolean> {
    if (this.#worker === undefined || !by) return false
    const now = Date.now()
    for (const [id, ended_at] of this.#under_way)
      if (ended_at !== undefined && now - ended_at > ENDED_MS) this.#under_way.delete(id)
    await by.#pool.query('select public.mc_beat($1, $2, $3)', [
      this.#worker,
      this.#options.lease_ms,
      [...this.#under_way.keys()],
    ])
    return true
  }

  /** After an error: no new job; resolves when those under way have ended. */
  async retire(): Promise<void> {
    this.#over = true
    const ended = this.#runner?.stop().catch(() => undefined)
    await this.#untilIdle()
    await Promise.race([ended, Bun.sleep(RELEASE_MS)])
    await this.#close()
  }

  /** Without an error: the same, but what is under way after `grace_ms` is given back. */
  async stop(grace_ms: number): Promise<void> {
    this.#over = true
    const ended = this.#runner?.stop().catch(() => undefined)
    await Promise.race([this.#untilIdle(), Bun.sleep(grace_ms)])
    await this.#giveBack(this.#running())
    await Promise.race([ended, Bun.sleep(RELEASE_MS)])
    await this.#close()
  }

  #fail(stage: string, error: unknown): void {
    if (!this.#over) this.#broken(stage, error)
  }

  #events(): WorkerEvents {
    const events: WorkerEvents = new EventEmitter()
    events.on('pool:create', ({ workerPool }) => {
      this.#worker = workerPool.id
    })
    events.on('job:start', ({ job }) => this.#under_way.set(job.id, undefined))
    events.on('job:complete', ({ job }) => {
      this.#under_way.set(job.id, Date.now())
      if (this.#running().length === 0) for (const wake of this.#idle.splice(0)) wake()
    })
    events.on('worker:getJob:error', ({ error }) => this.#fail('look for jobs', error))
    events.on('pool:listen:error', ({ error }) => this.#fail('listen for jobs', error))
    events.on('pool:fatalError', ({ error }) => this.#fail('record the end of a job', error))
    return events
  }

  #taskList(tasks: Readonly<Record<string, Task>>): TaskList {
    return Object.fromEntries(
      Object.entries(tasks).map(([kind, task]) => [
        kind,
        async (payload, { job }) => {
          try {
            await task(payload, {
              id: job.id,
              attempt: job.attempts,
              max_attempts: job.max_attempts,
              signal: this.#stopping,
            })
          } catch (error) {
            // The attempt that the stop ended does not count; the library then finds the job free and changes nothing.
            if (this.#stopping.aborted) await this.#giveBack([job.id])
            throw error
          }
        },
      ]),
    )
  }

  #running(): string[] {
    return [...this.#under_way].filter(([, ended_at]) => ended_at === undefined).map(([id]) => id)
  }

  #untilIdle(): Promise<void> {
    if (this.#running().length === 0) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  /** When this fails too the jobs are free after the lease. */
  async #giveBack(ids: string[]): Promise<void> {
    if (ids.length === 0 || this.#worker === undefined) return
    try {
      await this.#pool.query('select public.mc_give_back($1, $2)', [this.#worker, ids])
    } catch (error) {
      this.#options.log.failed('give jobs back to the queue', error)
    }
  }

  async #close(): Promise<void> {
    await Promise.race([this.#pool.end().catch(() => undefined), Bun.sleep(RELEASE_MS)])
  }
}

/** One job of a kind waits at the most, and one runs. */
function cronItems(cron: readonly CronEntry[]): ParsedCronItem[] {
  return parseCronItems(
    cron.map(({ kind, at, max_attempts, backfill_ms = 0 }) => ({
      task: kind,
      match: at,
      identifier: kind,
      options: {
        backfillPeriod: backfill_ms,
        maxAttempts: max_attempts,
        queueName: kind,
        jobKey: kind,
        jobKeyMode: 'replace' as const,
      },
    })),
  )
}
