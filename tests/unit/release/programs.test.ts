import { describe, expect, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Glob } from 'bun'
import { BRIDGE_VERSION } from '../../../bridge/src/version.ts'
import { filledIn } from '../../../scripts/release/assemble.ts'
import { isProgram, PROGRAMS, parseTag, problemsOf, ROOT } from '../../../scripts/release/programs.ts'
import { SERVER_VERSION } from '../../../src/contracts/version.ts'

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

describe('tags', () => {
  test.each([
    ['server-v1.2.0', { program: 'server', version: '1.2.0', prerelease: false }],
    ['bridge-v0.1.0-rc.1', { program: 'bridge', version: '0.1.0-rc.1', prerelease: true }],
  ] as const)('%p is one of a release', (tag, release) => {
    expect(parseTag(tag)).toEqual(release)
  })

  test.each([
    'server-1.2.0',
    'server-v1.2',
    'server-v01.2.0',
    'client-v1.2.0',
    'v1.2.0',
    'server-v1.2.0+x',
    'server-v1.2.0 ',
    'toString-v1.2.0',
    '',
  ])('%p is none', (tag) => {
    expect(parseTag(tag)).toBeUndefined()
  })

  test('names of programs are those of the table', () => {
    expect(isProgram('server')).toBe(true)
    expect(isProgram('client')).toBe(false)
  })
})

describe('a tag and its tree', () => {
  const withNotes =
    (heading: string, notes = '- A change.') =>
    (path: string) =>
      path === 'CHANGELOG.md' ? `# Changelog\n\n${heading}\n\n${notes}\n` : read(path)

  test('this tree agrees with its own versions, once the changelog has their sections', () => {
    const server = { program: 'server', version: SERVER_VERSION, prerelease: false } as const
    expect(problemsOf(server, withNotes(`## ${SERVER_VERSION} - 2026-01-02`))).toEqual([])
    const bridge = { program: 'bridge', version: BRIDGE_VERSION, prerelease: false } as const
    expect(problemsOf(bridge, withNotes(`## Bridge ${BRIDGE_VERSION} - 2026-01-02`))).toEqual([])
  })

  test('all that differs is said at once', () => {
    const release = { program: 'server', version: '9.9.9', prerelease: false } as const
    const problems = problemsOf(release, withNotes('## 9.9.9 - 2026-01-02', ''))
    expect(problems).toHaveLength(4)
    expect(problems[0]).toBe(`package.json has version ${SERVER_VERSION}, the tag says 9.9.9.`)
    expect(problems.at(-1)).toContain('is empty')
    expect(problemsOf(release, withNotes('## Unreleased')).at(-1)).toContain('has no section')
  })

  test('a version stands in the manifests, in the lock file and in one constant, and they are equal', () => {
    const lock = Bun.JSONC.parse(read('bun.lock')) as { workspaces: Record<string, { version?: string }> }
    for (const { manifests, source, constant } of Object.values(PROGRAMS)) {
      const told = new RegExp(`${constant} = '(.*)'`).exec(read(source))?.[1]
      for (const path of manifests) {
        expect([path, JSON.parse(read(path)).version]).toEqual([path, told])
        const folder = path.replace(/\/?package\.json$/, '')
        if (folder !== '') expect([path, lock.workspaces[folder]?.version]).toEqual([path, told])
      }
    }
  })

  test('no other file of the programs has a version of its own', () => {
    const files = ['src/**/*.ts', 'bridge/src/**/*.ts', 'docker/*'].flatMap((pattern) => [
      ...new Glob(pattern).scanSync({ cwd: ROOT }),
    ])
    const own = files.filter(
      (path) => existsSync(join(ROOT, path)) && /_VERSION = '\d+\.\d+\.\d+/.test(read(path)),
    )
    expect(own.toSorted()).toEqual(['bridge/src/version.ts', 'src/contracts/version.ts'])
  })
})

describe('the installer of a release', () => {
  const script = read('scripts/install.sh')
  const given = {
    releases: 'https://example.com/releases/download/server-v%s',
    image: 'ghcr.io/example/server',
    version: '1.2.0',
  }

  test('knows where it lies, and what is said by the environment counts more', () => {
    const [filled, plain] = [filledIn(script, given).split('\n'), script.split('\n')]
    const changed = filled.filter((line, i) => line !== plain[i])
    expect(changed).toHaveLength(3)
    const shown = Bun.spawnSync(
      ['bash', '-c', `${changed.join('\n')}\nprintf "$RELEASES|$IMAGE|$VERSION" "$VERSION"`],
      {
        env: { MC_IMAGE: 'other/image' },
      },
    )
    expect(shown.stdout.toString()).toBe(
      'https://example.com/releases/download/server-v1.2.0|other/image|1.2.0',
    )
  })

  test('takes nothing that the shell would run, and is not filled in twice', () => {
    expect(() => filledIn(script, { ...given, image: 'a$(id)' })).toThrow('cannot stand in the installer')
    expect(() => filledIn(filledIn(script, given), given)).toThrow('has not one line')
  })
})
