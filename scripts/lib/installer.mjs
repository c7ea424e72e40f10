import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { RECORDS } from './files.mjs'
import { findProgram, installedBun, ROOT, runQuietly } from './processes.mjs'
import { Refusal } from './refusal.mjs'

/**
 * The command that installs the dependencies: the pinned Bun, from wherever one can be had. Returns command, first
 * arguments and extra environment.
 */
export async function installer() {
  const pinned = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).devDependencies.bun
  const own = installedBun()
  if (own && (await versionOf(own)) === pinned) return { command: own, args: [] }
  if (process.versions.bun === pinned) return { command: process.execPath, args: [] }
  if (process.versions.bun) return { command: process.execPath, args: ['x', `bun@${pinned}`] }
  const npx = findProgram(process.platform === 'win32' ? 'npx.cmd' : 'npx')
  if (!npx)
    throw new Refusal(
      'npx was not found. It comes with npm: install Node.js 20 or newer with npm, or Bun, and start again.',
    )
  const run = { command: npx, args: ['--yes', `bun@${pinned}`] }
  if ((await runQuietly(run.command, [...run.args, '--version'])).ok) return run
  // npx does not recover from a kill during its first download of a package: give it a cache of its own.
  const npm_config_cache = join(RECORDS, 'npm-cache')
  rmSync(npm_config_cache, { recursive: true, force: true })
  return { ...run, env: { npm_config_cache } }
}

async function versionOf(bun) {
  return (await runQuietly(bun, ['--version'])).output.trim()
}

/** One sentence about a failed installation. */
export function installProblem(output) {
  if (
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|ConnectionRefused|FailedToOpenSocket|DNSException|Timeout/i.test(
      output,
    )
  )
    return 'The dependencies could not be downloaded: the package registry cannot be reached. Is this machine online?'
  if (/EACCES|EROFS|AccessDenied|PermissionDenied/i.test(output))
    return `The dependencies could not be written: this user may not write to ${ROOT}.`
  if (/ENOSPC|NoSpaceLeft/i.test(output))
    return 'The dependencies could not be written: the disk is full (about 1 GB is needed).'
  if (/frozen/i.test(output)) return 'bun.lock does not fit package.json. Run `bun install` and commit both.'
  return 'The dependencies could not be installed; the lines above say why.'
}
