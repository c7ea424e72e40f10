import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Dialog } from '../../../src/cli/init/dialog.ts'
import { FileKept, writeFiles } from '../../../src/cli/init/files.ts'
import type { Input } from '../../../src/cli/init/input.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bridge-files-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Answers every question alike. */
const saying = (answer: string): Input => ({
  is_terminal: true,
  ended: false,
  line: async () => answer,
  hidden: async () => answer,
  close: () => undefined,
})
const dialog = (answer?: string) =>
  new Dialog(answer === undefined ? undefined : saying(answer), () => undefined)

const files = () => [
  { path: join(folder, 'new', 'keys.env'), text: 'A=1\n', secret: true },
  { path: join(folder, 'new', 'comms-bridge.yaml'), text: 'x: 1\n', secret: false },
]
const read = (name: string) => readFileSync(join(folder, 'new', name), 'utf8')
const mode = (name: string) => statSync(join(folder, 'new', name)).mode & 0o777

describe('B108 files of init', () => {
  test('are written with their folder; nobody else reads the secrets', async () => {
    await writeFiles(dialog(), files(), false)
    expect([read('keys.env'), read('comms-bridge.yaml')]).toEqual(['A=1\n', 'x: 1\n'])
    expect([mode('keys.env'), statSync(join(folder, 'new')).mode & 0o777]).toEqual([0o600, 0o700])
    expect(readdirSync(join(folder, 'new')).toSorted()).toEqual(['comms-bridge.yaml', 'keys.env'])
  })

  test('that are as they should be are left alone, but closed', async () => {
    await writeFiles(dialog(), files(), false)
    chmodSync(join(folder, 'new', 'keys.env'), 0o644)
    const before = statSync(join(folder, 'new', 'comms-bridge.yaml')).ino
    await writeFiles(dialog(), files(), false)
    expect(statSync(join(folder, 'new', 'comms-bridge.yaml')).ino).toBe(before)
    expect(mode('keys.env')).toBe(0o600)
  })

  test.each([
    ['nobody is there', undefined, false],
    ['somebody says no', 'n', false],
    ['somebody says yes', 'y', true],
  ])('that differ, and %s', async (_, answer, changed) => {
    await writeFiles(dialog(), files(), false)
    for (const name of ['keys.env', 'comms-bridge.yaml']) writeFileSync(join(folder, 'new', name), 'mine\n')
    const error = await writeFiles(dialog(answer), files(), false).catch((reason: unknown) => reason)
    expect(error instanceof FileKept).toBe(!changed)
    expect([read('keys.env'), read('comms-bridge.yaml')]).toEqual(
      changed ? ['A=1\n', 'x: 1\n'] : ['mine\n', 'mine\n'],
    )
  })

  test('are replaced by force without a question', async () => {
    await writeFiles(dialog(), files(), false)
    writeFileSync(join(folder, 'new', 'comms-bridge.yaml'), 'mine\n')
    await writeFiles(dialog(), files(), true)
    expect(read('comms-bridge.yaml')).toBe('x: 1\n')
  })
})
