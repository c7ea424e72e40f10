import type { Clock } from '../actors/runtime/clock.ts'

/** Milliseconds until the next run; undefined: the job's own interval. */
type Next = number | undefined

/**
 * Runs a job now and then again, `interval_ms` after the end of the run before, so that runs never overlap. A job may
 * ask for an earlier next run. A failure is reported and tried again at the next interval.
 */
export class RepeatedJob {
  readonly #clock: Clock
  readonly #interval_ms: number
  readonly #job: () => Promise<Next>
  readonly #failed: (error: unknown) => void
  #cancel: () => void = () => undefined
  #running: Promise<void> = Promise.resolve()
  #stopped = false

  constructor(clock: Clock, interval_ms: number, job: () => Promise<Next>, failed: (error: unknown) => void) {
    this.#clock = clock
    this.#interval_ms = interval_ms
    this.#job = job
    this.#failed = failed
    this.#run()
  }

  /** No further run; resolves when the one under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancel()
    await this.#running
  }

  #run(): void {
    this.#running = this.#once().then((next) => {
      if (this.#stopped) return
      this.#cancel = this.#clock.after(Math.min(next ?? this.#interval_ms, this.#interval_ms), () =>
        this.#run(),
      )
    })
  }

  async #once(): Promise<Next> {
    try {
      return await this.#job()
    } catch (error) {
      this.#failed(error)
      return undefined
    }
  }
}
