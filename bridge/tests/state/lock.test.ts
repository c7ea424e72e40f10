import { expect, test } from 'bun:test'
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { openState } from '../../src/state/open.ts'
import { StateLocked } from '../../src/state/port.ts'
import { stateFolder } from './folder.ts'
import { Child } from './process.ts'
import { message } from './rows.ts'

const folder = stateFolder()

test('a second opening in one process is refused and names the file; the first goes on', () => {
  const path = folder.file()
  const first = folder.open(path)
  expect(() => openState(path)).toThrow(StateLocked)
  expect(() => openState(path)).toThrow(path)
  expect(first.receive('scout', 'log.1', message('e1'))?.id).toBe('e1')
})

test('B73 another way to the same file leads to the same lock', () => {
  const path = folder.file()
  folder.open(path)
  const link = join(dirname(path), 'link')
  symlinkSync(dirname(path), link)
  expect(() => openState(join(link, 'state.db'))).toThrow(StateLocked)
  const fileLink = join(dirname(path), 'other.db')
  symlinkSync(path, fileLink)
  expect(() => openState(fileLink)).toThrow(StateLocked)
})

test('B73 another process is refused until its holder ends, by kill -9 as well', async () => {
  const path = folder.file()
  const child = new Child('child.ts', path)
  await child.atLeast(1)
  try {
    expect(() => openState(path)).toThrow(StateLocked)
  } finally {
    await child.kill()
  }
  expect(folder.open(path).moved_aside).toBeNull()
})

test('a file that is damaged under its holder is not moved away from it', () => {
  const path = folder.file()
  const first = folder.open(path)
  first.receive('scout', 'log.1', message('e1'))
  writeFileSync(`${path}-wal`, 'no log any more')
  expect(() => openState(path)).toThrow(StateLocked)
  expect(first.cursor('scout')).toBe('log.1')
})

test('a lock file without a holder means nothing', () => {
  const path = folder.file()
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(`${path}.lock`, '')
  folder.open(path).close()
  expect(existsSync(`${path}.lock`)).toBe(true)
  expect(readFileSync(`${path}.lock`).length).toBe(0)
  expect(folder.open(path).writable).toBe(true)
})
