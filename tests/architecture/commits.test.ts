import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from './tree.ts'

const TITLE_CHARACTERS_MAX = 72
/** Earlier titles are history. */
const SINCE = '2026-11-26T08:50:00Z'

describe('commit titles', () => {
  test('have at most 72 characters', () => {
    // Outside a git checkout, e.g. in a release archive, there are none; a shallow clone has its own few.
    const log = Bun.spawnSync(['git', 'log', '--no-merges', '--format=%s', `--since=${SINCE}`], {
      cwd: ROOT,
      stderr: 'ignore',
    })
    const titles = log.success ? log.stdout.toString().split('\n') : []
    expect(titles.filter((title) => [...title].length > TITLE_CHARACTERS_MAX)).toEqual([])
  })
})

describe('the commit-msg hook', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mc-hook-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  /** Exit code of the hook for a message. */
  function hook(message: string): number {
    const file = join(folder, 'message')
    writeFileSync(file, message)
    return Bun.spawnSync([join(ROOT, '.githooks', 'commit-msg'), file], { stderr: 'ignore' }).exitCode
  }

  test.each([
    ['a title of 72 characters', 'x'.repeat(72), 0],
    ['characters, not bytes', 'ü'.repeat(72), 0],
    ['a long body', `Title\n\n${'x'.repeat(200)}`, 0],
    ['a title of 73 characters', 'x'.repeat(73), 1],
  ])('%s', (_what, message, code) => {
    expect(hook(message)).toBe(code)
  })
})
