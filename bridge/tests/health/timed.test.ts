import { expect, test } from 'bun:test'
import { timed } from '../../src/health/timed.ts'

class Port {
  #calls = 0
  get calls(): number {
    return this.#calls
  }
  async slow(answer: string): Promise<string> {
    this.#calls += 1
    await Promise.resolve()
    return answer
  }
  async fails(): Promise<never> {
    throw new Error('no')
  }
  quick(): number {
    return this.#calls
  }
}

test('timed methods are observed when they settle, and everything else passes through', async () => {
  const seen: [string, number][] = []
  let now = 0
  const port = timed(
    new Port(),
    ['slow', 'fails', 'quick'],
    (call, ms) => seen.push([call, ms]),
    () => {
      now += 5
      return now
    },
  )
  expect(await port.slow('yes')).toBe('yes')
  await expect(port.fails()).rejects.toThrow('no')
  expect(port.quick()).toBe(1)
  expect(port.calls).toBe(1)
  expect(seen.map(([call]) => call).sort()).toEqual(['fails', 'quick', 'slow'])
  expect(seen.every(([, ms]) => ms >= 5)).toBe(true)
})

test('a method that is not listed keeps its object', async () => {
  const port = timed(new Port(), [], () => undefined)
  expect([await port.slow('yes'), port.quick()]).toEqual(['yes', 1])
})
