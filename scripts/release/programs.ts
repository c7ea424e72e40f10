import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sectionOf } from './changelog.ts'

export const ROOT = join(import.meta.dir, '..', '..')

/** A program with releases of its own, tagged `<name>-v<version>`. */
export interface Program {
  title: string
  /** Manifests that carry its version; the first one is that of the release. */
  manifests: readonly string[]
  /** The constant that the program tells as its version. */
  source: string
  constant: string
}

export const PROGRAMS = {
  server: {
    title: 'Mission Control',
    manifests: ['package.json', 'ui/package.json'],
    source: 'src/contracts/version.ts',
    constant: 'SERVER_VERSION',
  },
  bridge: {
    title: 'mc-bridge',
    manifests: ['bridge/package.json'],
    source: 'bridge/src/version.ts',
    constant: 'BRIDGE_VERSION',
  },
} as const satisfies Record<string, Program>
export type ProgramName = keyof typeof PROGRAMS

export const isProgram = (name: string | undefined): name is ProgramName =>
  name !== undefined && name in PROGRAMS

/** Semantic Versioning, without build metadata: a container image's tag cannot have it. */
export const VERSION =
  /^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-[0-9A-Za-z]+(?:[.-][0-9A-Za-z]+)*)?$/

export interface Release {
  program: ProgramName
  version: string
  /** A version such as 1.2.0-rc.1. */
  prerelease: boolean
}

/** Undefined where the tag is not one of a release. */
export function parseTag(tag: string): Release | undefined {
  const [, program, version = ''] = /^([a-z]+)-v(.+)$/.exec(tag) ?? []
  if (!isProgram(program) || !VERSION.test(version)) return undefined
  return { program, version, prerelease: version.includes('-') }
}

export const constantLine = (constant: string) =>
  new RegExp(`^(export const ${constant} = ')([^']*)(')$`, 'm')

/** Everything that keeps a release of this tree from being what its tag says. */
export function problemsOf(
  { program, version }: Release,
  read: (path: string) => string = (path) => readFileSync(join(ROOT, path), 'utf8'),
): string[] {
  const { manifests, source, constant } = PROGRAMS[program]
  const problems: string[] = []
  for (const path of manifests) {
    const found = (JSON.parse(read(path)) as { version?: string }).version
    if (found !== version) problems.push(`${path} has version ${found}, the tag says ${version}.`)
  }
  const told = constantLine(constant).exec(read(source))?.[2]
  if (told !== version) problems.push(`${source} tells version ${told}, the tag says ${version}.`)
  const notes = sectionOf(read('CHANGELOG.md'), program, version)
  if (notes === undefined) problems.push(`CHANGELOG.md has no section for ${program} ${version}.`)
  else if (notes === '') problems.push(`The section of CHANGELOG.md for ${program} ${version} is empty.`)
  return problems
}

/** The commands of this folder: problems are sentences on standard error, with exit code 1; a usage error has exit code 2. */
export async function runScript(main: () => Promise<void> | void): Promise<void> {
  try {
    await main()
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error))
    process.exitCode = isUsageError(error) ? 2 : 1
  }
}

function isUsageError(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return error instanceof UsageError || code.startsWith('ERR_PARSE_ARGS')
}

export class UsageError extends Error {}
