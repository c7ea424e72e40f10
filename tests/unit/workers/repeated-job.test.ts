import { expect, test } from 'bun:test'
import { RepeatedJob } from '../../../src/workers/repeated-job.ts'
import { FakeClock, settle } from '../../support/fake-clock.ts'

test('a job runs at once and again an interval after its end, never twice at the same time', async () => {
  const clock = new FakeClock()
  let gate = Promise.withResolvers<undefined>()
  let runs = 0
  const job = new RepeatedJob(
    clock,
    1_000,
    () => {
      runs++
      return gate.promise
    },
    () => undefined,
  )
  await clock.advance(5_000)
  expect(runs).toBe(1)
  gate.resolve(undefined)
  gate = Promise.withResolvers<undefined>()
  await settle()
  await clock.advance(999)
  expect(runs).toBe(1)
  await clock.advance(1)
  expect(runs).toBe(2)
  let stopped = false
  const stop = job.stop().then(() => {
    stopped = true
  })
  await settle()
  expect(stopped).toBe(false)
  gate.resolve(undefined)
  await stop
  await clock.advance(60_000)
  expect(runs).toBe(2)
})

test('a job that fails is reported and tried again; one may ask for an earlier run, never for a later one', async () => {
  const clock = new FakeClock()
  const failures: unknown[] = []
  const results = [new Error('away'), 10, 60_000, undefined]
  let runs = 0
  const job = new RepeatedJob(
    clock,
    1_000,
    async () => {
      const result = results[runs++]
      if (result instanceof Error) throw result
      return result
    },
    (error) => failures.push(error),
  )
  await settle()
  await clock.advance(1_000)
  expect([runs, failures.length]).toEqual([2, 1])
  await clock.advance(10)
  expect(runs).toBe(3)
  await clock.advance(1_000)
  expect(runs).toBe(4)
  await job.stop()
})
