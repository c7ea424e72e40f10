import type { PostgresProcess } from '../../src/db/embedded/postgres-process.ts'

/** A PostgreSQL without a process; postgres-process-contract.ts says what holds for both. */
export class FakePostgres implements PostgresProcess {
  readonly ready: Promise<void>
  readonly gone: Promise<void>
  becomeReady!: () => void
  fail!: (error: Error) => void
  interrupted = 0
  #gone = false
  #end!: () => void

  constructor() {
    this.ready = new Promise((resolve, reject) => {
      this.becomeReady = resolve
      this.fail = reject
    })
    this.gone = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  isGone = () => this.#gone

  interrupt(): void {
    this.interrupted++
    this.#dieSoon()
  }

  die(): void {
    this.#gone = true
    this.fail(new Error('it ended'))
    this.#end()
  }

  async stop(): Promise<void> {
    this.#dieSoon()
    await this.gone
  }

  /** A process ends some time after the signal. */
  #dieSoon(): void {
    setTimeout(() => this.die(), 0)
  }
}
