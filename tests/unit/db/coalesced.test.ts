import { expect, test } from 'bun:test'
import { CoalescedReads } from '../../../src/db/coalesced.ts'

test('keys that are asked for while a read is under way go together in the next one', async () => {
  const batches: string[][] = []
  const answers: (() => void)[] = []
  const reads = new CoalescedReads<string>(async (keys) => {
    batches.push(keys)
    await new Promise<void>((resolve) => answers.push(resolve))
    return new Map(keys.filter((key) => key !== 'none').map((key) => [key, `value of ${key}`]))
  }, 'missing')
  const first = [reads.get('a'), reads.get('b')]
  await Bun.sleep(0)
  // The same key again joins the next read: the one under way may be older than what its caller knows of.
  const second = [reads.get('a'), reads.get('none'), reads.get('c')]
  answers[0]?.()
  expect(await Promise.all(first)).toEqual(['value of a', 'value of b'])
  await Bun.sleep(0)
  answers[1]?.()
  expect(await Promise.all(second)).toEqual(['value of a', 'missing', 'value of c'])
  expect(batches).toEqual([
    ['a', 'b'],
    ['a', 'none', 'c'],
  ])
})

test('a read that fails fails its own keys only', async () => {
  let broken = true
  let idle = 0
  const reads = new CoalescedReads<string>(
    async (keys) => {
      if (broken) throw new Error('broken')
      return new Map(keys.map((key) => [key, key]))
    },
    '',
    () => idle++,
  )
  const failed = await Promise.allSettled([reads.get('a'), reads.get('b')])
  expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  broken = false
  expect(await reads.get('a')).toBe('a')
  await Bun.sleep(0)
  expect(idle).toBe(2)
})
