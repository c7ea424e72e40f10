import { describe, expect, test } from 'bun:test'
import { BackOff } from '../../../src/auth/back-off.ts'
import { KeyBackOff, SignInBackOff } from '../../../src/http/back-off.ts'

async function refusalOf(check: () => Promise<void>): Promise<unknown> {
  try {
    await check()
  } catch (error) {
    return error
  }
  return undefined
}

const OWN = { email: 'ines@example.com', ip: '203.0.113.1' }

describe('back-off of sign-ins', () => {
  const world = (enabled = true) => {
    let now = 0
    const back_off = new SignInBackOff((_, limits) => new BackOff(() => now, limits), enabled)
    const fail = async (email: string, ip: string, times: number) => {
      for (let i = 0; i < times; i++) await back_off.failed(email, ip)
    }
    return { back_off, fail, pass: (ms: number) => (now += ms) }
  }

  test('counts per pair of account and address, whatever the case of the account, and per address', async () => {
    const { back_off, fail, pass } = world()
    await fail(OWN.email, OWN.ip, 10)
    await back_off.check(OWN.email, OWN.ip)
    await fail(OWN.email, OWN.ip, 1)
    for (const email of ['Ines@Example.com', 'other@example.com'])
      expect(await refusalOf(() => back_off.check(email, OWN.ip))).toMatchObject({
        errorCode: 'RATE_LIMITED',
        retry_after_s: 1,
      })
    await back_off.check('other@example.com', '203.0.113.9')
    pass(1_000)
    await back_off.check(OWN.email, OWN.ip)
  })

  test('lets the owner in from another address, and slows the account down when very many addresses fail', async () => {
    const { back_off, fail } = world()
    await fail(OWN.email, '203.0.113.66', 50)
    await back_off.check(OWN.email, OWN.ip)
    for (let i = 0; i < 200; i++) await fail(OWN.email, `198.51.100.${i}`, 1)
    expect(await refusalOf(() => back_off.check(OWN.email, OWN.ip))).toMatchObject({ retry_after_s: 15 })
  })

  test('counts guesses by accepted invites per pair, not for others who join from the same address', async () => {
    const { back_off } = world()
    for (let i = 0; i < 11; i++) await back_off.guessed(OWN.email, OWN.ip)
    expect(await refusalOf(() => back_off.checkGuess(OWN.email, OWN.ip))).toBeDefined()
    expect(await refusalOf(() => back_off.check(OWN.email, OWN.ip))).toBeDefined()
    await back_off.checkGuess('other@example.com', OWN.ip)
    await back_off.check('other@example.com', OWN.ip)
  })

  test('is off with the rate limits', async () => {
    const { back_off, fail } = world(false)
    await fail(OWN.email, OWN.ip, 50)
    await back_off.check(OWN.email, OWN.ip)
  })
})

test('back-off of keys counts per address, and per key only where the id names one', async () => {
  const back_off = new KeyBackOff((_, limits) => new BackOff(() => 0, limits), true)
  for (let i = 0; i < 21; i++) await (await back_off.of(OWN.ip, undefined)).add()
  expect((await back_off.of(OWN.ip, undefined)).blocked_s).toBe(1)
  expect((await back_off.of('203.0.113.9', 'key')).blocked_s).toBe(0)
  for (let i = 0; i < 22; i++) await (await back_off.of('203.0.113.2', 'key')).add()
  expect((await back_off.of('203.0.113.9', 'key')).blocked_s).toBe(2)
})
