import { describe, test } from 'bun:test'
import { newId } from '../../../src/contracts/ids.ts'
import { KEY_STORE_RULES } from '../../support/key-store-contract.ts'
import { MemoryKeyStore, storedKey } from '../../support/memory-key-store.ts'
import { MemorySecondFactorStore } from '../../support/memory-second-factor-store.ts'
import { MemorySessionStore } from '../../support/memory-session-store.ts'
import { SECOND_FACTOR_STORE_RULES } from '../../support/second-factor-store-contract.ts'
import { SESSION_STORE_RULES } from '../../support/session-store-contract.ts'

/** PostgreSQL runs the same suites in tests/integration/db/auth-stores.test.ts. */

describe('the contract of a session store: memory', () => {
  for (const [title, holds] of SESSION_STORE_RULES)
    test(title, () => holds(async () => ({ store: new MemorySessionStore(), user_id: newId() })))
})

describe('the contract of a store of second factors: memory', () => {
  for (const [title, holds] of SECOND_FACTOR_STORE_RULES)
    test(title, () => holds(async () => ({ store: new MemorySecondFactorStore(), account_id: newId() })))
})

describe('the contract of a key store: memory', () => {
  async function make() {
    const store = new MemoryKeyStore()
    return {
      store,
      org_id: 'org',
      user_id: 'agent',
      add: async (key: Parameters<typeof storedKey>[0]) => void store.rows.set(key.key_id, storedKey(key)),
      revoke: async (key_id: string) => {
        const row = store.rows.get(key_id)
        if (row) row.revoked_at = new Date().toISOString()
      },
    }
  }
  for (const [title, holds] of KEY_STORE_RULES) test(title, () => holds(make))
})
