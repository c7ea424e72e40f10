import { expect, test } from 'bun:test'
import { LastUse, type Used } from '../../../src/workers/last-use.ts'

function world(remembered_max?: number) {
  let now = 0
  const written: string[][] = []
  const failures: unknown[] = []
  const gates: PromiseWithResolvers<void>[] = []
  const state = { slow: false, away: false }
  const use = new LastUse(
    async (used: Used[]) => {
      if (state.away) throw new Error('no database')
      written.push(used.map(({ org_id, id }) => `${org_id} ${id}`))
      if (!state.slow) return
      const gate = Promise.withResolvers<void>()
      gates.push(gate)
      await gate.promise
    },
    (error) => failures.push(error),
    () => now,
    remembered_max,
  )
  const flush = async () => {
    use.flush()
    await Bun.sleep(0)
  }
  return { use, flush, written, failures, gates, state, pass: (ms: number) => (now += ms) }
}

test('an entry is written once a minute, together with those of all orgs', async () => {
  const { use, flush, written, pass } = world()
  for (const [org, id] of [
    ['one', 'a'],
    ['two', 'b'],
    ['one', 'a'],
  ] as const)
    use.note(org, id)
  await flush()
  expect(written).toEqual([['one a', 'two b']])
  pass(59_999)
  use.note('one', 'a')
  await flush()
  expect(written).toHaveLength(1)
  pass(1)
  use.note('one', 'a')
  await flush()
  expect(written[1]).toEqual(['one a'])
})

test('the remembered entries are bounded; one that fell out is written again', async () => {
  const { use, flush, written } = world(2)
  for (const id of ['a', 'b', 'c']) use.note('org', id)
  await flush()
  for (const id of ['c', 'a']) use.note('org', id)
  await flush()
  expect(written).toEqual([['org a', 'org b', 'org c'], ['org a']])
})

test('one write is under way at a time, and a bounded number of entries waits for it', async () => {
  const { use, flush, written, gates, state } = world(100_000)
  state.slow = true
  use.note('org', 'first')
  await flush()
  for (let i = 0; i < 20_000; i++) use.note('org', `${i}`)
  await flush()
  expect(written).toHaveLength(1)
  gates[0]?.resolve()
  await Bun.sleep(0)
  await flush()
  expect(written[1]).toHaveLength(5_000)
  gates[1]?.resolve()
})

test('a write that fails is reported', async () => {
  const { use, flush, failures, state } = world()
  state.away = true
  use.note('gone', 'a')
  await flush()
  expect(failures).toHaveLength(1)
})
