import { expect, test } from 'bun:test'
import type { Database } from '../../../src/db/client.ts'
import { PostgresKeyStore } from '../../../src/db/key-store.ts'

const KEYS_MAX = 3

/** A database that counts transactions and never answers. */
function silentDatabase() {
  const counted = { writes: 0 }
  const database: Pick<Database, 'query' | 'withOrg'> = {
    query: () => new Promise(() => undefined),
    withOrg: () => {
      counted.writes++
      return new Promise(() => undefined)
    },
  }
  return { database, counted }
}

test('the last use of a key is written once a minute, and the list of used keys is bounded', () => {
  const { database, counted } = silentDatabase()
  const store = new PostgresKeyStore(database, () => undefined, KEYS_MAX)
  const use = (id: string) => store.used({ org_id: 'org', id })
  for (const id of ['a', 'b', 'c', 'a', 'b', 'c']) use(id)
  expect(counted.writes).toBe(3)
  // One more than are remembered: the oldest falls out, and is written once more than needed.
  use('d')
  use('b')
  expect(counted.writes).toBe(4)
  use('a')
  expect(counted.writes).toBe(5)
})
