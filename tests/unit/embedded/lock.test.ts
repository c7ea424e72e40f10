import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lockFolder } from '../../../src/db/embedded/lock.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mc-lock-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const path = () => join(folder, 'mission-control.lock')

describe('the lock of a data folder', () => {
  test('refuses a second holder until it is released', () => {
    const unlock = lockFolder(path())
    expect(() => lockFolder(path())).toThrow(`Another Mission Control (process ${process.pid})`)
    unlock()
    expect(readdirSync(folder)).toEqual([])
    lockFolder(path())()
  })

  test.each([
    ['a process that ended', () => `${Bun.spawnSync(['true']).pid} 1\n`],
    ['a process id that another process has now', () => `${process.ppid} 1\n`],
    ['nobody, after a kill', () => ''],
  ])('of %s is taken over', (_, content) => {
    writeFileSync(path(), content())
    const unlock = lockFolder(path())
    expect(readFileSync(path(), 'utf8')).toStartWith(`${process.pid} `)
    unlock()
    expect(existsSync(path())).toBe(false)
  })
})
