import { expect, test } from 'bun:test'
import { ApiError } from '../../../src/contracts/errors.ts'
import { retryWithBackoff } from '../../../src/edge/retry.ts'

const away = () => new ApiError('UNAVAILABLE', 'away', { retry_after_s: 1 })

test('E6 a read is tried again while the database is away and the stream is wanted, and only then', async () => {
  let tries = 0
  const read = async () => {
    if (++tries < 3) throw away()
    return 'page'
  }
  expect(await retryWithBackoff(() => true, read)).toBe('page')
  expect(tries).toBe(3)

  tries = 0
  expect(retryWithBackoff(() => false, read)).rejects.toThrow('away')
  expect(tries).toBe(1)

  const broken = async () => {
    throw new Error('broken')
  }
  expect(retryWithBackoff(() => true, broken)).rejects.toThrow('broken')
})
