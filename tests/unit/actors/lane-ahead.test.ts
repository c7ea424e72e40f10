import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { settle } from '../../../src/actors/runtime/clock.ts'
import { LANE_LIMITS } from '../../../src/actors/runtime/lane.ts'
import { Fenced } from '../../../src/domain/ownership.ts'
import { codeOf, laneOf, put } from '../../support/fake-lane.ts'

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
    assert.equal(store.out_of_order, 0)
  })

  test('A56 when a batch is not stored as it was run, the one ahead of it is run again behind it', async () => {
    const { store, lane, owner } = await laneOf(true)
    let open = () => {}
    store.gate = new Promise((resolve) => {
      open = () => resolve()
    })
    store.refused_by_sql.add('known')
    const answers = Promise.allSettled([lane.submit(put('a')), lane.submit(put('known'))])
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
    assert.equal(store.out_of_order, 0)
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

  test('A58 a command that waits ahead too long is taken out before its principal hears 503', async () => {
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

describe('A. full batches, behind each other', () => {
  /** A lane whose batches of two are held at storage: the first is under way, the second is full behind it. */
  async function held() {
    const made = await laneOf(true, { batch_max: 2 })
    let open = () => {}
    made.store.gate = new Promise((resolve) => {
      open = () => resolve()
    })
    const outcomes = ['a', 'b', 'c', 'd', 'e'].map((value) =>
      made.lane.submit(put(value)).then(({ sequence }) => `${value}${sequence}`, codeOf),
    )
    await settle()
    return { ...made, outcomes: Promise.all(outcomes), open: () => open() }
  }

  test('A64 a full batch is sent behind the one before it, and no third', async () => {
    const { store, owner, lane, outcomes, open } = await held()
    assert.equal(store.sent, 2)
    assert.equal(lane.depth, 3)
    open()
    assert.deepEqual(await outcomes, ['a1', 'b2', 'c3', 'd4', 'e5'])
    assert.deepEqual(owner.batches, [2, 2, 1])
    assert.equal(store.early, 0)
  })

  test('A65 a batch that came before its turn is sent again', async () => {
    const { store, lane, owner } = await laneOf(true, { batch_max: 1 })
    store.patient = false
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    store.gate = gates[0]!.promise
    const first = lane.submit(put('a'))
    await settle()
    store.gate = gates[1]!.promise
    const second = lane.submit(put('b'))
    await settle()
    gates[1]!.resolve()
    await settle()
    assert.equal(store.early, 1)
    assert.deepEqual(store.rows, [])
    gates[0]!.resolve()
    assert.deepEqual([(await first).sequence, (await second).sequence], [1, 2])
    assert.deepEqual(
      owner.published.map(({ value }) => value),
      ['a', 'b'],
    )
  })

  for (const [stored, doubts] of [
    [0, 1],
    [1, 2],
    [2, 1],
    [2, 2],
  ] as const)
    test(`A66 of two batches ${stored} stored, the answers of ${doubts} lost: published once, the rest runs again`, async () => {
      const { store, owner, clock, outcomes, open } = await held()
      store.doubt = { stored: stored > 0 }
      if (doubts === 2)
        store.whenDoubted = () => {
          store.whenDoubted = () => undefined
          store.doubt = { stored: stored === 2 }
        }
      open()
      await settle()
      await clock.advance(LANE_LIMITS.retry_ms * 2)
      assert.deepEqual(await outcomes, ['a1', 'b2', 'c3', 'd4', 'e5'])
      assert.deepEqual(
        store.rows.map(({ value }) => value),
        ['a', 'b', 'c', 'd', 'e'],
      )
      assert.deepEqual(
        owner.published.map(({ value }) => value),
        ['a', 'b', 'c', 'd', 'e'],
      )
      assert.deepEqual(
        store.rows.map(({ epoch }) => epoch),
        ['a', 'b', 'c', 'd', 'e'].map((_, i) => (i < stored * 2 ? 1 : 2)),
      )
    })

  test('A66 when the new epoch cannot tell, because another node wrote, the callers of both batches are sent there', async () => {
    const { store, owner, outcomes, lane, open } = await held()
    owner.whenLost = (error) => lane.close(error)
    store.doubt = { stored: true }
    store.whenDoubted = () => {
      store.head = { ...store.head, epoch: store.head.epoch + 1, batch: store.head.batch + 1 }
    }
    open()
    assert.deepEqual(await outcomes, ['Fenced', 'Fenced', 'Fenced', 'Fenced', 'Fenced'])
    assert.deepEqual(owner.published, [])
  })

  test('A66 when the lane is closed while both are in doubt, their callers are told', async () => {
    const { store, outcomes, lane, open } = await held()
    store.doubt = { stored: true }
    store.whenDoubted = () => lane.close(new Fenced('moved'))
    open()
    assert.deepEqual(await outcomes, ['Fenced', 'Fenced', 'Fenced', 'Fenced', 'Fenced'])
  })

  test('A67 a command under way behind another batch is told at its deadline that the outcome is unknown', async () => {
    const { store, lane, clock, outcomes, open } = await held()
    store.doubt = { stored: false }
    await clock.advance(LANE_LIMITS.deadline_ms + 100)
    assert.deepEqual(await outcomes, [
      'OUTCOME_UNKNOWN',
      'OUTCOME_UNKNOWN',
      'OUTCOME_UNKNOWN',
      'OUTCOME_UNKNOWN',
      'UNAVAILABLE',
    ])
    open()
    await clock.advance(1_000)
    await lane.submit(put('next'))
    assert.deepEqual(
      store.rows.map(({ value }) => value),
      ['next'],
    )
  })

  test('A67 a closed lane ends what is under way behind another batch as that turns out', async () => {
    const { store, lane, outcomes, open } = await held()
    lane.close(new Fenced('moved'))
    open()
    assert.deepEqual(await outcomes, ['a1', 'b2', 'c3', 'd4', 'Fenced'])
    assert.equal(store.rows.length, 4)
  })
})
