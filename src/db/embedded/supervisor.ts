import type { PostgresProcess } from './postgres-process.ts'

/** What an earlier run left may need a moment to go away. A cluster that is damaged fails as often. */
const START_TRIES = 3
const START_PAUSE_MS = 1_000
const RESTART_MS = 100
const RESTART_MS_MAX = 5_000

/** Supervisors of this process whose PostgreSQL may run: `process.exit` comes at any moment. */
const active = new Set<Supervisor>()

process.on('exit', () => {
  for (const supervisor of active) supervisor.interrupt()
})

interface Options {
  /** Starts a PostgreSQL; the process exists when this returns. */
  start(): PostgresProcess
  /** Makes the folder free for a new one. */
  prepare(): Promise<unknown>
  /** Removes what only a running server needs, when this process ends without a stop. */
  abandon?(): void
  log(line: string): void
}

/**
 * Keeps a PostgreSQL running: one that dies is started again, with exponential back-off. `stop` at any moment, also during
 * a restart, and `process.exit` leave no PostgreSQL behind.
 */
export class Supervisor {
  readonly #options: Options
  #current: PostgresProcess | undefined
  #stopping = false
  /** Of the last attempt that failed: the process was gone before it was told to stop. */
  #ended_by_itself = false
  /** Ends the pause before the next attempt. */
  #wake: () => void = () => undefined
  /** Settles when nothing is supervised any more. */
  #done: Promise<void> = Promise.resolve()

  constructor(options: Options) {
    this.#options = options
  }

  /** Resolves when PostgreSQL accepts connections. Throws one sentence when it does not start. */
  async start(): Promise<void> {
    active.add(this)
    try {
      const first = await this.#firstAttempts()
      this.#done = this.#supervise(first)
    } catch (error) {
      active.delete(this)
      throw error
    }
  }

  async stop(): Promise<void> {
    this.#stopping = true
    this.#wake()
    await this.#current?.stop()
    await this.#done
    active.delete(this)
  }

  /** Asks PostgreSQL to stop and does not wait: this process ends now. */
  interrupt(): void {
    this.#current?.interrupt()
    this.#options.abandon?.()
  }

  /** A process that ends by itself is tried again; one that hangs, or a `stop`, ends the start. */
  async #firstAttempts(): Promise<PostgresProcess> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#attempt()
      } catch (error) {
        if (tries === START_TRIES || !this.#ended_by_itself || this.#stopping) throw error
        const reason = error instanceof Error ? error.message : String(error)
        this.#options.log(`the embedded PostgreSQL is started again: ${reason}`)
        await this.#pause(START_PAUSE_MS)
        await this.#options.prepare()
        // `stop` found no process to end.
        if (this.#stopping) throw error
      }
    }
  }

  async #pause(pause_ms: number): Promise<void> {
    await new Promise<void>((wake) => {
      this.#wake = wake
      setTimeout(wake, pause_ms)
    })
  }

  async #attempt(): Promise<PostgresProcess> {
    const started = this.#options.start()
    this.#current = started
    try {
      await started.ready
      return started
    } catch (error) {
      this.#ended_by_itself = started.isGone()
      await started.stop()
      throw error
    }
  }

  async #supervise(first: PostgresProcess): Promise<void> {
    for (let running: PostgresProcess | undefined = first; running; ) {
      await running.gone
      running = await this.#restart()
    }
  }

  /** Tries until it succeeds; undefined once `stop` was called. */
  async #restart(): Promise<PostgresProcess | undefined> {
    for (let pause_ms = RESTART_MS; !this.#stopping; pause_ms = Math.min(pause_ms * 2, RESTART_MS_MAX)) {
      try {
        await this.#options.prepare()
        // `stop` found no process to end.
        if (this.#stopping) return undefined
        const started = await this.#attempt()
        this.#options.log('the embedded PostgreSQL ended unexpectedly and was started again')
        return started
      } catch (error) {
        if (this.#stopping) return undefined
        const reason = error instanceof Error ? error.message : String(error)
        this.#options.log(`the embedded PostgreSQL cannot be started again: ${reason}`)
        await this.#pause(pause_ms)
      }
    }
    return undefined
  }
}
