import { expect, test } from 'bun:test'
import type { Alarm } from '../../../src/domain/alarm.ts'
import { ALARMS_AT_ONCE, deliverAlarms } from '../../../src/workers/alarms.ts'
import { RepeatedJob } from '../../../src/workers/repeated-job.ts'
import { FakeClock, settle } from '../../support/fake-clock.ts'

const alarm = (target_id: string): Alarm => ({
  org_id: 'org',
  kind: 'loop_brake',
  target_id,
  due_at: '2026-01-01T00:00:00.000Z',
  payload: {},
})

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

test('A92 an alarm that cannot be delivered costs the others nothing, and a full page asks for the next at once', async () => {
  const delivered: string[] = []
  const failures: string[] = []
  const ports = (due: Alarm[], wait_ms: number | null) => ({
    take: async () => ({ due, wait_ms }),
    deliver: async ({ target_id }: Alarm) => {
      if (target_id === 'bad') throw new Error('away')
      delivered.push(target_id)
    },
    failed: (stage: string) => void failures.push(stage),
  })
  expect(await deliverAlarms(ports([alarm('a'), alarm('bad'), alarm('b')], 500))).toBe(500)
  expect([delivered, failures]).toEqual([['a', 'b'], ['deliver the alarm loop_brake of bad']])
  expect(await deliverAlarms(ports([], null))).toBeUndefined()
  const full = Array.from({ length: ALARMS_AT_ONCE }, (_, i) => alarm(`${i}`))
  expect(await deliverAlarms(ports(full, null))).toBe(0)
})
