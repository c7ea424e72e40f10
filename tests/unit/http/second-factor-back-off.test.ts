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
    asked.push(await waits(() => back_off.begin('account', undefined)))
    clock.now += (asked.at(-1) ?? 0) * 1_000
  }
  expect(asked).toEqual([0, 0, 0, 0, 0, 0, 1, 0])
  // Whoever waits each time waits longer each time.
  const later: number[] = []
  for (let i = 0; i < 24; i++) {
    later.push(await waits(() => back_off.begin('account', undefined)))
    clock.now += (later.at(-1) ?? 0) * 1_000
  }
  expect(later.filter((wait_s) => wait_s > 0)).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600, 600])
  expect(await waits(() => back_off.begin('account', 'device'))).toBe(0)
  expect(await waits(() => back_off.begin('another account', undefined))).toBe(0)
  for (let i = 0; i < 5; i++) await back_off.begin('account', 'device')
  expect(await waits(() => back_off.begin('account', 'device'))).toBe(1)
  await back_off.succeeded('account', 'device')
  expect(await waits(() => back_off.begin('account', 'device'))).toBe(0)
  clock.now += 10 * 60_000
  expect(await waits(() => back_off.begin('account', undefined))).toBe(0)
})

test('U22 nothing waits on a server without rate limits', async () => {
  const back_off = new SecondFactorBackOff((_, limits) => new BackOff(() => 0, limits), false)
  for (let i = 0; i < 50; i++) await back_off.begin('account', undefined)
  expect(await waits(() => back_off.begin('account', undefined))).toBe(0)
})

test('U22 of codes that come at once no more are looked at than of codes that come one after another', async () => {
  const back_off = new SecondFactorBackOff((_, limits) => new BackOff(() => 0, limits), true)
  const all = await Promise.all(
    Array.from({ length: 200 }, () => waits(() => back_off.begin('account', undefined))),
  )
  expect(all.filter((wait_s) => wait_s === 0)).toHaveLength(6)
})
