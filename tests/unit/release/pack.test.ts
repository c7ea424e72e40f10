import { afterAll, beforeAll, expect, test } from 'bun:test'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildTime, packFolder, sha256Of, writeSums } from '../../../scripts/lib/pack.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mc-pack-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function make(place: string, names: readonly string[], mode: number): string {
  const made = join(folder, place, 'program')
  mkdirSync(join(made, 'lib'), { recursive: true })
  for (const name of names) {
    writeFileSync(join(made, name), `text of ${name}`)
    chmodSync(join(made, name), name === 'run' ? mode | 0o100 : mode)
    utimesSync(join(made, name), place.length, place.length)
  }
  symlinkSync('b.so.1', join(made, 'lib', 'b.so'))
  return made
}

const NAMES = ['run', 'a.txt', 'lib/b.so.1']

test('equal files give equal archives: order, times, owners and masks do not matter', async () => {
  await packFolder(make('one', NAMES, 0o644), join(folder, 'one.tar.gz'))
  await packFolder(make('another', NAMES.toReversed(), 0o600), join(folder, 'another.tar.gz'))
  expect(sha256Of(join(folder, 'one.tar.gz'))).toBe(sha256Of(join(folder, 'another.tar.gz')))
  await packFolder(join(folder, 'one', 'program'), join(folder, 'later.tar.gz'), new Date(1_700_000_000_000))
  expect(sha256Of(join(folder, 'later.tar.gz'))).not.toBe(sha256Of(join(folder, 'one.tar.gz')))
})

test('tar reads it: files, links, and who may run', () => {
  const listed = Bun.spawnSync(['tar', '-tvzf', join(folder, 'one.tar.gz')]).stdout.toString()
  expect(listed.split('\n').map((line) => line.replace(/ +/g, ' ').split(' '))).toEqual([
    ['drwxr-xr-x', '0/0', '0', expect.any(String), expect.any(String), 'program/'],
    ['-rw-r--r--', '0/0', '13', expect.any(String), expect.any(String), 'program/a.txt'],
    ['drwxr-xr-x', '0/0', '0', expect.any(String), expect.any(String), 'program/lib/'],
    ['lrwxrwxrwx', '0/0', '0', expect.any(String), expect.any(String), 'program/lib/b.so', '->', 'b.so.1'],
    ['-rw-r--r--', '0/0', '18', expect.any(String), expect.any(String), 'program/lib/b.so.1'],
    ['-rwxr-xr-x', '0/0', '11', expect.any(String), expect.any(String), 'program/run'],
    [''],
  ])
})

test('the time of a build is that of SOURCE_DATE_EPOCH, never that of the clock', () => {
  expect(buildTime({ SOURCE_DATE_EPOCH: '1700000000' }).toISOString()).toBe('2023-11-14T22:13:20.000Z')
  for (const env of [{}, { SOURCE_DATE_EPOCH: 'today' }])
    expect(buildTime(env).toISOString()).toBe('1980-01-01T00:00:00.000Z')
})

test('the sums are those that sha256sum checks', () => {
  writeSums(folder, ['one.tar.gz', 'another.tar.gz'])
  const checked = Bun.spawnSync(['sha256sum', '--check', '--strict', 'SHA256SUMS'], { cwd: folder })
  expect(checked.stdout.toString()).toBe('another.tar.gz: OK\none.tar.gz: OK\n')
  expect(checked.exitCode).toBe(0)
})
