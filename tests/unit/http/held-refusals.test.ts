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

test('a caller gets twenty refusals at once, and further ones at twenty a second', async () => {
  const { refuse, waits } = refusals()
  expect(await refuse(20)).toBe(0)
  expect(await refuse(5)).toBe(5)
  expect(waits.map(({ ms }) => ms)).toEqual([50, 100, 150, 200, 250])
  expect(await refuse(20, 'b')).toBe(5)
})

test('a flood waits for half of the longest time to all of it, however long it goes on', async () => {
  const { refuse, waits, endAll, pass } = refusals()
  await refuse(2_000)
  expect(Math.max(...waits.map(({ ms }) => ms))).toBe(4_950)
  expect(waits.at(-1)?.ms).toBe(3_125)
  await endAll()
  pass(1_000)
  await refuse(40)
  expect(Math.max(...waits.map(({ ms }) => ms))).toBe(4_950)
  expect(waits.at(-1)?.ms).toBe(3_125)
})

test('who goes on waits, and who has paused does not', async () => {
  const { refuse, endAll, pass } = refusals()
  await refuse(60)
  await endAll()
  pass(2_500)
  expect(await refuse(21)).toBe(11)
  await endAll()
  pass(1_550)
  expect(await refuse(20)).toBe(0)
})

test('a client that sends one request after the other gets twenty refusals a second', async () => {
  const { refuse, waits, endAll, pass } = refusals()
  await refuse(20)
  for (let n = 0; n < 30; n++) {
    await refuse(1)
    expect(waits[0]?.ms).toBe(50)
    pass(50)
    await endAll()
  }
})

test('a clock that is set back by an hour holds nobody for longer', async () => {
  const { refuse, waits, pass } = refusals()
  await refuse(200)
  pass(-3_600_000)
  await refuse(1)
  expect(waits.at(-1)?.ms).toBeLessThanOrEqual(5_000)
})

test('no more than so many wait at once', async () => {
  const { refuse, endAll } = refusals(3)
  expect(await refuse(100)).toBe(3)
  await endAll()
  expect(await refuse(1)).toBe(1)
})
