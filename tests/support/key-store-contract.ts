import assert from 'node:assert/strict'
import { generateApiKey, hashKey, type KeyStore } from '../../src/auth/api-keys.ts'

/** A store, and the active member of an active org that keys are added for. */
export interface KeyStoreUnderTest {
  store: KeyStore
  org_id: string
  user_id: string
  /** Stores a key of the member. */
  add(key: { key_id: string; bcrypt_hash: string; hmac: string }): Promise<void>
  /** Ends it, as its owner does. */
  revoke(key_id: string): Promise<void>
}

type Rule = [title: string, holds: (make: () => Promise<KeyStoreUnderTest>) => Promise<void>]

const PEPPER = new TextEncoder().encode('a pepper of thirty-two bytes, or so')

async function added(made: KeyStoreUnderTest) {
  const { key, key_id } = generateApiKey('live')
  const stored = { key_id, ...(await hashKey(key, PEPPER)) }
  await made.add(stored)
  return stored
}

export const KEY_STORE_RULES: Rule[] = [
  [
    'a key is found by its public id with its org and its member',
    async (make) => {
      const made = await make()
      const { key_id, bcrypt_hash, hmac } = await added(made)
      const found = await made.store.find(key_id)
      assert.ok(found)
      assert.deepEqual(
        {
          key_id: found.key_id,
          bcrypt_hash: found.bcrypt_hash,
          hmac: found.hmac,
          kind: found.kind,
          org_status: found.org_status,
          org_id: found.org_id,
          user_id: found.user_id,
          member_status: found.member_status,
          expires_at: found.expires_at,
          revoked_at: found.revoked_at,
          sub_agent_id: found.sub_agent_id,
        },
        {
          key_id,
          bcrypt_hash,
          hmac,
          kind: 'live',
          org_status: 'active',
          org_id: made.org_id,
          user_id: made.user_id,
          member_status: 'active',
          expires_at: null,
          revoked_at: null,
          sub_agent_id: null,
        },
      )
    },
  ],
  [
    'an unknown id is not found, and not remembered: its key may be created the next moment',
    async (make) => {
      const made = await make()
      const { key, key_id } = generateApiKey('live')
      assert.equal(await made.store.find(key_id), undefined)
      await made.add({ key_id, ...(await hashKey(key, PEPPER)) })
      assert.equal((await made.store.find(key_id))?.key_id, key_id)
    },
  ],
  [
    'a revocation is seen by the next look-up',
    async (make) => {
      const made = await make()
      const { key_id } = await added(made)
      await made.store.find(key_id)
      await made.revoke(key_id)
      const found = await made.store.find(key_id)
      assert.ok(found && found.revoked_at !== null)
    },
  ],
  [
    'an HMAC that is written anew is seen by the next look-up; a row that was found before keeps its own',
    async (make) => {
      const made = await make()
      const { key_id, hmac, bcrypt_hash } = await added(made)
      const before = await made.store.find(key_id)
      assert.ok(before)
      await made.store.rewriteHmac(before, 'v1:another:hmac')
      const after = await made.store.find(key_id)
      assert.deepEqual([before.hmac, after?.hmac, after?.bcrypt_hash], [hmac, 'v1:another:hmac', bcrypt_hash])
    },
  ],
  [
    'an HMAC of a key that is gone is written nowhere, without an error',
    async (make) => {
      const made = await make()
      const { key_id, hmac } = await added(made)
      const found = await made.store.find(key_id)
      assert.ok(found)
      await made.store.rewriteHmac({ ...found, id: '00000000-0000-7000-8000-00000000dead' }, 'v1:x:y')
      assert.equal((await made.store.find(key_id))?.hmac, hmac)
    },
  ],
]
