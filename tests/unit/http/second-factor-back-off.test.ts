import { expect, test } from 'bun:test'
import { SecondFactorBackOff } from '../../../src/http/back-off.ts'

const waits = (run: () => void): number => {
  try {
    run()
    return 0
  } catch (error) {
    return (error as { retry_after_s?: number }).retry_after_s ?? Number.NaN
  }
}

test('U22 wrong codes cost a stranger longer waits, and a browser that has signed in before nothing of it', () => {
  const clock = { now: 1_000_000 }
  const back_off = new SecondFactorBackOff(() => clock.now, true)
  const asked: number[] = []
  for (let i = 0; i < 8; i++) {
    asked.push(waits(() => back_off.check('account', undefined)))
    back_off.failed('account', undefined)
  }
  expect(asked).toEqual([0, 0, 0, 0, 0, 0, 1, 2])
  for (let i = 0; i < 20; i++) back_off.failed('account', undefined)
  expect(waits(() => back_off.check('account', undefined))).toBe(600)
  expect(waits(() => back_off.check('account', 'device'))).toBe(0)
  expect(waits(() => back_off.check('another account', undefined))).toBe(0)
  for (let i = 0; i < 7; i++) back_off.failed('account', 'device')
  expect(waits(() => back_off.check('account', 'device'))).toBe(2)
  back_off.succeeded('account', 'device')
  expect(waits(() => back_off.check('account', 'device'))).toBe(0)
  clock.now += 10 * 60_000
  expect(waits(() => back_off.check('account', undefined))).toBe(0)
})

test('U22 nothing waits on a server without rate limits', () => {
  const back_off = new SecondFactorBackOff(() => 0, false)
  for (let i = 0; i < 50; i++) back_off.failed('account', undefined)
  expect(waits(() => back_off.check('account', undefined))).toBe(0)
})
