import { describe, expect, test } from 'bun:test'
import { RECOVERY_CODES, SecondFactors } from '../../../src/auth/second-factors.ts'
import { base32, stepOfCode, totpCode, totpStep, totpUri } from '../../../src/auth/totp.ts'
import { MemorySecondFactorStore } from '../../support/memory-second-factor-store.ts'

const PEPPER = new Uint8Array(32).fill(7)
const OTHER_PEPPER = new Uint8Array(32).fill(8)

describe('a one-time code', () => {
  test('is that of RFC 6238, appendix B', () => {
    const secret = Buffer.from('12345678901234567890')
    for (const [seconds, code] of [
      [59, '94287082'],
      [1_111_111_109, '07081804'],
      [1_111_111_111, '14050471'],
      [1_234_567_890, '89005924'],
      [2_000_000_000, '69279037'],
      [20_000_000_000, '65353130'],
    ] as const)
      expect(totpCode(secret, totpStep(seconds * 1000), 8)).toBe(code)
  })

  test('is taken from a clock that is a step off, and not two', () => {
    const secret = Buffer.from('12345678901234567890')
    const now = 1_111_111_111_000
    const present = totpStep(now)
    const found = [-2, -1, 0, 1, 2].map((off) => stepOfCode(secret, totpCode(secret, present + off), now))
    expect(found).toEqual([undefined, present - 1, present, present + 1, undefined])
  })

  test('has a secret in base32, as RFC 4648 writes it, in an address that apps read', () => {
    const vectors = {
      f: 'MY',
      fo: 'MZXQ',
      foo: 'MZXW6',
      foob: 'MZXW6YQ',
      fooba: 'MZXW6YTB',
      foobar: 'MZXW6YTBOI',
    }
    for (const [text, encoded] of Object.entries(vectors)) expect(base32(Buffer.from(text))).toBe(encoded)
    const uri = new URL(totpUri('MZXW6YTBOI', { email: 'a+b@example.com', host: 'mc.example.com' }))
    expect([uri.protocol, uri.host]).toEqual(['otpauth:', 'totp'])
    expect(decodeURIComponent(uri.pathname)).toBe('/Mission Control (mc.example.com):a+b@example.com')
    expect(Object.fromEntries(uri.searchParams)).toEqual({
      secret: 'MZXW6YTBOI',
      issuer: 'Mission Control (mc.example.com)',
    })
  })
})

/** As an authenticator app reads it. */
function decoded(secret: string): Buffer {
  const bits = [...secret]
    .map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0'))
    .join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}

describe('a second factor', () => {
  function made() {
    const store = new MemorySecondFactorStore()
    const clock = { now: 1_800_000_000_000 }
    return { store, clock, factors: new SecondFactors(store, PEPPER, () => clock.now) }
  }
  async function turnedOn() {
    const { store, clock, factors } = made()
    const secret = decoded((await factors.begin('a')) ?? '')
    const code = (steps = 0) => totpCode(secret, totpStep(clock.now) + steps)
    const codes = (await factors.confirm('a', code())) ?? []
    clock.now += 30_000
    return { store, clock, factors, code, codes }
  }

  test('U19 is on after its first code, and not before', async () => {
    const { factors, clock } = made()
    const secret = decoded((await factors.begin('a')) ?? '')
    expect(secret.length).toBe(20)
    expect(await factors.confirm('a', '000000x')).toBeUndefined()
    expect(await factors.isOn('a')).toBe(false)
    const code = totpCode(secret, totpStep(clock.now))
    expect(await factors.take('a', code)).toBeUndefined()
    const codes = await factors.confirm('a', `${code.slice(0, 3)} ${code.slice(3)}`)
    expect(new Set(codes).size).toBe(RECOVERY_CODES)
    expect(await factors.isOn('a')).toBe(true)
    expect(await factors.begin('a')).toBeUndefined()
    // The code that turned it on is used up.
    expect(await factors.take('a', code)).toBeUndefined()
  })

  test('U20 takes each code once, and none of another account', async () => {
    const { factors, code } = await turnedOn()
    expect(await factors.take('b', code())).toBeUndefined()
    const tries = await Promise.all([code(), code(), code()].map((one) => factors.take('a', one)))
    expect(tries.filter((taken) => taken === 'totp').length).toBe(1)
    expect(await factors.take('a', code(-1))).toBeUndefined()
    expect(await factors.take('a', code(1))).toBe('totp')
  })

  test('U20 takes each recovery code once, however it is typed; new ones end the former', async () => {
    const { factors, codes } = await turnedOn()
    const [first = '', second = ''] = codes
    expect(first).toMatch(/^[a-z2-7]{4}(-[a-z2-7]{4}){3}$/)
    expect(await factors.take('a', ` ${first.toUpperCase().replaceAll('-', ' ')} `)).toBe('recovery_code')
    expect(await factors.take('a', first)).toBeUndefined()
    expect(await factors.state('a')).toMatchObject({ recovery_codes_left: RECOVERY_CODES - 1 })
    const renewed = (await factors.renewCodes('a')) ?? []
    expect(await factors.take('a', second)).toBeUndefined()
    expect(await factors.take('a', renewed[0] ?? '')).toBe('recovery_code')
  })

  test('U19 is stored without its secret and codes; another pepper opens neither', async () => {
    const { store, clock, code, codes } = await turnedOn()
    const stored = JSON.stringify([...store.rows].map(([id, row]) => [id, row, [...row.codes.keys()]]))
    for (const one of codes) expect(stored.toLowerCase()).not.toContain(one.replaceAll('-', ''))
    const elsewhere = new SecondFactors(store, OTHER_PEPPER, () => clock.now)
    expect(await elsewhere.isOn('a')).toBe(true)
    expect(await elsewhere.take('a', code())).toBeUndefined()
    expect(await elsewhere.take('a', codes[0] ?? '')).toBeUndefined()
  })

  test('U19 a secret that is copied into the row of another account is none there', async () => {
    const { store, factors, code } = await turnedOn()
    const row = store.rows.get('a')
    if (row) store.rows.set('b', { ...row, last_step: 0 })
    expect(await factors.isOn('b')).toBe(true)
    expect(await factors.take('b', code())).toBeUndefined()
  })
})
