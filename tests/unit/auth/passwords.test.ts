import { describe, expect, test } from 'bun:test'
import { Passwords } from '../../../src/auth/passwords.ts'

const EMAIL = 'ines@example.com'
const secret = (byte: number) => new Uint8Array(32).fill(byte)
const passwords = new Passwords(secret(1))

describe('a hash of a password', () => {
  test('is argon2id in the PHC format, as other programs verify it', async () => {
    const hash = await passwords.hash(EMAIL, 'a quiet harbour 42')
    expect(hash).toStartWith('$argon2id$v=19$m=65536,t=2,p=1$')
    expect(await Bun.password.verify('a quiet harbour 42', hash)).toBeTrue()
    expect(await Bun.password.verify('another harbour 42', hash)).toBeFalse()
  })

  test('is the same for all accounts of an address, whatever its case, and for no other address or server', async () => {
    const hash = await passwords.hash(EMAIL, 'a quiet harbour 42')
    expect(await passwords.hashes('Ines@Example.COM', 'a quiet harbour 42', [])).toEqual([hash])
    for (const other of [
      passwords.hash('ines@example.org', 'a quiet harbour 42'),
      new Passwords(secret(2)).hash(EMAIL, 'a quiet harbour 42'),
    ])
      expect(await other).not.toBe(hash)
  })

  test('is one for every normal form; one of the raw text is known as outdated', async () => {
    const composed = 'Schöne Grüße 42'.normalize('NFC')
    const apart = composed.normalize('NFD')
    const hash = await passwords.hash(EMAIL, apart)
    for (const form of [composed, apart]) expect((await passwords.hashes(EMAIL, form, []))[0]).toBe(hash)
    const raw = await Bun.password.hash(apart, { algorithm: 'argon2id' })
    const salt = raw.split('$')[4] ?? ''
    const [current, ...outdated] = await passwords.hashes(EMAIL, apart, [salt])
    expect(current).toBe(hash)
    expect(outdated).toContain(raw)
    expect(await passwords.hashes(EMAIL, composed, [salt])).not.toContain(raw)
  })

  test('of a text beyond the limit is none of the text', async () => {
    const long = 'x'.repeat(1_025)
    expect(await passwords.hashes(EMAIL, long, [])).toEqual([await passwords.hash(EMAIL, '')])
  })
})
