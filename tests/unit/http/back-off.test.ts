import { describe, expect, test } from 'bun:test'
import { KeyBackOff, SignInBackOff } from '../../../src/http/back-off.ts'

function refusalOf(check: () => void): unknown {
  try {
    check()
  } catch (error) {
    return error
  }
  return undefined
}

const OWN = { email: 'ines@example.com', ip: '203.0.113.1' }

describe('back-off of sign-ins', () => {
  const world = (enabled = true) => {
    let now = 0
    const back_off = new SignInBackOff(() => now, enabled)
    const fail = (email: string, ip: string, times: number) => {
      for (let i = 0; i < times; i++) back_off.failed(email, ip)
    }
    return { back_off, fail, pass: (ms: number) => (now += ms) }
  }

  test('counts per pair of account and address, whatever the case of the account, and per address', () => {
    const { back_off, fail, pass } = world()
    fail(OWN.email, OWN.ip, 10)
    back_off.check(OWN.email, OWN.ip)
    fail(OWN.email, OWN.ip, 1)
    for (const email of ['Ines@Example.com', 'other@example.com'])
      expect(refusalOf(() => back_off.check(email, OWN.ip))).toMatchObject({
        errorCode: 'RATE_LIMITED',
        retry_after_s: 1,
      })
    back_off.check('other@example.com', '203.0.113.9')
    pass(1_000)
    back_off.check(OWN.email, OWN.ip)
  })

  test('lets the owner in from another address, and slows the account down when very many addresses fail', () => {
    const { back_off, fail } = world()
    fail(OWN.email, '203.0.113.66', 50)
    back_off.check(OWN.email, OWN.ip)
    for (let i = 0; i < 200; i++) fail(OWN.email, `198.51.100.${i}`, 1)
    expect(refusalOf(() => back_off.check(OWN.email, OWN.ip))).toMatchObject({ retry_after_s: 15 })
  })

  test('counts guesses by accepted invites per pair, not for others who join from the same address', () => {
    const { back_off } = world()
    for (let i = 0; i < 11; i++) back_off.guessed(OWN.email, OWN.ip)
    expect(() => back_off.checkGuess(OWN.email, OWN.ip)).toThrow()
    expect(() => back_off.check(OWN.email, OWN.ip)).toThrow()
    back_off.checkGuess('other@example.com', OWN.ip)
    back_off.check('other@example.com', OWN.ip)
  })

  test('is off with the rate limits', () => {
    const { back_off, fail } = world(false)
    fail(OWN.email, OWN.ip, 50)
    back_off.check(OWN.email, OWN.ip)
  })
})

test('back-off of keys counts per address, and per key only where the id names one', () => {
  const back_off = new KeyBackOff(() => 0, true)
  for (let i = 0; i < 21; i++) back_off.of(OWN.ip, undefined).add()
  expect(back_off.of(OWN.ip, undefined).blocked_s).toBe(1)
  expect(back_off.of('203.0.113.9', 'key').blocked_s).toBe(0)
  for (let i = 0; i < 22; i++) back_off.of('203.0.113.2', 'key').add()
  expect(back_off.of('203.0.113.9', 'key').blocked_s).toBe(2)
})
