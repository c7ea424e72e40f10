import { expect, test } from 'bun:test'
import type { ApiError } from '../../../src/contracts/errors.ts'
import { WritesUnderWay } from '../../../src/http/writes-under-way.ts'

test('one request of an org more than allowed is refused before it begins, with a time to wait', async () => {
  const writes = new WritesUnderWay(2)
  const ends: (() => void)[] = []
  let begun = 0
  const work = () => {
    begun++
    return new Promise<void>((resolve) => ends.push(resolve))
  }
  const first = [writes.run('a', work), writes.run('a', work)]
  const third = writes.run('a', work)
  const refusal = await third.then(
    () => undefined,
    (error: ApiError) => [error.errorCode, error.retry_after_s],
  )
  expect(refusal).toEqual(['UNAVAILABLE', 1])
  const other = writes.run('b', work)
  expect(begun).toBe(3)
  for (const end of ends.splice(0)) end()
  await Promise.all([...first, other])
  const next = writes.run('a', work)
  expect(begun).toBe(4)
  for (const end of ends) end()
  await next
})

test('a request that fails counts no longer', async () => {
  const writes = new WritesUnderWay(1)
  const failed = writes.run('a', () => Promise.reject(new Error('no')))
  expect(await failed.catch((error) => error.message)).toBe('no')
  expect(await writes.run('a', () => Promise.resolve('done'))).toBe('done')
})
