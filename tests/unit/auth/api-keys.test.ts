import { describe, expect, test } from 'bun:test'
import { generateApiKey, hashKey, KeyVerifier, parseApiKey } from '../../../src/auth/api-keys.ts'
import type { StoredKey } from '../../../src/domain/credentials.ts'
import { MemoryKeyStore, storedKey } from '../../support/memory-key-store.ts'

const PEPPER = new TextEncoder().encode('a pepper of thirty-two bytes, or so')
const OTHER_PEPPER = new TextEncoder().encode('another pepper that is long enough')

/** A store with one key, and a bcrypt that counts instead of burning a quarter of a second. */
async function world(changes: Partial<StoredKey> = {}) {
  const { key, key_id } = generateApiKey('live')
  const stored: StoredKey = { ...storedKey({ key_id, ...(await hashKey(key, PEPPER)) }), ...changes }
  const store = new MemoryKeyStore()
  store.rows.set(key_id, stored)
  const calls = {
    bcrypt: 0,
    get find() {
      return store.finds
    },
    get rewritten() {
      return store.rewritten
    },
  }
  const verifier = (pepper = PEPPER) =>
    new KeyVerifier(store, pepper, async (given, hash) => {
      calls.bcrypt++
      return given === key && hash === stored.bcrypt_hash
    })
  return { key, stored, calls, verifier }
}

const wrongLike = (key: string) => `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`

describe('an API key', () => {
  test('has 256 random bits behind a public id, and no other shape is looked at', async () => {
    const { key, key_id, prefix } = generateApiKey('live')
    expect(key).toMatch(/^mc_ak_live_[A-Za-z0-9]{12}_[A-Za-z0-9_-]{43}$/)
    expect(prefix).toBe(`mc_ak_live_${key_id}`)
    expect(generateApiKey('tmp').key).toStartWith('mc_ak_tmp_')
    const { verifier, calls } = await world()
    for (const text of [
      '',
      'mc_ak_live_',
      key.slice(0, -1),
      `${key}x`,
      key.replace('live', 'test'),
      ` ${key}`,
    ]) {
      expect([text, parseApiKey(text)]).toEqual([text, undefined])
      expect(await verifier().verify(text, 0)).toEqual({ ok: false, reason: 'malformed' })
    }
    expect(calls).toMatchObject({ find: 0, bcrypt: 0 })
  })

  test('that is wrong never reaches bcrypt; one that is right pays it once a minute', async () => {
    const { key, verifier, calls } = await world()
    const keys = verifier()
    for (let i = 0; i < 20; i++)
      expect(await keys.verify(wrongLike(key), 0)).toMatchObject({ ok: false, reason: 'wrong' })
    expect(calls.bcrypt).toBe(0)
    const together = await Promise.all(Array.from({ length: 20 }, () => keys.verify(key, 0)))
    expect(together.every(({ ok }) => ok)).toBe(true)
    await keys.verify(key, 59_999)
    expect(calls.bcrypt).toBe(1)
    await keys.verify(key, 60_000)
    expect(calls.bcrypt).toBe(2)
  })

  test('is looked up every time: revocation, expiry and removal count at once, though it is remembered', async () => {
    const { key, stored, calls, verifier } = await world()
    const keys = verifier()
    expect((await keys.verify(key, 1_000)).ok).toBe(true)
    stored.expires_at = new Date(2_000).toISOString()
    expect((await keys.verify(key, 1_999)).ok).toBe(true)
    expect(await keys.verify(key, 2_000)).toMatchObject({ ok: false, reason: 'expired' })
    stored.expires_at = null
    stored.revoked_at = new Date(0).toISOString()
    expect(await keys.verify(key, 1_000)).toMatchObject({ ok: false, reason: 'revoked' })
    stored.revoked_at = null
    // A revocation drops the remembered key: the next use pays bcrypt again.
    const { bcrypt } = calls
    expect((await keys.verify(key, 1_000)).ok).toBe(true)
    expect(calls.bcrypt).toBe(bcrypt + 1)
    stored.member_status = 'deactivated'
    expect(await keys.verify(key, 1_000)).toMatchObject({ ok: false, reason: 'revoked' })
  })

  test('under a pepper that is not known falls back to bcrypt, and its HMAC is written anew', async () => {
    const { key, verifier, calls } = await world()
    const keys = verifier(OTHER_PEPPER)
    expect(await keys.verify(wrongLike(key), 0)).toMatchObject({ ok: false, reason: 'wrong' })
    expect(calls).toMatchObject({ bcrypt: 1, rewritten: [] })
    expect((await keys.verify(key, 0)).ok).toBe(true)
    expect(calls.rewritten).toHaveLength(1)
    const { bcrypt } = calls
    expect(await keys.verify(wrongLike(key), 0)).toMatchObject({ ok: false, reason: 'wrong' })
    expect((await keys.verify(key, 0)).ok).toBe(true)
    expect(calls.bcrypt).toBe(bcrypt)
  })

  test('is stored as bcrypt of cost 12 and an HMAC, never itself', async () => {
    const { key, stored } = await world()
    expect(stored.bcrypt_hash).toMatch(/^\$2[aby]\$12\$/)
    expect(JSON.stringify(stored)).not.toContain(key.split('_').at(-1)!)
    expect(await Bun.password.verify(key, stored.bcrypt_hash)).toBe(true)
  })
})
