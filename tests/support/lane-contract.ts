import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Clock } from '../../src/actors/runtime/clock.ts'
import { LANE_LIMITS, Lane } from '../../src/actors/runtime/lane.ts'
import type { LaneStore } from '../../src/actors/runtime/lane-store.ts'
import { Doubt, Fenced, Gone, type Head } from '../../src/domain/ownership.ts'
import { codeOf, TestOwner } from './fake-lane.ts'
import { put, type TestDone, type TestJob } from './test-jobs.ts'

/** One org in a store under test. */
export interface StoreUnderTest {
  store: LaneStore<TestJob, TestDone>
  org_id: string
  /** Stored rows in log order, without the org's initial events. */
  stored(): Promise<{ value: string; sequence: number }[]>
  /** The next commit loses its answer; `stored` says whether it happened. */
  doubtNext(stored: boolean): void
  /** While true every call answers that nothing was done. */
  setAway(away: boolean): void
  /** Removes the org. */
  remove(): Promise<void>
  clock: Clock
}

type Rule = [title: string, holds: (make: () => Promise<StoreUnderTest>) => Promise<void>]

const atOnce = (value: string): TestJob => ({ do: 'store_in_sql', value })

/** Takes the org and stores one row, so that later jobs can run in memory. */
async function taken(made: StoreUnderTest): Promise<Head> {
  const head = await made.store.take(made.org_id)
  return await made.store.write(made.org_id, head, [atOnce('first')], async (tx) => {
    await tx.run(atOnce('first'))
  })
}

const values = async ({ stored }: StoreUnderTest) => (await stored()).map(({ value }) => value)

/** The promises of a `LaneStore`, one by one. */
export const STORE_RULES: Rule[] = [
  [
    'A70 an epoch is taken upwards, and the head stays where it is',
    async (make) => {
      const made = await make()
      const first = await made.store.take(made.org_id)
      const second = await made.store.take(made.org_id)
      assert.deepEqual(second, { ...first, epoch: first.epoch + 1 })
    },
  ],
  [
    'A70 an org without a head is gone for every call',
    async (make) => {
      const made = await make()
      const head = await taken(made)
      const batch = made.store.open(made.org_id, head)
      await batch.run(put('a'))
      const closed = batch.close()
      await made.remove()
      await assert.rejects(closed.store(), Gone)
      await assert.rejects(
        made.store.write(made.org_id, head, [atOnce('b')], async (tx) => void (await tx.run(atOnce('b')))),
        Gone,
      )
      await assert.rejects(made.store.take(made.org_id), Gone)
    },
  ],
  [
    'A71 a batch stores its jobs in order, and answers the head that it was sealed with',
    async (make) => {
      const made = await make()
      const head = await taken(made)
      const batch = made.store.open(made.org_id, head)
      const done = [await batch.run(put('a')), await batch.run(put('b'))]
      const closed = batch.close()
      assert.deepEqual(closed.head, { ...head, sequence: head.sequence + 2, batch: head.batch + 1 })
      assert.deepEqual(await closed.store(), closed.head)
      assert.deepEqual(await values(made), ['first', 'a', 'b'])
      assert.deepEqual(
        (await made.stored()).slice(1).map(({ sequence }) => sequence),
        done.map(({ sequence }) => sequence),
      )
    },
  ],
  [
    'A71 a sealed batch refuses jobs, and its head no longer moves',
    async (make) => {
      const made = await make()
      const batch = made.store.open(made.org_id, await taken(made))
      await batch.run(put('a'))
      const closed = batch.close()
      const { head } = closed
      await assert.rejects(batch.run(put('late')), /sealed/)
      const storing = closed.store()
      await assert.rejects(batch.run(put('later')), /sealed/)
      assert.deepEqual(await storing, head)
      assert.deepEqual(closed.head, head)
      assert.deepEqual(await values(made), ['first', 'a'])
    },
  ],
  [
    'A71 a successor goes on where its predecessor will leave the head',
    async (make) => {
      const made = await make()
      const head = await taken(made)
      const first = made.store.open(made.org_id, head)
      await first.run(put('a'))
      const predecessor = first.close()
      const second = made.store.open(made.org_id, predecessor.head, predecessor)
      const { sequence } = await second.run(put('b'))
      assert.equal(sequence, head.sequence + 2)
      const successor = second.close()
      await predecessor.store()
      assert.deepEqual(await successor.store(), { ...head, sequence, batch: head.batch + 2 })
      assert.deepEqual(await values(made), ['first', 'a', 'b'])
    },
  ],
  [
    'A71 a successor whose predecessor is not stored is fenced',
    async (make) => {
      const made = await make()
      const first = made.store.open(made.org_id, await taken(made))
      await first.run(put('a'))
      const predecessor = first.close()
      const second = made.store.open(made.org_id, predecessor.head, predecessor)
      await second.run(put('b'))
      await assert.rejects(second.close().store(), Fenced)
      assert.deepEqual(await values(made), ['first'])
    },
  ],
  [
    'A72 a refused or failing job leaves no row and no hole, in memory and in a transaction',
    async (make) => {
      const made = await make()
      const head = await taken(made)
      const batch = made.store.open(made.org_id, head)
      await batch.run(put('a'))
      await assert.rejects(batch.run({ do: 'refuse', value: 'no' }), (error) => codeOf(error) === 'FORBIDDEN')
      await assert.rejects(batch.run({ do: 'fail', value: 'no' }), /fails/)
      await batch.run(put('b'))
      const after = await batch.close().store()
      const jobs: TestJob[] = [put('c'), { do: 'refuse', value: 'no' }, put('d')]
      await made.store.write(made.org_id, after, jobs, async (tx) => {
        await tx.run(jobs[0]!)
        await assert.rejects(tx.run(jobs[1]!), (error) => codeOf(error) === 'FORBIDDEN')
        await tx.run(jobs[2]!)
      })
      const rows = await made.stored()
      assert.deepEqual(
        rows.map(({ value }) => value),
        ['first', 'a', 'b', 'c', 'd'],
      )
      assert.deepEqual(
        rows.map(({ sequence }) => sequence),
        rows.map((_, i) => rows[0]!.sequence + i),
      )
    },
  ],
  [
    'A72 a batch with a row that the database refuses stores nothing; each job alone, the others are stored',
    async (make) => {
      const made = await make()
      const head = await taken(made)
      const bad: TestJob = { do: 'refused_by_sql', value: 'bad' }
      const batch = made.store.open(made.org_id, head)
      for (const job of [put('a'), bad, put('b')]) await batch.run(job)
      await assert.rejects(
        batch.close().store(),
        (error) => !(error instanceof Fenced) && codeOf(error) !== 'Doubt',
      )
      assert.deepEqual(await values(made), ['first'])
      await made.store.write(made.org_id, head, [put('a'), bad, put('b')], async (tx) => {
        await tx.runAlone(put('a'))
        await assert.rejects(tx.runAlone(bad))
        await tx.runAlone(put('b'))
      })
      assert.deepEqual(await values(made), ['first', 'a', 'b'])
    },
  ],
  [
    'A73 an older epoch stores nothing, in memory and in a transaction',
    async (make) => {
      const made = await make()
      const head = await taken(made)
      const batch = made.store.open(made.org_id, head)
      await batch.run(put('late'))
      const closed = batch.close()
      await made.store.take(made.org_id)
      await assert.rejects(closed.store(), Fenced)
      await assert.rejects(
        made.store.write(made.org_id, head, [atOnce('x')], async (tx) => void (await tx.run(atOnce('x')))),
        Fenced,
      )
      assert.deepEqual(await values(made), ['first'])
    },
  ],
  ...[true, false].flatMap((happened) =>
    ['in memory', 'in a transaction'].map(
      (how): Rule => [
        `A74 a commit that ${happened ? 'happened' : 'did not happen'} and lost its answer is in doubt; the next epoch tells (${how})`,
        async (make) => {
          const made = await make()
          const head = await taken(made)
          made.doubtNext(happened)
          if (how === 'in memory') {
            const batch = made.store.open(made.org_id, head)
            await batch.run(put('a'))
            await assert.rejects(batch.close().store(), Doubt)
          } else
            await assert.rejects(
              made.store.write(made.org_id, head, [put('a')], async (tx) => void (await tx.run(put('a')))),
              Doubt,
            )
          const next = await made.store.take(made.org_id)
          assert.equal(next.batch, head.batch + (happened ? 1 : 0))
          assert.equal(next.sequence, head.sequence + (happened ? 1 : 0))
          assert.deepEqual(await values(made), happened ? ['first', 'a'] : ['first'])
        },
      ],
    ),
  ),
  [
    'A74 while the database is away nothing is done, and the same batch can be tried again',
    async (make) => {
      const made = await make()
      const head = await taken(made)
      const write = () =>
        made.store.write(made.org_id, head, [put('a')], async (tx) => void (await tx.run(put('a'))))
      made.setAway(true)
      await assert.rejects(write(), (error) => codeOf(error) === 'UNAVAILABLE')
      await assert.rejects(made.store.take(made.org_id), (error) => codeOf(error) === 'UNAVAILABLE')
      made.setAway(false)
      await write()
      assert.deepEqual(await values(made), ['first', 'a'])
    },
  ],
]

/** A lane over the store under test. */
async function laneOver(made: StoreUnderTest, store = made.store, batch_max = LANE_LIMITS.batch_max) {
  const owner = new TestOwner()
  const head = await made.store.take(made.org_id)
  const lane = new Lane(made.org_id, head, store, owner, made.clock, { ...LANE_LIMITS, batch_max })
  owner.whenLost = (error) => lane.close(error)
  return { owner, lane }
}

/**
 * Everything acknowledged is stored once, published in the order of the log, without gaps; refused jobs are not stored.
 */
async function assertExact(
  made: StoreUnderTest,
  owner: TestOwner,
  outcomes: ReadonlyMap<string, string>,
): Promise<void> {
  const rows = await made.stored()
  const stored = rows.map(({ value }) => value)
  assert.equal(new Set(stored).size, stored.length, 'stored once')
  assert.deepEqual(
    rows.map(({ sequence }) => sequence),
    rows.map((_, i) => (rows[0]?.sequence ?? 0) + i),
    'no holes',
  )
  assert.deepEqual(
    owner.published.map(({ value, sequence }) => ({ value, sequence })),
    rows,
    'published as stored',
  )
  assert.equal(owner.lostWith, undefined)
  assert.deepEqual(owner.failures, [])
  const all = new Set(stored)
  for (const [value, outcome] of outcomes)
    if (outcome !== 'OUTCOME_UNKNOWN')
      assert.equal(all.has(value), outcome === 'acked', `${value}: ${outcome}`)
}

/** Microtasks after an await of the lane at which a job is submitted. */
const OFFSETS = 61

/** The awaits of the lane: wherever its store answers, and wherever a caller is answered. */
const AWAITS = ['take', 'run', 'store', 'write', 'answer'] as const

/** The same store, with a callback when each of its answers settles. */
function watched(
  { store }: StoreUnderTest,
  settled: (at: (typeof AWAITS)[number]) => void,
): LaneStore<TestJob, TestDone> {
  const tell = async <T>(at: (typeof AWAITS)[number], answer: Promise<T>): Promise<T> => {
    try {
      return await answer
    } finally {
      settled(at)
    }
  }
  const original = new WeakMap<object, ReturnType<ReturnType<typeof store.open>['close']>>()
  return {
    take: (org_id) => tell('take', store.take(org_id)),
    write: (...args) => tell('write', store.write(...args)),
    release: (...args) => store.release(...args),
    open(org_id, head, predecessor) {
      const batch = store.open(org_id, head, predecessor && (original.get(predecessor) ?? predecessor))
      return {
        accepts: (job) => batch.accepts(job),
        run: (job) => tell('run', batch.run(job)),
        close() {
          const closed = batch.close()
          const sealed = { head: closed.head, store: () => tell('store', closed.store()) }
          original.set(sealed, closed)
          return sealed
        },
      }
    },
  }
}

/** The promises of a lane over a store. `runs` bounds the random cases. */
export function laneRules(runs: number): Rule[] {
  return [
    ...AWAITS.map(
      (at): Rule => [
        `A75 a job submitted at any microtask after an answer of ${at} is stored and acknowledged, or neither`,
        async (make) => {
          const made = await make()
          const outcomes = new Map<string, string>()
          const waiting: Promise<unknown>[] = []
          let n = 0
          let armed: number | undefined
          const submit = (job: TestJob) => {
            const outcome = lane.submit(job).then(
              () => {
                outcomes.set(job.value, 'acked')
                if (at === 'answer') fire()
              },
              (error: unknown) => void outcomes.set(job.value, codeOf(error)),
            )
            waiting.push(outcome)
            return outcome
          }
          const fire = () => {
            const offset = armed
            if (offset === undefined) return
            armed = undefined
            const after = async () => {
              for (let i = 0; i < offset; i++) await Promise.resolve()
              // Several, so that one is run while another is submitted.
              await Promise.all([1, 2, 3].map(() => submit(put(`late ${n++}`))))
            }
            waiting.push(after())
          }
          const store = watched(made, (where) => {
            if (where === at) fire()
          })
          const { owner, lane } = await laneOver(made, store)
          await submit(atOnce(`first ${n++}`))
          for (let offset = 0; offset < OFFSETS; offset++) {
            armed = offset
            if (at === 'take') made.doubtNext(offset % 2 === 0)
            await Promise.all([
              submit(put(`a ${n++}`)),
              submit(put(`b ${n++}`)),
              ...(at === 'write' || at === 'take' ? [submit(atOnce(`c ${n++}`))] : []),
            ])
            await Promise.all(waiting.splice(0))
          }
          await Promise.all(waiting)
          assert.equal(armed, undefined, `${at} was reached`)
          await assertExact(made, owner, outcomes)
        },
      ],
    ),
    [
      'A75 callers inside the process that submit again as soon as they are answered lose nothing',
      async (make) => {
        const made = await make()
        const { owner, lane } = await laneOver(made)
        const outcomes = new Map<string, string>()
        await lane.submit(atOnce('first'))
        outcomes.set('first', 'acked')
        const caller = async (name: number) => {
          for (let i = 0; i < 40; i++) {
            await lane.submit(put(`${name}/${i}`))
            outcomes.set(`${name}/${i}`, 'acked')
          }
        }
        await Promise.all(Array.from({ length: 12 }, (_, name) => caller(name)))
        assert.equal(outcomes.size, 12 * 40 + 1)
        await assertExact(made, owner, outcomes)
      },
    ],
    [
      'A76 random jobs, faults and interleavings keep every promise',
      async (make) => {
        const job = fc.constantFrom(
          'store',
          'store',
          'store',
          'store_in_sql',
          'refuse',
          'fail',
          'refused_by_sql',
          'permission',
          'permission_in_sql',
        )
        const step = fc.record({
          jobs: fc.array(job, { maxLength: 6 }),
          microtasks: fc.nat(60),
          doubt: fc.option(fc.boolean(), { freq: 6 }),
          wait: fc.boolean(),
        })
        await fc.assert(
          fc.asyncProperty(
            fc.array(step, { maxLength: 12 }),
            fc.integer({ min: 1, max: 8 }),
            async (steps, batch_max) => {
              const made = await make()
              const { owner, lane } = await laneOver(made, made.store, batch_max)
              const outcomes = new Map<string, string>()
              const waiting: Promise<unknown>[] = []
              let n = 0
              for (const { jobs, microtasks, doubt, wait } of steps) {
                if (doubt !== null) made.doubtNext(doubt)
                for (const what of jobs) {
                  const value = `${n++} ${what}`
                  waiting.push(
                    lane.submit({ do: what, value } as TestJob).then(
                      () => void outcomes.set(value, 'acked'),
                      (error: unknown) => void outcomes.set(value, codeOf(error)),
                    ),
                  )
                }
                for (let i = 0; i < microtasks; i++) await Promise.resolve()
                if (wait) await Promise.all(waiting)
              }
              await Promise.all(waiting)
              assert.equal(outcomes.size, n)
              await assertExact(made, owner, outcomes)
            },
          ),
          { numRuns: runs },
        )
      },
    ],
  ]
}
