import { expect, test } from 'bun:test'
import type { Address } from '../../../src/actors/runtime/actor.ts'
import { RedisCalls } from '../../../src/cluster/redis-calls.ts'
import type { CallOutcome } from '../../../src/contracts/calls.ts'
import { Fenced } from '../../../src/domain/ownership.ts'
import { eventually } from '../../support/bus-contract.ts'
import { type MemoryBus, MemoryBusHub } from '../../support/memory-bus.ts'

const id = '00000000-0000-7000-8000-000000000001'
const address: Address = { kind: 'org', org_id: id, id }

async function node(bus: MemoryBus, node_id: string, answer?: (request: unknown) => Promise<CallOutcome>) {
  const distrusted: string[] = []
  const outcomes: string[] = []
  const failures: string[] = []
  const received: unknown[] = []
  const calls = new RedisCalls({
    node_id,
    bus,
    answer: async (_address, request) => {
      received.push(request)
      return (await answer?.(request)) ?? { ok: true, reply: request }
    },
    distrust: (org_id, from) => void distrusted.push(`${org_id} ${from}`),
    counted: (outcome) => void outcomes.push(outcome),
    failed: (stage) => void failures.push(stage),
  })
  await calls.open()
  return { calls, bus, distrusted, outcomes, failures, received }
}

const fencedBy = async (call: Promise<unknown>) => {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof Fenced)) throw new Error(`not fenced: ${error}`)
  return error.may_be_stored
}

test('R20 a call is answered by the node that it names, whatever the order of the answers', async () => {
  const hub = new MemoryBusHub()
  const a = await node(hub.connect(), 'a')
  const waiting: ((outcome: CallOutcome) => void)[] = []
  await node(hub.connect(), 'b', () => new Promise((resolve) => waiting.push(resolve)))
  const c = await node(hub.connect(), 'c')
  const calls = [1, 2].map((n) => a.calls.call('b', address, { n }))
  await eventually(() => waiting.length === 2, 'both calls arrived')
  waiting[1]?.({ ok: true, reply: 'second' })
  waiting[0]?.({ ok: false, failure: { type: 'gone', message: 'no' } })
  expect(await Promise.all(calls)).toEqual([
    { ok: false, failure: { type: 'gone', message: 'no' } },
    { ok: true, reply: 'second' },
  ])
  expect([c.received, a.outcomes, a.distrusted]).toEqual([[], ['answered', 'answered'], []])
})

test('R21 a call that nobody receives had no effect, and its node is not trusted for the org', async () => {
  const a = await node(new MemoryBusHub().connect(), 'a')
  expect(await fencedBy(a.calls.call('b', address, {}))).toBe(false)
  expect([a.distrusted, a.outcomes]).toEqual([[`${id} b`], ['nobody']])
})

test('R22 a call without an answer for two seconds may be stored, and its node is not trusted for the org', async () => {
  const hub = new MemoryBusHub()
  const a = await node(hub.connect(), 'a')
  await node(hub.connect(), 'b', () => new Promise(() => undefined))
  expect(await fencedBy(a.calls.call('b', address, {}))).toBe(true)
  expect([a.distrusted, a.outcomes]).toEqual([[`${id} b`], ['unanswered']])
})

test('R22 a node that answers other calls meanwhile is busy and keeps its orgs', async () => {
  const hub = new MemoryBusHub()
  const a = await node(hub.connect(), 'a')
  let answer_late: ((outcome: CallOutcome) => void) | undefined
  await node(hub.connect(), 'b', async (request) =>
    (request as { late?: boolean }).late
      ? await new Promise<CallOutcome>((resolve) => {
          answer_late = resolve
        })
      : { ok: true, reply: request },
  )
  const late = a.calls.call('b', address, { late: true })
  const began_at = performance.now()
  while (performance.now() - began_at < 3_000) {
    await a.calls.call('b', address, {})
    await Bun.sleep(100)
  }
  expect([a.distrusted, a.outcomes.includes('unanswered')]).toEqual([[], false])
  answer_late?.({ ok: true, reply: 'late' })
  expect(await late).toEqual({ ok: true, reply: 'late' })
})

test('R23 a node that is being stopped says so, and is not trusted for the org', async () => {
  const hub = new MemoryBusHub()
  const a = await node(hub.connect(), 'a')
  const leaving: CallOutcome = { ok: false, failure: { type: 'leaving' } }
  await node(hub.connect(), 'b', async () => leaving)
  expect(await a.calls.call('b', address, {})).toEqual(leaving)
  expect([a.distrusted, a.outcomes]).toEqual([[`${id} b`], ['leaving']])
})

test('R24 when the bus goes away its open calls may be stored; further ones have no effect', async () => {
  const hub = new MemoryBusHub()
  const a = await node(hub.connect(), 'a')
  const b = await node(hub.connect(), 'b', () => new Promise(() => undefined))
  const call = a.calls.call('b', address, {})
  await eventually(() => b.received.length === 1, 'the call arrived')
  hub.setAway(true)
  expect(await fencedBy(call)).toBe(true)
  expect(await fencedBy(a.calls.call('b', address, {}))).toBe(false)
  expect(a.distrusted).toEqual([])
})

test('R25 a message that does not fit is reported and dropped; a late or doubled answer is nothing', async () => {
  const hub = new MemoryBusHub()
  const a = await node(hub.connect(), 'a')
  const b = await node(hub.connect(), 'b')
  const answer = { type: 'answer', id: 1, outcome: { ok: true, reply: 1 } }
  const call = { type: 'call', id: 1, from: 'a', address, request: {} }
  for (const text of [
    '',
    '{',
    'null',
    JSON.stringify({ ...answer, outcome: 1 }),
    JSON.stringify({ ...call, address: {} }),
  ])
    await b.bus.publish('node:a', text)
  await b.bus.publish('node:a', JSON.stringify(answer))
  expect(await a.calls.call('b', address, { n: 1 })).toEqual({ ok: true, reply: { n: 1 } })
  await b.bus.publish('node:a', JSON.stringify(answer))
  await eventually(() => a.failures.length === 5, 'all were refused')
  expect(a.received).toEqual([])
  expect(await a.calls.call('b', address, { n: 2 })).toEqual({ ok: true, reply: { n: 2 } })
})

test('R26 calls of a node, and calls that a node answers, have a bound; one more is 503', async () => {
  const hub = new MemoryBusHub()
  const a = await node(hub.connect(), 'a')
  const other = await node(hub.connect(), 'c')
  const b = await node(hub.connect(), 'b', () => new Promise(() => undefined))
  const calls = Array.from({ length: 8_192 }, () => a.calls.call('b', address, {}).catch(() => undefined))
  await expect(a.calls.call('b', address, {})).rejects.toThrow('Too much is waiting')
  await eventually(() => b.received.length === 8_192, 'b has them all')
  const refused = await other.calls.call('b', address, {})
  expect(refused).toMatchObject({ ok: false, failure: { type: 'refused', code: 'UNAVAILABLE' } })
  a.calls.close()
  await Promise.all(calls)
})
