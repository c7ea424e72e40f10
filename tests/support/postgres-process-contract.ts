import assert from 'node:assert/strict'
import type { PostgresProcess } from '../../src/db/embedded/postgres-process.ts'

/** A process that was just started and will get ready. */
export interface PostgresUnderTest {
  postgres: PostgresProcess
  /** Ends it as a crash does. */
  kill(): void
}

type Rule = [title: string, holds: (start: () => PostgresUnderTest) => Promise<void>]

export const POSTGRES_PROCESS_RULES: Rule[] = [
  [
    'it gets ready and stays until it is stopped; a stop ends when the process is gone',
    async (start) => {
      const { postgres } = start()
      assert.equal(postgres.isGone(), false)
      await postgres.ready
      assert.equal(postgres.isGone(), false)
      const stopped = postgres.stop()
      assert.equal(postgres.isGone(), false)
      await stopped
      assert.equal(postgres.isGone(), true)
      await postgres.gone
    },
  ],
  [
    'two stops end together, and one after the end has no effect',
    async (start) => {
      const { postgres } = start()
      await postgres.ready
      await Promise.all([postgres.stop(), postgres.stop()])
      await postgres.stop()
      postgres.interrupt()
      assert.equal(postgres.isGone(), true)
    },
  ],
  [
    'an interrupt returns before the process is gone, and ends it',
    async (start) => {
      const { postgres } = start()
      await postgres.ready
      postgres.interrupt()
      assert.equal(postgres.isGone(), false)
      await postgres.gone
      assert.equal(postgres.isGone(), true)
    },
  ],
  [
    'a crash is seen, and a stop after it has no effect',
    async (start) => {
      const { postgres, kill } = start()
      await postgres.ready
      kill()
      await postgres.gone
      assert.equal(postgres.isGone(), true)
      await postgres.stop()
    },
  ],
  [
    'one that ends before it is ready rejects, and is gone',
    async (start) => {
      const { postgres, kill } = start()
      kill()
      await assert.rejects(postgres.ready, Error)
      await postgres.gone
      assert.equal(postgres.isGone(), true)
    },
  ],
]
