/**
 * `bun scripts/release/sbom.ts server|bridge [--out FILE]`: the bill of materials of a release in CycloneDX 1.6: every package that
 * runs in the program, with its version, its checksum in the registry and its licence, the runtime, and for the server the
 * packages of the app and the embedded PostgreSQL. Made of bun.lock alone, so equal trees give equal files.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ComponentScope, ComponentType, HashAlgorithm } from '@cyclonedx/cyclonedx-library/Enums'
import {
  Bom,
  Component,
  HashDictionary,
  LicenseExpression,
  LicenseRepository,
  Metadata,
  NamedLicense,
  SpdxLicense,
} from '@cyclonedx/cyclonedx-library/Models'
import { JSON as InJson, JsonSerializer } from '@cyclonedx/cyclonedx-library/Serialize'
import { fixupSpdxId, isSupportedSpdxId } from '@cyclonedx/cyclonedx-library/SPDX'
import { Spec1dot6 } from '@cyclonedx/cyclonedx-library/Spec'
import { buildTime } from '../lib/pack.ts'
import { type LockedPackage, parseLock, runtimePackages } from './lock-file.ts'
import { isProgram, PROGRAMS, type ProgramName, ROOT, runScript, UsageError } from './programs.ts'

/** Workspaces whose packages run in the program. */
const WORKSPACES: Record<ProgramName, readonly string[]> = { server: ['', 'ui'], bridge: ['bridge'] }
const LICENSE = 'Apache-2.0'

export function sbomOf(program: ProgramName): string {
  const { title, manifests } = PROGRAMS[program]
  const { version } = JSON.parse(readFileSync(join(ROOT, manifests[0]), 'utf8')) as { version: string }
  const packages = runtimePackages(
    parseLock(readFileSync(join(ROOT, 'bun.lock'), 'utf8')),
    WORKSPACES[program],
  )
  const main = new Component(ComponentType.Application, title, {
    bomRef: program,
    version,
    licenses: new LicenseRepository([new SpdxLicense(LICENSE)]),
  })
  const bom = new Bom({ metadata: new Metadata({ timestamp: buildTime(), component: main }) })
  const bun = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    devDependencies: { bun: string }
  }
  const runtime = new Component(ComponentType.Platform, 'bun', {
    bomRef: 'bun',
    version: bun.devDependencies.bun,
    purl: `pkg:npm/bun@${bun.devDependencies.bun}`,
    licenses: new LicenseRepository([new SpdxLicense('MIT')]),
  })
  bom.components.add(runtime)
  main.dependencies.add(runtime.bomRef)
  const components = new Map(packages.map((one) => [one.key, componentOf(one)]))
  const below = new Set(packages.flatMap(({ needs }) => needs))
  for (const { key, needs } of packages) {
    const component = components.get(key)!
    bom.components.add(component)
    for (const need of needs) component.dependencies.add(components.get(need)!.bomRef)
    if (!below.has(key)) main.dependencies.add(component.bomRef)
  }
  return `${new JsonSerializer(new InJson.Normalize.Factory(Spec1dot6)).serialize(bom, { sortLists: true, space: 2 })}\n`
}

function componentOf(one: LockedPackage): Component {
  const [scope, name] = one.name.startsWith('@') ? one.name.split('/') : [undefined, one.name]
  const [, algorithm, sum] = /^(sha512)-(.+)$/.exec(one.integrity ?? '') ?? []
  const license = licenseOf(one)
  return new Component(ComponentType.Library, name!, {
    bomRef: one.key,
    ...(scope === undefined ? {} : { group: scope }),
    version: one.version,
    purl: `pkg:npm/${one.name.replace('@', '%40')}@${one.version}`,
    scope: one.optional ? ComponentScope.Optional : ComponentScope.Required,
    hashes: new HashDictionary(
      algorithm === undefined
        ? []
        : [[HashAlgorithm['SHA-512'], Buffer.from(sum!, 'base64').toString('hex')]],
    ),
    licenses: new LicenseRepository(license === undefined ? [] : [licence(license)]),
  })
}

function licence(text: string) {
  const id = fixupSpdxId(text)
  if (id !== undefined && isSupportedSpdxId(id)) return new SpdxLicense(id)
  return /\b(?:AND|OR|WITH)\b/.test(text) ? new LicenseExpression(text) : new NamedLicense(text)
}

/** As the installed package says; packages of other systems are not installed. */
function licenseOf({ name, version }: LockedPackage): string | undefined {
  const store = join(ROOT, 'node_modules', '.bun')
  installed ??= existsSync(store) ? readdirSync(store) : []
  const begin = `${name.replace('/', '+')}@${version}`
  const folder = installed.find((one) => one === begin || one.startsWith(`${begin}+`))
  if (folder === undefined) return undefined
  const manifest = JSON.parse(
    readFileSync(join(store, folder, 'node_modules', name, 'package.json'), 'utf8'),
  ) as {
    license?: string | { type?: string }
  }
  return typeof manifest.license === 'object' ? manifest.license.type : manifest.license
}
let installed: readonly string[] | undefined

if (import.meta.main)
  await runScript(() => {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { out: { type: 'string' } },
    })
    const [program] = positionals
    if (!isProgram(program))
      throw new UsageError('Usage: bun scripts/release/sbom.ts server|bridge [--out FILE]')
    const text = sbomOf(program)
    if (values.out === undefined) process.stdout.write(text)
    else writeFileSync(values.out, text)
  })
