/**
 * `bun scripts/release/assemble.ts server|bridge --from DIR --out DIR …`: puts together what a release offers: the programs of all
 * systems, the bill of materials, `SHA256SUMS` of everything, and for the server what the installer fetches, with the
 * installer itself, told where its release is.
 *
 *   --from DIR       folder with the compiled programs (archives of the server, files of the bridge)
 *   --target A,B     the systems that have to be there; all of them when left out
 *   --releases URL   where releases lie, with %s for the version; for the installer
 *   --image NAME     the server's image without a tag; for the installer
 */
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { isTarget, TARGETS, type Target } from '../../bridge/scripts/compile.ts'
import { writeSums } from '../lib/pack.ts'
import { isProgram, PROGRAMS, type ProgramName, ROOT, runScript, UsageError } from './programs.ts'
import { sbomOf } from './sbom.ts'

const ASIDE = ['docker-compose.selfhost.yml', 'Caddyfile'] as const
export const SBOM: Record<ProgramName, string> = {
  server: 'mission-control.cdx.json',
  bridge: 'mc-bridge.cdx.json',
}

export interface Assembly {
  from: string
  out: string
  targets: readonly Target[]
  /** Needed for the server. */
  releases?: string | undefined
  image?: string | undefined
}

/** The name under which the program of a system is released. */
export function assetOf(program: ProgramName, target: Target): string {
  if (program === 'server') return `mission-control-${target}.tar.gz`
  return `mc-bridge-${target}${target.startsWith('windows') ? '.exe' : ''}`
}

export function assemble(program: ProgramName, { from, out, targets, releases, image }: Assembly): void {
  mkdirSync(out, { recursive: true })
  if (readdirSync(out).length > 0) throw new Error(`${out} is not empty.`)
  for (const name of targets.map((target) => assetOf(program, target))) {
    if (!existsSync(join(from, name))) throw new Error(`There is no ${name} in ${from}.`)
    cpSync(join(from, name), join(out, name))
  }
  writeFileSync(join(out, SBOM[program]), sbomOf(program))
  if (program === 'server') {
    if (releases === undefined || image === undefined)
      throw new UsageError('The installer needs --releases and --image.')
    for (const name of ASIDE) cpSync(join(ROOT, 'docker', name), join(out, name))
    const { version } = JSON.parse(readFileSync(join(ROOT, PROGRAMS.server.manifests[0]), 'utf8')) as {
      version: string
    }
    const script = readFileSync(join(ROOT, 'scripts', 'install.sh'), 'utf8')
    writeFileSync(join(out, 'install.sh'), filledIn(script, { releases, image, version }))
    chmodSync(join(out, 'install.sh'), 0o755)
  }
  writeSums(out, readdirSync(out))
}

/** The installer with the defaults of its release. */
export function filledIn(
  script: string,
  given: { releases: string; image: string; version: string },
): string {
  const lines: [name: string, before: string, value: string][] = [
    ['RELEASES', '', given.releases],
    ['IMAGE', 'mission-control/server', given.image],
    ['VERSION', '', given.version],
  ]
  const lineOf = (name: string, value: string) => `${name}="\${MC_${name}:-${value}}"`
  for (const [name, before, value] of lines) {
    // It becomes a part of a shell script.
    if (!/^[A-Za-z0-9%:/.+_-]+$/.test(value)) throw new Error(`"${value}" cannot stand in the installer.`)
    const line = lineOf(name, before)
    if (script.split('\n').filter((one) => one === line).length !== 1)
      throw new Error(`scripts/install.sh has not one line ${line}`)
    script = script.replace(line, () => lineOf(name, value))
  }
  return script
}

if (import.meta.main)
  await runScript(() => {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        from: { type: 'string' },
        out: { type: 'string' },
        target: { type: 'string' },
        releases: { type: 'string' },
        image: { type: 'string' },
      },
    })
    const [program] = positionals
    const { from, out, releases, image } = values
    const names = values.target?.split(',') ?? Object.keys(TARGETS)
    const targets = names.filter(isTarget)
    if (!isProgram(program) || from === undefined || out === undefined || targets.length < names.length)
      throw new UsageError(
        'Usage: bun scripts/release/assemble.ts server|bridge --from DIR --out DIR [--target A,B] [--releases URL --image NAME]',
      )
    assemble(program, { from, out, targets, releases, image })
    console.log(readFileSync(join(out, 'SHA256SUMS'), 'utf8').trim())
  })
