import { describe, test } from 'bun:test'
import { FakePostgres } from '../../support/fake-postgres.ts'
import { POSTGRES_PROCESS_RULES, type PostgresUnderTest } from '../../support/postgres-process-contract.ts'

/** PostgreSQL runs the same suite in tests/integration/db/postgres-process.test.ts. */
function start(): PostgresUnderTest {
  const postgres = new FakePostgres()
  setTimeout(() => postgres.becomeReady(), 0)
  return { postgres, kill: () => postgres.die() }
}

describe('the contract of a PostgreSQL process: fake', () => {
  for (const [title, holds] of POSTGRES_PROCESS_RULES) test(title, () => holds(start))
})
