import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Surroundings } from '../../config/paths.ts'
import { loadConfig } from '../../config/read.ts'
import type { Print } from '../print.ts'
import { planService, ServiceRefused, SYSTEM_STATE } from './plan.ts'
import { WRITTEN_BY } from './systemd.ts'

export interface InstallOptions {
  config: string | undefined
  user: boolean
  print: boolean
  /** The program with its arguments before `run`. */
  program: readonly string[]
}

/**
 * Writes what lets the system start the bridge, or prints it. A second run changes nothing. Returns the exit code; throws
 * `ServiceRefused` and what `loadConfig` throws.
 */
export function installService(options: InstallOptions, around: Surroundings, print: Print): number {
  const { program, user } = options
  const of_machine = around.platform === 'linux' && !user
  // A service of the machine has its state elsewhere than the person who installs it.
  const env = of_machine ? { ...around.env, STATE_DIRECTORY: SYSTEM_STATE } : around.env
  const { path, config } = loadConfig(options.config, { ...around, env })
  const secrets = config.credentials.provider === 'file' ? config.credentials.path : undefined
  const secrets_owner = secrets === undefined ? undefined : statSync(secrets, { throwIfNoEntry: false })?.uid
  const config_open = (statSync(path).mode & 0o004) !== 0
  const plan = planService({ config, config_path: path, config_open, program, user, secrets_owner }, around)
  if (plan.path === null || options.print) print.out(plan.text)
  else print.out(write({ path: plan.path, text: plan.text }))
  print.err(['', 'Next:', ...plan.next.map((line) => `  ${line}`)].join('\n'))
  return 0
}

/** Writes a file by a rename, so that nobody reads a half-written one. */
function write({ path, text }: { path: string; text: string }): string {
  const there = read(path)
  if (there === text) return `${path} is up to date.`
  if (there !== undefined && !there.includes(WRITTEN_BY))
    throw new ServiceRefused(
      `${path} was not written by mc-bridge. Move it away, or see what would be written: --print`,
    )
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(`${path}.new`, text, { mode: 0o644 })
    renameSync(`${path}.new`, path)
  } catch (error) {
    throw new ServiceRefused(
      `${path} cannot be written (${codeOf(error)}). Run this with sudo, or add --user.`,
    )
  }
  return `${there === undefined ? 'Wrote' : 'Replaced'} ${path}.`
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw new ServiceRefused(`${path} cannot be read (${codeOf(error)}).`)
  }
}

const codeOf = (error: unknown) =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error)
