import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { copyBinaries, removeOtherCopies } from '../../../src/db/embedded/binaries-copy.ts'

let base: string
let native: string
let folder: string

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'mc-copy-'))
  native = join(base, 'native')
  folder = join(base, 'copies')
  mkdirSync(join(native, 'bin'), { recursive: true, mode: 0o700 })
  writeFileSync(join(native, 'bin', 'postgres'), 'program', { mode: 0o700 })
  mkdirSync(join(native, 'lib'))
  writeFileSync(join(native, 'lib', 'libpq.so.5.18'), 'library', { mode: 0o600 })
  symlinkSync('libpq.so.5.18', join(native, 'lib', 'libpq.so'))
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

const copy = () => copyBinaries({ native, version: '18.4.0' }, folder)

describe('a copy of the binaries', () => {
  test('is named by its version and open to everybody, whatever the umask of the installation was', () => {
    const made = copy()!
    expect(made).toBe(join(folder, 'postgresql-18.4.0'))
    for (const path of ['.', 'bin', 'bin/postgres', 'lib/libpq.so.5.18'])
      expect(statSync(join(made, path)).mode & 0o777, path).toBe(0o755)
    expect(readFileSync(join(made, 'lib/libpq.so'), 'utf8')).toBe('library')
    expect(readdirSync(folder)).toEqual(['postgresql-18.4.0'])
  })

  test('is made once, and made again when a file is missing or has another size', () => {
    const program = join(copy()!, 'bin/postgres')
    const { ino } = statSync(program)
    copy()
    expect(statSync(program).ino).toBe(ino)
    writeFileSync(program, 'short')
    copy()
    expect(readFileSync(program, 'utf8')).toBe('program')
    rmSync(program)
    copy()
    expect(existsSync(program)).toBe(true)
  })

  test('is not made where others can write', () => {
    mkdirSync(folder)
    chmodSync(folder, 0o777)
    expect(copy()).toBeUndefined()
  })

  test('does not follow a link that somebody placed there', () => {
    mkdirSync(join(base, 'elsewhere'))
    symlinkSync(join(base, 'elsewhere'), folder)
    expect(copy()).toBeUndefined()
    expect(readdirSync(join(base, 'elsewhere'))).toEqual([])
  })

  test('replaces those of other versions in a private folder, and half-made ones', () => {
    copy()
    mkdirSync(join(folder, 'postgresql-17.0.0'))
    mkdirSync(join(folder, 'postgresql-18.4.0.4711.new'))
    removeOtherCopies(folder, '18.4.0')
    expect(readdirSync(folder)).toEqual(['postgresql-18.4.0'])
  })
})
