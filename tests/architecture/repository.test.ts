import { describe, expect, test } from 'bun:test'
import { statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { SERVER_VERSION } from '../../src/contracts/version.ts'
import { leaks } from './secrets.ts'
import { exists, projectFiles, ROOT, read } from './tree.ts'

interface Manifest {
  name: string
  version?: string
  license?: string
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
  packageManager?: string
}

const TEXT_BYTES_MAX = 1024 * 1024
const files = projectFiles()
const manifests = files.filter((path) => /(^|\/)package\.json$/.test(path))
const manifest = (path: string): Manifest => JSON.parse(read(path))

describe('packages', () => {
  test('every dependency is pinned to exactly one version', () => {
    const loose = manifests.flatMap((path) => {
      const { dependencies, devDependencies, optionalDependencies } = manifest(path)
      return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })
        .filter(([, version]) => !isPinned(version))
        .map(([name, version]) => `${path}: ${name} ${version}`)
    })
    expect(manifests).toContain('package.json')
    expect(loose).toEqual([])
  })

  test.each([
    '^1.2.3',
    '~1.2.3',
    '1.2',
    '1',
    'latest',
    '*',
    '>=1.2.3',
    '1.2.3 || 2.0.0',
    'github:a/b',
    'file:../a',
    'npm:a@^1.2.3',
  ])('%p is not pinned', (version) => {
    expect(isPinned(version)).toBe(false)
  })

  test('the lock file names no host, and there is no other lock file', () => {
    expect(read('bun.lock').match(/[a-z+]+:\/\/[^"\s]+/g)).toBeNull()
    expect(
      files.filter((path) =>
        /(^|\/)(package-lock\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb|\.npmrc)$/.test(path),
      ),
    ).toEqual([])
  })

  test('the version of the package is the one that the program tells', () => {
    expect(manifest('package.json').version).toBe(SERVER_VERSION)
  })

  test('everything is under the Apache License 2.0', () => {
    const license = read('LICENSE')
    expect(license).toContain('Apache License')
    expect(license).toContain('Version 2.0, January 2004')
    expect(license).toContain('END OF TERMS AND CONDITIONS')
    expect(
      manifests.filter((path) => !path.startsWith('tests/')).map((path) => [path, manifest(path).license]),
    ).toEqual(manifests.filter((path) => !path.startsWith('tests/')).map((path) => [path, 'Apache-2.0']))
  })
})

describe('files', () => {
  const texts = files
    .filter((path) => statSync(join(ROOT, path)).size <= TEXT_BYTES_MAX)
    .map((path) => ({ path, text: read(path) }))

  test('none holds a secret, a path of a machine or the host of a registry', () => {
    expect(texts.length).toBeGreaterThan(100)
    expect(texts.flatMap(({ path, text }) => leaks(path, text))).toEqual([])
  })

  test('none names the folder that this checkout is in', () => {
    // A short path, as of a container, and the usual places of programs may stand in the documents.
    const places = [ROOT, dirname(ROOT)].filter(
      (place) => place.split('/').length > 2 && !/^\/(opt|srv|usr|var)\//.test(place),
    )
    expect(
      texts.filter(({ text }) => places.some((place) => text.includes(place))).map(({ path }) => path),
    ).toEqual([])
  })

  test('an example of the environment is there, an environment is not', () => {
    expect(files.filter((path) => /(^|\/)\.env(\.|$)/.test(path))).toEqual(['.env.example'])
  })

  test('scripts that are called by their path may be', () => {
    const closed = files.filter(
      (path) =>
        exists(path) && read(path).startsWith('#!') && (statSync(join(ROOT, path)).mode & 0o111) === 0,
    )
    expect(closed).toEqual([])
  })
})

describe('a leak is seen', () => {
  test.each([
    ['a provisioning token of this product', `mc_scim_0a1b2c3_${'b2-'.repeat(14)}c`],
    ['an API key of this product', `mc_ak_live_${'a1'.repeat(6)}_${'b2-'.repeat(14)}c`],
    ['a private key', `-----BEGIN EC ${'PRIVATE'} KEY-----`],
    ['a cloud access key', `AKIA${'Z9'.repeat(8)}`],
    ['a code host token', `ghp_${'aB'.repeat(18)}`],
    ['a model provider key', `sk-proj-${'aB3'.repeat(12)}`],
    ['a chat token', `xoxb-${'1234567890-'.repeat(3)}`],
    ['a registry token', `//host/:_auth${'Token'}=x`],
    ['a signed token', `eyJ${'a'.repeat(12)}.eyJ${'b'.repeat(12)}.${'c'.repeat(20)}`],
    ['a path of a machine', `"/home/${'ann'}/project/x"`],
    ['a path of a machine', `see /Users/${'Ann'}/x`],
    ['a package registry host', `https://${'registry'}.npmjs.org/x`],
    ['a package registry host', `${'npm'}.corp.example.com`],
  ])('%s', (what, text) => {
    expect(leaks('x.ts', `first line\n${text}\n`)).toEqual([`x.ts:2 holds ${what}`])
  })

  test.each([
    'mc_ak_live_<id12>_<43 characters>',
    'https://mc.example.com/home/index',
    '/api/v1/users/me/',
    'npm start',
    '$HOME/bin',
    '/homework/x',
    'sk-1',
    'npm run test',
    'src/work/x.ts',
  ])('%p is none', (text) => {
    expect(leaks('x.ts', text)).toEqual([])
  })
})

/** A full version, or an alias of one, or a package of this repository. */
function isPinned(version: string): boolean {
  return (
    /^(npm:(@[\w.-]+\/)?[\w.-]+@)?\d+\.\d+\.\d+(-[\w.-]+)?$/.test(version) || version.startsWith('workspace:')
  )
}
