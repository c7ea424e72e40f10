import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Fenced } from '../../../src/domain/ownership.ts'
import { settle } from '../../support/fake-clock.ts'
import { laneOf } from '../../support/fake-lane.ts'
import { put } from '../../support/test-jobs.ts'

const bug = new Error('a bug')
const fail = () => {
  throw bug
}

/** What a bug may hit, and whether the command was stored before. */
const PLACES = ['committed', 'endsBatch', 'accepts', 'open', 'close', 'observe', 'lost'] as const

describe('A. a lane whose owner or store throws where nothing may throw', () => {
  for (const in_memory of [true, false])
    for (const place of PLACES) {
      if (!in_memory && ['accepts', 'open', 'close'].includes(place)) continue
      test(`A77 closes as if it were fenced: a throw in ${place} (${in_memory ? 'in memory' : 'in transactions'})`, async () => {
        const { lane, store, owner } = await laneOf(in_memory)
        await lane.submit(put('before'))
        let armed = false
        const open = store.open.bind(store)
        store.open = (...args) => {
          if (armed && place === 'open') fail()
          const batch = open(...args)
          return {
            accepts: (job) => (armed && place === 'accepts' ? fail() : batch.accepts(job)),
            run: (job) => batch.run(job),
            close: () => (armed && place === 'close' ? fail() : batch.close()),
          }
        }
        const gate = Promise.withResolvers<void>()
        store.gate = gate.promise
        const running = lane.submit(put('running')).then(
          () => 'stored',
          (error: unknown) => error,
        )
        await settle()
        armed = true
        if (place === 'committed' || place === 'endsBatch' || place === 'lost') owner[place] = fail
        if (place === 'observe') Object.assign(owner, { observe: fail })
        const waiting = [1, 2].map((n) =>
          lane.submit(put(`waiting ${n}`)).then(
            () => 'stored',
            (error: unknown) => error,
          ),
        )
        await settle()
        gate.resolve()
        if (place === 'lost') store.head = { ...store.head, epoch: store.head.epoch + 1 }
        const outcomes = await Promise.all([running, ...waiting])
        await lane.drained()
        assert.ok(owner.failures.includes(bug), 'the bug was reported')
        if (place === 'observe') {
          assert.deepEqual(outcomes, ['stored', 'stored', 'stored'])
          return
        }
        // Every call settles, none exposes the bug itself: the next owner answers.
        for (const outcome of outcomes) assert.ok(outcome === 'stored' || outcome instanceof Fenced)
        await assert.rejects(lane.submit(put('later')), Fenced)
        if (place !== 'lost') assert.ok(owner.lostWith instanceof Fenced)
        const stored = store.rows.map(({ value }) => value)
        if (outcomes[0] === 'stored') assert.ok(stored.includes('running'))
        // What is stored without an answer is marked so: a retry must look for its record.
        for (const [i, value] of ['running', 'waiting 1', 'waiting 2'].entries())
          if (stored.includes(value) && outcomes[i] !== 'stored')
            assert.ok((outcomes[i] as Fenced).may_be_stored)
      })
    }

  test('A77 a throw while a batch commits leaves that batch to end on its own', async () => {
    const { lane, store, owner } = await laneOf(true)
    const gate = Promise.withResolvers<void>()
    store.gate = gate.promise
    const running = lane.submit(put('running'))
    await settle()
    owner.endsBatch = fail
    const ahead = assert.rejects(lane.submit(put('ahead')), Fenced)
    await ahead
    gate.resolve()
    assert.equal((await running).value, 'running')
    assert.deepEqual(
      owner.published.map(({ value }) => value),
      ['running'],
    )
  })
})
