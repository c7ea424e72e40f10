import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { newId } from '../../../src/contracts/ids.ts'
import { PostgresKeyStore } from '../../../src/db/key-store.ts'
import { PostgresSecondFactorStore } from '../../../src/db/second-factor-store.ts'
import { PostgresSessionStore } from '../../../src/db/session-store.ts'
import { SpentTokens } from '../../../src/db/spent-tokens.ts'
import { makeOrg, startDatabase, type TestDatabase } from '../../support/database.ts'
import { KEY_STORE_RULES, type KeyStoreUnderTest } from '../../support/key-store-contract.ts'
import { SECOND_FACTOR_STORE_RULES } from '../../support/second-factor-store-contract.ts'
import { SESSION_STORE_RULES } from '../../support/session-store-contract.ts'

let db: TestDatabase

beforeAll(async () => {
  db = await startDatabase()
})
afterAll(() => db.stop())

describe('the contract of a session store: PostgreSQL', () => {
  async function make() {
    const { founder_id } = await makeOrg(db.database)
    return { store: new PostgresSessionStore(db.database), user_id: founder_id }
  }
  for (const [title, holds] of SESSION_STORE_RULES) test(title, () => holds(make))
})

describe('the contract of a store of second factors: PostgreSQL', () => {
  async function make() {
    const { founder_id } = await makeOrg(db.database)
    return { store: new PostgresSecondFactorStore(db.database), account_id: founder_id }
  }
  for (const [title, holds] of SECOND_FACTOR_STORE_RULES) test(title, () => holds(make))
})

test('a signed token is used once, also by several at once; used ones go when they would end anyway', async () => {
  const spent = new SpentTokens(db.database)
  const name = newId()
  const spends = await Promise.all(Array.from({ length: 8 }, () => spent.spend(name, 60_000)))
  expect(spends.filter(Boolean).length).toBe(1)
  expect(await spent.spend(newId(), -1)).toBe(true)
  await spent.spend(newId(), 60_000)
  const [row] = await db.superuser<
    { n: number }[]
  >`select count(*)::int as n from spent_tokens where expires_at < now()`
  expect(row?.n).toBe(0)
  expect(await spent.spend(name, 60_000)).toBe(false)
})

describe('the contract of a key store: PostgreSQL', () => {
  async function make(): Promise<KeyStoreUnderTest> {
    const { org, founder_id } = await makeOrg(db.database)
    const store = new PostgresKeyStore(db.database)
    return {
      store,
      org_id: org.id,
      user_id: founder_id,
      add: async ({ key_id, bcrypt_hash, hmac }) => {
        await db.superuser`insert into api_keys (org_id, id, key_id, kind, user_id, prefix, bcrypt_hash, hmac)
          values (${org.id}, ${newId()}, ${key_id}, 'live', ${founder_id}, 'p', ${bcrypt_hash}, ${hmac})`
      },
      revoke: async (key_id) => {
        await db.superuser`update api_keys set revoked_at = now() where key_id = ${key_id}`
        // The node that revokes a key drops what it remembers of the org.
        store.forgetOrg(org.id)
      },
    }
  }
  for (const [title, holds] of KEY_STORE_RULES) test(title, () => holds(make))
})
