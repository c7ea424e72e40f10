import { expect, test } from 'bun:test'
import { BackOff } from '../../../src/auth/back-off.ts'
import { SecondFactorBackOff } from '../../../src/http/back-off.ts'

const waits = async (run: () => Promise<void>): Promise<number> => {
  try {
    await run()
    return 0
  } catch (error) {
    return (error as { retry_after_s?: number }).retry_after_s ?? Number.NaN
  }
}

test('U22 wrong codes cost a stranger longer waits, and a browser that has signed in before nothing of it', async () => {
  const clock = { now: 1_000_000 }
  const back_off = new SecondFactorBackOff((_, limits) => new BackOff(() => clock.now, limits), true)
  const asked: number[] = []
  for (let i = 0; i < 8; i++) {
    asked.push(await waits(() => back_off.check('account', undefined)))
    await back_off.failed('account', undefined)
  }
  expect(asked).toEqual([0, 0, 0, 0, 0, 0, 1, 2])
  for (let i = 0; i < 20; i++) await back_off.failed('account', undefined)
  expect(await waits(() => back_off.check('account', undefined))).toBe(600)
  expect(await waits(() => back_off.check('account', 'device'))).toBe(0)
  expect(await waits(() => back_off.check('another account', undefined))).toBe(0)
  for (let i = 0; i < 7; i++) await back_off.failed('account', 'device')
  expect(await waits(() => back_off.check('account', 'device'))).toBe(2)
  await back_off.succeeded('account', 'device')
  expect(await waits(() => back_off.check('account', 'device'))).toBe(0)
  clock.now += 10 * 60_000
  expect(await waits(() => back_off.check('account', undefined))).toBe(0)
})

test('U22 nothing waits on a server without rate limits', async () => {
  const back_off = new SecondFactorBackOff((_, limits) => new BackOff(() => 0, limits), false)
  for (let i = 0; i < 50; i++) await back_off.failed('account', undefined)
  expect(await waits(() => back_off.check('account', undefined))).toBe(0)
})
