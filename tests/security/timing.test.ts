/**
 * Timing: the duration of an answer tells what the answer conceals. Work is counted here, not measured: the same number of
 * derivations and of statements, whether there is an account or not.
 */
import { expect, test } from 'bun:test'
import { KeyVerifier, parseApiKey } from '../../src/auth/api-keys.ts'
import { Passwords } from '../../src/auth/passwords.ts'
import type { Deps } from '../../src/http/deps.ts'
import { accountOf } from '../../src/http/routes/auth/sign-in.ts'

const passwords = new Passwords(new Uint8Array(32).fill(7))

/** Sign-in against accounts that hold `emails`, with the work that it takes. */
async function work(emails: readonly string[], email: string, password: string) {
  const calls: string[] = []
  const known = emails.includes(email)
  const hash = known ? await passwords.hash(email, 'the right password') : ''
  const deps = {
    accounts: {
      salts: async () => {
        calls.push('salts')
        // Those of hashes with another salt: an account of today has none.
        return []
      },
      byPassword: async (_: string, hashes: readonly string[]) => {
        calls.push(`by ${hashes.length} hashes`)
        return known && hashes.includes(hash) ? { id: 'x' } : undefined
      },
    },
    passwords: {
      salt: (of: string) => passwords.salt(of),
      hashes: async (of: string, text: string, salts: readonly string[]) => {
        calls.push(`derive for ${salts.length + 1} salts`)
        return await passwords.hashes(of, text, salts)
      },
    },
  } as unknown as Pick<Deps, 'accounts' | 'passwords'>
  const { account } = await accountOf(deps, { email, password })
  return { calls, found: account !== undefined }
}

test('an unknown address, a wrong password and a right one cost the same work', async () => {
  const emails = ['ines@example.com']
  const right = await work(emails, 'ines@example.com', 'the right password')
  const wrong = await work(emails, 'ines@example.com', 'the wrong password')
  const unknown = await work(emails, 'nobody@example.com', 'the wrong password')
  expect([right.found, wrong.found, unknown.found]).toEqual([true, false, false])
  expect(wrong.calls).toEqual(right.calls)
  expect(unknown.calls).toEqual(right.calls)
})

test('a password longer than any is derived like another, so that its length costs nothing more', async () => {
  const long = await work([], 'nobody@example.com', 'x'.repeat(2_000))
  expect(long.calls).toEqual((await work([], 'nobody@example.com', 'a password')).calls)
})

test('a wrong key reaches neither bcrypt nor, without its shape, the database', async () => {
  const calls: string[] = []
  const store = {
    find: async () => {
      calls.push('find')
      return undefined
    },
    rewriteHmac: async () => undefined,
  }
  const verifier = new KeyVerifier(store, new Uint8Array(32).fill(1), async () => {
    calls.push('bcrypt')
    return true
  })
  const whole = `mc_ak_live_${'a'.repeat(12)}_${'b'.repeat(43)}`
  for (const key of [
    whole.slice(0, -1),
    `${whole}b`,
    whole.replace('live', 'test'),
    'mc_ak_',
    `${whole} `,
    whole.toUpperCase(),
    'mc_ak_live_'.padEnd(100_000, 'x'),
  ]) {
    expect(parseApiKey(key)).toBeUndefined()
    expect(await verifier.verify(key, 0)).toEqual({ ok: false, reason: 'malformed' })
  }
  expect(calls).toEqual([])
  expect(await verifier.verify(whole, 0)).toEqual({ ok: false, reason: 'unknown' })
  expect(calls).toEqual(['find'])
})
