import assert from 'node:assert/strict'
import type { SecondFactorStore } from '../../src/auth/second-factors.ts'

/** A store of second factors, and an account that has none. */
export interface SecondFactorStoreUnderTest {
  store: SecondFactorStore
  account_id: string
}

type Rule = [title: string, holds: (make: () => Promise<SecondFactorStoreUnderTest>) => Promise<void>]

const STEP = 59_000_000

async function confirmed(make: () => Promise<SecondFactorStoreUnderTest>) {
  const made = await make()
  await made.store.begin(made.account_id, 'secret')
  assert.equal(await made.store.confirm(made.account_id, 'secret', STEP, ['a', 'b']), true)
  return made
}

export const SECOND_FACTOR_STORE_RULES: Rule[] = [
  [
    'an account has none at first, and nothing of one can be taken',
    async (make) => {
      const { store, account_id } = await make()
      assert.equal(await store.find(account_id), undefined)
      assert.equal(await store.confirm(account_id, 'secret', STEP, ['a']), false)
      assert.equal(await store.takeStep(account_id, STEP), false)
      assert.equal(await store.takeRecoveryCode(account_id, 'a'), false)
      assert.equal(await store.replaceRecoveryCodes(account_id, ['a']), false)
      assert.equal(await store.recoveryCodesLeft(account_id), 0)
      assert.equal(await store.remove(account_id), false)
    },
  ],
  [
    'a secret that is not confirmed is replaced by the next one, and takes no codes',
    async (make) => {
      const { store, account_id } = await make()
      assert.equal(await store.begin(account_id, 'first'), true)
      assert.equal(await store.begin(account_id, 'second'), true)
      assert.deepEqual({ ...(await store.find(account_id)) }, { secret: 'second', confirmed_at: null })
      assert.equal(await store.takeStep(account_id, STEP), false)
      assert.equal(await store.remove(account_id), false)
      assert.equal(await store.confirm(account_id, 'first', STEP, []), false)
      assert.equal(await store.confirm(account_id, 'second', STEP, []), true)
    },
  ],
  [
    'one that is confirmed stays until it is removed',
    async (make) => {
      const { store, account_id } = await confirmed(make)
      assert.equal(await store.begin(account_id, 'another'), false)
      assert.equal(await store.confirm(account_id, 'secret', STEP + 1, []), false)
      assert.equal((await store.find(account_id))?.secret, 'secret')
      assert.equal(await store.remove(account_id), true)
      assert.equal(await store.find(account_id), undefined)
      assert.equal(await store.recoveryCodesLeft(account_id), 0)
      assert.equal(await store.begin(account_id, 'another'), true)
    },
  ],
  [
    'a code is taken once, also by several at once, and none of an earlier step after it',
    async (make) => {
      const { store, account_id } = await confirmed(make)
      assert.equal(await store.takeStep(account_id, STEP), false)
      const taken = await Promise.all(Array.from({ length: 8 }, () => store.takeStep(account_id, STEP + 2)))
      assert.equal(taken.filter(Boolean).length, 1)
      assert.equal(await store.takeStep(account_id, STEP + 1), false)
      assert.equal(await store.takeStep(account_id, STEP + 3), true)
    },
  ],
  [
    'a recovery code is taken once, also by several at once; new ones end the former',
    async (make) => {
      const { store, account_id } = await confirmed(make)
      const taken = await Promise.all(
        Array.from({ length: 8 }, () => store.takeRecoveryCode(account_id, 'a')),
      )
      assert.equal(taken.filter(Boolean).length, 1)
      assert.equal(await store.recoveryCodesLeft(account_id), 1)
      assert.equal(await store.replaceRecoveryCodes(account_id, ['c', 'd', 'e']), true)
      assert.equal(await store.recoveryCodesLeft(account_id), 3)
      assert.equal(await store.takeRecoveryCode(account_id, 'b'), false)
      assert.equal(await store.takeRecoveryCode(account_id, 'c'), true)
    },
  ],
]
