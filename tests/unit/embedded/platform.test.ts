import { describe, expect, test } from 'bun:test'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import manifest from '../../../package.json'
import { findBinaries } from '../../../src/db/embedded/binaries.ts'
import { platformOf, thisPlatform } from '../../../src/db/embedded/platform.ts'
import layouts from './layouts.json'

/** Recorded from the packages in the npm registry (`npm pack`); update together with their version. */
const RECORDED = Object.entries(layouts)

describe('packages of the embedded PostgreSQL', () => {
  test.each(RECORDED)('%s is an optional dependency in exactly the recorded version', (name, { version }) => {
    expect(Object.entries(manifest.optionalDependencies)).toContainEqual([name, version])
    expect(manifest.trustedDependencies).toContain(name)
  })

  test.each(RECORDED)('%s is chosen on its platform, and its programs are found', (name, layout) => {
    for (const os of layout.os)
      for (const cpu of layout.cpu) {
        const platform = platformOf(os, cpu)
        expect(platform.package).toBe(name)
        const programs = (['initdb', 'pg_ctl', 'postgres'] as const).map(
          (it) => `native/${platform.program(it)}`,
        )
        expect(programs).toEqual(layout.programs)
      }
  })

  test('no other package is named', () => {
    expect(Object.keys(manifest.optionalDependencies).sort()).toEqual(RECORDED.map(([name]) => name).sort())
  })

  test('the installed package is as recorded, and no other platform is installed', () => {
    const platform = platformOf(process.platform, process.arch)
    const layout = RECORDED.find(([name]) => name === platform.package)![1]
    const { native, version } = findBinaries(platform)
    expect(version).toBe(layout.version)
    const package_dir = dirname(native)
    for (const path of [...layout.programs, `${layout.share}/postgres.bki`, layout.modules])
      expect(existsSync(join(package_dir, path)), path).toBe(true)
    for (const path of layout.programs)
      expect((statSync(join(package_dir, path)).mode & 0o111) !== 0, path).toBe(layout.executable)
    const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as { target: string }[]
    expect(links).toHaveLength(layout.links)
    for (const { target } of links) expect(existsSync(join(package_dir, target)), target).toBe(true)
    const scope = dirname(dirname(dirname(fileURLToPath(import.meta.resolve(platform.package)))))
    expect(readdirSync(scope)).toEqual([platform.package.split('/')[1]!])
  })
})

describe('a machine without one', () => {
  test.each([
    ['freebsd', 'x64'],
    ['linux', 'riscv64'],
    ['win32', 'arm64'],
  ])('%s on %s: one sentence that names the way out', (os, cpu) => {
    expect(() => platformOf(os, cpu)).toThrow(
      /^There is no embedded PostgreSQL for .* Set MC_DATABASE_URL and .*\.$/,
    )
  })

  test.if(process.platform === 'linux')('a Linux without glibc: the same', () => {
    expect(() => thisPlatform(() => false)).toThrow(/needs glibc.* Set MC_DATABASE_URL and /)
  })
})
