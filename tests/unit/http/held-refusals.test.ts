import { expect, test } from 'bun:test'
import { HeldRefusals } from '../../../src/http/held-refusals.ts'

function refusals(held_max?: number) {
  let now = 0
  const waits: { ms: number; end: () => void }[] = []
  const held = new HeldRefusals(
    () => now,
    (ms) => new Promise<void>((end) => waits.push({ ms, end })),
    () => 0.25,
    held_max,
  )
  const refuse = async (times: number, caller = 'a') => {
    for (let n = 0; n < times; n++) void held.hold(caller)
    await Promise.resolve()
    return waits.length
  }
  const endAll = async () => {
    for (const { end } of waits.splice(0)) end()
    await Bun.sleep(0)
  }
  return { refuse, waits, endAll, pass: (ms: number) => (now += ms) }
}

test('a caller gets twenty refusals a second at once, and waits about a second for further ones', async () => {
  const { refuse, waits } = refusals()
  expect(await refuse(20)).toBe(0)
  expect(await refuse(5)).toBe(5)
  expect(waits[0]?.ms).toBe(750)
  expect(await refuse(20, 'b')).toBe(5)
})

test('who goes on waits in the next second too, and who has paused does not', async () => {
  const { refuse, endAll, pass } = refusals()
  await refuse(25)
  await endAll()
  pass(1_500)
  expect(await refuse(1)).toBe(1)
  await endAll()
  pass(2_000)
  expect(await refuse(20)).toBe(0)
})

test('no more than so many wait at once', async () => {
  const { refuse, endAll } = refusals(3)
  expect(await refuse(100)).toBe(3)
  await endAll()
  expect(await refuse(1)).toBe(1)
})
