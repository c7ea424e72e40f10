import { expect, test } from 'bun:test'
import { mkdirSync, readFileSync } from 'node:fs'
import { openState } from '../../src/state/open.ts'
import { StateUnwritable } from '../../src/state/port.ts'
import { stateFolder } from './folder.ts'
import { Child } from './process.ts'
import { added, finish, message } from './rows.ts'

const folder = stateFolder()

test('B72 a disk that takes no more: nothing is half stored, and it works again when it does', async () => {
  const path = folder.file()
  const child = new Child('disk-child.ts', path)
  try {
    await child.atLeast(1)
    const ask = async (line: string) => JSON.parse(await child.ask(line))
    const good = { error: null, writable: true, cursor: 'log.1', unfinished: 1, bytes: 50_000 }
    expect(await ask('row')).toEqual(good)
    expect(await ask(`limit ${await ask('size')}`)).toBe(0)
    const full = { ...good, error: 'StateUnwritable', writable: false }
    for (const command of ['row', 'move', 'row']) expect(await ask(command)).toEqual(full)
    expect(await ask('probe')).toEqual({ ...full, error: null })
    expect(await ask('limit -1')).toBe(0)
    expect(await ask('probe')).toEqual(good)
    expect(await ask('move')).toEqual(good)
    expect(await ask('row')).toEqual({ ...good, cursor: 'log.2', unfinished: 2, bytes: 100_000 })
  } finally {
    await child.kill()
  }
  const state = folder.open(path)
  expect(state.moved_aside).toBeNull()
  expect(state.cursor('scout')).toBe('log.2')
  expect(state.unfinished('scout').map((row) => [row.id, row.step])).toEqual([
    ['e1', 'submitted'],
    ['e2', 'received'],
  ])
})

test('a file at its limit is a full disk; rows that end make room again', () => {
  const state = folder.open(folder.file(), { limits: { file_bytes: 400_000 } })
  const rows = [added(state, 'scout', message('e1', { text: 'x'.repeat(100_000) }))]
  const fill = () => {
    for (let n = 2; n < 20; n++)
      rows.push(added(state, 'scout', message(`e${n}`, { text: 'x'.repeat(100_000) })))
  }
  expect(fill).toThrow(StateUnwritable)
  const { unfinished } = state.counts()
  expect([state.writable, state.unfinished('scout').length]).toEqual([false, unfinished])
  expect(() => state.receive('scout', 'log.9', message('e99', { text: 'x'.repeat(100_000) }))).toThrow('full')
  expect([state.cursor('scout'), state.rowOf('scout', 'e99')]).toEqual([null, null])
  for (const row of rows) finish(state, row)
  expect(state.writable).toBe(true)
  expect(state.receive('scout', 'log.9', message('e99', { text: 'x'.repeat(100_000) }))?.id).toBe('e99')
})

test('a place that takes no file is said at the start, with the path', () => {
  expect(() => openState('/proc/none/state.db')).toThrow(StateUnwritable)
  expect(() => openState('/proc/none/state.db')).toThrow('/proc/none/state.db')
  const path = folder.file()
  mkdirSync(path)
  expect(() => openState(path)).toThrow(StateUnwritable)
  // Where a folder should be is a file.
  const file = folder.file()
  folder.open(file)
  expect(() => openState(`${file}/below/state.db`)).toThrow(StateUnwritable)
  expect(readFileSync(file).length).toBeGreaterThan(0)
})
