import { expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { STEPS, type State } from '../../src/state/port.ts'
import { stateFolder } from './folder.ts'
import { Child } from './process.ts'

const ROUNDS = 30
const folder = stateFolder()

test(`B1 rows and cursor agree after each of ${ROUNDS} kills in the middle of writes`, async () => {
  const path = folder.file()
  for (let round = 0; round < ROUNDS; round++) {
    const child = new Child('child.ts', path)
    await child.atLeast(2 + ((round * 37) % 60))
    const said = await child.kill()
    const state = folder.open(path)
    expect(state.moved_aside).toBeNull()
    const received = checkEvents(state, said)
    checkMoves(state, said)
    checkCounts(state, received)
    state.close()
  }
})

test('a file whose making was killed is taken up by the next one', async () => {
  for (let round = 0; round < 10; round++) {
    const path = folder.file()
    const child = new Child('child.ts', path)
    const log = round % 2 === 0 ? path : `${path}-wal`
    while (!existsSync(log)) await Bun.sleep(1)
    await child.kill()
    const state = folder.open(path)
    expect(state.moved_aside).toBeNull()
    expect(state.receive('scout', 'log.999999')).toBeUndefined()
  }
})

/** Each event up to the cursor has its row, none after it has one, and nothing that was said is missing. */
function checkEvents(state: State, said: readonly string[]): number {
  const stored = Number(state.cursor('scout')?.slice('log.'.length) ?? 0)
  const acknowledged = Number(said.findLast((line) => line.startsWith('r '))?.slice(2) ?? 0)
  expect(stored).toBeGreaterThanOrEqual(acknowledged)
  const missing = []
  for (let n = 1; n <= stored; n++) if (!state.rowOf('scout', `e${n}`)) missing.push(n)
  expect(missing).toEqual([])
  expect(state.rowOf('scout', `e${stored + 1}`)).toBeNull()
  return stored
}

function checkMoves(state: State, said: readonly string[]): void {
  for (const [, id, step] of said.filter((line) => line.startsWith('m ')).map((line) => line.split(' '))) {
    const row = state.rowOf('scout', id ?? '')
    expect(STEPS.indexOf(row?.step ?? 'received')).toBeGreaterThanOrEqual(Number(step))
    if (row?.step === 'done') expect([row.text, row.answer]).toEqual(['', null])
  }
}

function checkCounts(state: State, received: number): void {
  const rows = state.unfinished('scout')
  const done = Array.from({ length: received }, (_, n) => state.rowOf('scout', `e${n + 1}`)).filter(
    (row) => row?.step === 'done',
  )
  expect(rows.length + done.length).toBe(received)
  expect(state.counts()).toMatchObject({
    unfinished: rows.length,
    bytes: rows.reduce((sum, row) => sum + row.text.length + (row.answer ?? '').length, 0),
  })
}
