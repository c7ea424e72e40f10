import { expect, test } from 'bun:test'
import { DONE_KEPT_MS, STATE_LIMITS } from '../../src/state/limits.ts'
import { StateFull } from '../../src/state/port.ts'
import { stateFolder } from './folder.ts'
import { added, message } from './rows.ts'

const folder = stateFolder()

test('B20 10,000 rows or 64 MiB wait at most; done rows stay for a week', () => {
  expect([STATE_LIMITS.unfinished_rows, STATE_LIMITS.unfinished_bytes]).toEqual([10_000, 67_108_864])
  expect(DONE_KEPT_MS).toBe(604_800_000)
})

test('B20 64 MiB of text are taken, a byte more is not, before and after a restart', () => {
  const path = folder.file()
  const state = folder.open(path)
  const text = 'x'.repeat(4 * 1024 * 1024)
  for (let n = 1; n <= 16; n++) added(state, 'scout', message(`e${n}`, { text }))
  expect(state.counts().bytes).toBe(STATE_LIMITS.unfinished_bytes)
  expect(() => state.enqueue('scout', message('e17', { text: 'x' }))).toThrow(StateFull)
  state.close()
  const again = folder.open(path)
  expect(again.counts().bytes).toBe(STATE_LIMITS.unfinished_bytes)
  expect(() => again.enqueue('scout', message('e17', { text: 'x' }))).toThrow(StateFull)
  expect(added(again, 'scout', message('e18', { text: '' })).id).toBe('e18')
})
