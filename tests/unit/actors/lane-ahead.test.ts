import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { LANE_LIMITS } from '../../../src/actors/runtime/lane.ts'
import { Fenced } from '../../../src/domain/ownership.ts'
import { settle } from '../../support/fake-clock.ts'
import { codeOf, laneOf } from '../../support/fake-lane.ts'
import { put, type TestJob } from '../../support/test-jobs.ts'

describe('A. filling ahead', () => {
  test('A55 what comes while a batch is under way is run at once and goes to storage right after it', async () => {
    const { store, lane, owner } = await laneOf(true)
    let open = () => {}
    store.gate = new Promise((resolve) => {
      open = () => resolve()
    })
    const first = lane.submit(put('first'))
    await settle()
    const ran: string[] = []
    const rest = ['a', 'b'].map((value) => {
      const job = put(value)
      // Read when the job is run: shows that this happens before the first one is stored.
      Object.defineProperty(job, 'do', {
        get() {
          ran.push(value)
          return 'store'
        },
      })
      return lane.submit(job)
    })
    await settle()
    assert.deepEqual([...new Set(ran)], ['a', 'b'])
    assert.equal(store.rows.length, 0)
    assert.equal(lane.depth, 2)
    open()
    await Promise.all([first, ...rest])
    assert.deepEqual(owner.batches, [1, 2])
  })

  test('A56 when a batch is not stored as it was run, the one ahead of it is run again behind it', async () => {
    const { store, lane, owner } = await laneOf(true)
    let open = () => {}
    store.gate = new Promise((resolve) => {
      open = () => resolve()
    })
    const known: TestJob = { do: 'refused_by_sql', value: 'known' }
    const answers = Promise.allSettled([lane.submit(put('a')), lane.submit(known)])
    await settle()
    const ahead = [lane.submit(put('b')), lane.submit(put('c'))]
    await settle()
    open()
    assert.deepEqual(
      (await answers).map(({ status }) => status),
      ['fulfilled', 'rejected'],
    )
    assert.deepEqual(
      (await Promise.all(ahead)).map(({ sequence }) => sequence),
      [2, 3],
    )
    assert.deepEqual(
      owner.published.map(({ value }) => value),
      ['a', 'b', 'c'],
    )
  })

  test('A57 nothing is run ahead of a change of permissions', async () => {
    const { store, lane, owner } = await laneOf(true)
    const seen: number[] = []
    const late = put('late')
    Object.defineProperty(late, 'do', {
      get() {
        seen.push(owner.published.length)
        return 'store'
      },
    })
    await Promise.all([lane.submit({ do: 'permission', value: 'p' }), lane.submit(late)])
    assert.equal(Math.min(...seen), 1)
    assert.equal(store.rows.length, 2)
  })

  test('A58 an overdue speculative command is removed before the answer 503', async () => {
    const { store, lane, clock } = await laneOf(true)
    let open = () => {}
    store.gate = new Promise((resolve) => {
      open = () => resolve()
    })
    const first = assert.rejects(lane.submit(put('first')), (error) => codeOf(error) === 'OUTCOME_UNKNOWN')
    await settle()
    const late = assert.rejects(lane.submit(put('late')), (error) => codeOf(error) === 'UNAVAILABLE')
    await clock.advance(LANE_LIMITS.deadline_ms + 100)
    await Promise.all([first, late])
    open()
    await settle()
    await lane.submit(put('next'))
    assert.deepEqual(
      store.rows.map(({ value }) => value),
      ['first', 'next'],
    )
  })

  test('A59 a closed lane refuses what was run ahead', async () => {
    const { store, lane } = await laneOf(true)
    let open = () => {}
    store.gate = new Promise((resolve) => {
      open = () => resolve()
    })
    const running = lane.submit(put('running'))
    await settle()
    const ahead = assert.rejects(lane.submit(put('ahead')), Fenced)
    await settle()
    lane.close(new Fenced('moved'))
    await ahead
    open()
    assert.equal((await running).value, 'running')
    await settle()
    assert.equal(store.rows.length, 1)
  })
})
