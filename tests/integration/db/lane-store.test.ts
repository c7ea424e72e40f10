import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { systemClock } from '../../../src/actors/runtime/clock.ts'
import { LANE_LIMITS, Lane } from '../../../src/actors/runtime/lane.ts'
import { ApiError } from '../../../src/contracts/errors.ts'
import { startDatabase, type TestDatabase } from '../../support/database.ts'
import { TestOwner } from '../../support/fake-lane.ts'
import { laneRules, STORE_RULES } from '../../support/lane-contract.ts'
import { type FaultyDatabase, nodesOf, openLanes, postgresStore } from '../../support/postgres-lane-store.ts'
import type { TestDone, TestJob } from '../../support/test-jobs.ts'
import { put } from '../../support/test-jobs.ts'

let db: TestDatabase
let lanes: FaultyDatabase

beforeAll(async () => {
  db = await startDatabase()
  lanes = openLanes(db.app)
})
afterAll(async () => {
  await lanes.close()
  await db.stop()
})

describe("A. the contract of a lane's store: PostgreSQL", () => {
  for (const [title, holds] of STORE_RULES) test(title, () => holds(() => postgresStore(db, lanes)))
  for (const [title, holds] of laneRules(20)) test(title, () => holds(() => postgresStore(db, lanes)))
})

/** A lane of an org of its own, whose jobs post a text into its channel. */
async function laneOfPosts(batch_max = LANE_LIMITS.batch_max) {
  const made = await postgresStore(db, lanes)
  const owner = new TestOwner()
  const head = await made.store.take(made.org_id)
  const lane = new Lane(made.org_id, head, made.store, owner, systemClock, { ...LANE_LIMITS, batch_max })
  await lane.submit({ do: 'store_in_sql', value: 'first' })
  return { ...made, lane, owner }
}

for (const in_memory of [false, true])
  test(`A68 a row that the database refuses leaves no hole in the channel (${in_memory ? 'in memory' : 'in a transaction'})`, async () => {
    const { lane, owner, stored } = await laneOfPosts()
    const jobs: TestJob[] = [
      in_memory ? put('a') : { do: 'store_in_sql', value: 'a' },
      { do: 'refused_by_sql', value: 'refused' },
      put('b'),
      { do: 'refused_by_sql', value: 'refused too' },
      put('c'),
    ]
    const outcomes = await Promise.allSettled(jobs.map((job) => lane.submit(job)))
    expect(outcomes.map(({ status }) => status === 'fulfilled')).toEqual([true, false, true, false, true])
    await lane.submit(put('last'))
    const rows = await stored()
    expect(rows.map(({ value }) => value)).toEqual(['first', 'a', 'b', 'c', 'last'])
    expect(owner.published.map(({ value, sequence }) => ({ value, sequence }))).toEqual(rows)
  })

test('A78 a lane that is never idle keeps no batch but the one under way and its successor', async () => {
  const { lane, store } = await laneOfPosts(8)
  const sealed: WeakRef<object>[] = []
  const open = store.open.bind(store)
  store.open = (...args) => {
    const batch = open(...args)
    const close = batch.close.bind(batch)
    batch.close = () => {
      const closed = close()
      sealed.push(new WeakRef(closed))
      return closed
    }
    return batch
  }
  let busy = true
  let alive = 0
  const caller = async () => {
    while (busy) await lane.submit(put('x'))
  }
  const callers = Array.from({ length: 16 }, caller)
  while (sealed.length < 200) await Bun.sleep(5)
  for (let tries = 0; tries < 10; tries++) {
    await Bun.sleep(5)
    Bun.gc(true)
  }
  alive = sealed.filter((ref) => ref.deref() !== undefined).length
  busy = false
  await Promise.all(callers)
  // Conservative collection may find a few more on the stack.
  expect(alive).toBeLessThan(20)
})

test('A69 under connections that are cut at random a busy lane loses, doubles and reorders nothing', async () => {
  const { lane, owner, stored } = await laneOfPosts(16)
  const acked: TestDone[] = []
  const unknown = new Set<string>()
  let sent = 0
  let busy = true
  // Each of them keeps one under way: several batches are always full.
  const writer = async () => {
    while (busy) {
      const text = `text ${sent++}`
      for (let again = true; again; ) {
        again = false
        try {
          acked.push(await lane.submit(put(text)))
        } catch (error) {
          if (!(error instanceof ApiError)) throw error
          if (error.errorCode === 'OUTCOME_UNKNOWN') unknown.add(text)
          else again = true
        }
      }
    }
  }
  const writers = Array.from({ length: 100 }, writer)
  let cut = 0
  while (cut < 60) {
    await Bun.sleep(20 + Math.random() * 60)
    const [{ n = 0 } = {}] = await db.superuser<{ n: number }[]>`
      select count(pg_terminate_backend(pid))::int as n from pg_stat_activity
      where application_name = 'lanes' and state = 'active'`
    cut += n
  }
  await Bun.sleep(200)
  busy = false
  await Promise.all(writers)

  expect(owner.lostWith).toBeUndefined()
  expect(owner.failures).toEqual([])
  const rows = await stored()
  const texts = rows.map(({ value }) => value)
  expect(new Set(texts).size).toBe(texts.length)
  expect(rows.map(({ sequence }) => sequence)).toEqual(rows.map((_, i) => rows[0]!.sequence + i))
  expect(owner.published.map(({ value, sequence }) => ({ value, sequence }))).toEqual(rows)
  const at = new Map(rows.map((row) => [row.value, row.sequence]))
  for (const { value, sequence } of acked) expect(at.get(value)).toBe(sequence)
  expect(texts.length).toBeGreaterThanOrEqual(acked.length)
  expect(texts.length).toBeLessThanOrEqual(acked.length + unknown.size + 1)
})

function countAt(counts: number[], i: number): void {
  counts[i] = (counts[i] ?? 0) + 1
}

/** Lanes of one org at several nodes that contend for it. */
async function contenders(count: number) {
  const taken = Array.from({ length: count }, () => 0)
  const reloads = Array.from({ length: count }, () => 0)
  const world = { open: true }
  const made = await nodesOf(
    db,
    lanes,
    taken.map((_, i) => ({ isOpen: () => world.open, tookOver: () => countAt(taken, i) })),
    (i) => countAt(reloads, i),
  )
  const nodes: { owner: TestOwner; lane: Lane<TestJob, TestDone> }[] = []
  for (const store of made.stores) {
    const owner = new TestOwner()
    const head = await store.take(made.org_id)
    nodes.push({ owner, lane: new Lane(made.org_id, head, store, owner, systemClock) })
  }
  return { ...made, nodes, taken, reloads, world }
}

test('R40 nodes that contend for an org store their batches in turn, none is fenced, and no number is given twice', async () => {
  const { nodes, stored, taken } = await contenders(3)
  const submitted = nodes.flatMap(({ lane }, node) =>
    Array.from({ length: 8 }, async (_, caller) => {
      for (let i = 0; i < 15; i++) await lane.submit(put(`${node} ${caller} ${i}`))
    }),
  )
  await Promise.all(submitted)
  const rows = await stored()
  expect(rows).toHaveLength(3 * 8 * 15)
  expect(rows.map(({ sequence }) => sequence - rows[0]!.sequence)).toEqual(rows.map((_, i) => i))
  // What each node published carries the stored numbers.
  const published = nodes.flatMap(({ owner }) => owner.published)
  expect(
    published.toSorted((a, b) => a.sequence - b.sequence).map(({ value, sequence }) => ({ value, sequence })),
  ).toEqual(rows)
  expect(nodes.map(({ owner }) => owner.lostWith)).toEqual([undefined, undefined, undefined])
  expect(Math.min(...taken)).toBeGreaterThan(0)
})

test('R41 a node that takes an org back reloads what it knows only when another one has written', async () => {
  const { nodes, taken, reloads, world, stored } = await contenders(2)
  const [a, b] = nodes as [(typeof nodes)[0], (typeof nodes)[0]]
  // The other node took the org after this one, and wrote nothing.
  await a.lane.submit(put('1'))
  await a.lane.submit(put('2'))
  expect([taken, reloads]).toEqual([
    [1, 0],
    [0, 0],
  ])
  await b.lane.submit(put('3'))
  await b.lane.submit(put('4'))
  await a.lane.submit(put('5'))
  expect([taken, reloads]).toEqual([
    [2, 1],
    [1, 1],
  ])
  // The contest is over: the last to write owns the org.
  world.open = false
  await a.lane.submit(put('6'))
  await expect(b.lane.submit(put('7'))).rejects.toThrow('Another node owns')
  expect((await stored()).map(({ value }) => value)).toEqual(['1', '2', '3', '4', '5', '6'])
})

test('R42 a refused command or row of a takeover leaves no gap, and a lost answer is told as one', async () => {
  const { nodes, stored } = await contenders(2)
  const [a, b] = nodes as [(typeof nodes)[0], (typeof nodes)[0]]
  await b.lane.submit(put('1'))
  const outcomes = await Promise.allSettled(
    (['store', 'refuse', 'refused_by_sql', 'store'] as const).map((what, i) =>
      a.lane.submit({ do: what, value: `a${i}` }),
    ),
  )
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
  await b.lane.submit(put('2'))
  lanes.doubt = { stored: true }
  await expect(a.lane.submit(put('in doubt'))).rejects.toMatchObject({ name: 'Fenced', may_be_stored: true })
  await b.lane.submit(put('3'))
  expect((await stored()).map(({ value }) => value)).toEqual(['1', 'a0', 'a3', '2', 'in doubt', '3'])
})
