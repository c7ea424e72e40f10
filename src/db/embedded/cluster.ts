import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { giveTo } from './account.ts'
import { programEnvironment } from './postgres-process.ts'
import type { Runner } from './runner.ts'

export const SUPERUSER = 'mc_super'

/** Folders and files that an unfinished initialization leaves. */
const UNFINISHED = /^(data\.new-|initdb-password)/

/** Name of the folder of a cluster that an upgrade replaced. */
export const REPLACED = /^data-\d+$/

/**
 * Refuses a cluster that another major version of PostgreSQL made, and a folder whose cluster an interrupted upgrade moved
 * away: a new, empty cluster in its place would look like lost data.
 */
export function refuseOtherMajor({ version }: Pick<Runner, 'version'>, root: string): void {
  const file = join(root, 'data', 'PG_VERSION')
  if (!existsSync(file)) {
    const replaced = readdirSync(root).find((name) => REPLACED.test(name))
    if (replaced === undefined) return
    throw new Error(
      `An upgrade of the database was interrupted: rename ${join(root, replaced)} to data, then run "mission-control upgrade-database" again.`,
    )
  }
  const found = readFileSync(file, 'utf8').trim()
  const major = majorOf(version)
  if (found !== major)
    throw new Error(
      `The database in ${root} was made by PostgreSQL ${found}, this program brings ${major}. Run: mission-control upgrade-database --old FOLDER, with the folder of a PostgreSQL ${found} (see docs/operations.md).`,
    )
}

export function majorOf(version: string): string {
  return version.split('.')[0] ?? ''
}

/**
 * Makes the cluster `root/data` when there is none. initdb works in a folder of its own that is renamed at the end: after
 * a kill the next start begins anew. The folder's name is random, so that an initdb of a killed server cannot write into it.
 * Throws one sentence when initdb fails.
 */
export function initialize(runner: Runner, root: string, password: string, durable: boolean): void {
  if (existsSync(join(root, 'data', 'PG_VERSION'))) return
  for (const name of readdirSync(root))
    if (UNFINISHED.test(name)) rmSync(join(root, name), { recursive: true, force: true, maxRetries: 3 })
  const fresh = `data.new-${randomBytes(6).toString('hex')}`
  const password_file = `initdb-password-${fresh}`
  writeFileSync(join(root, password_file), password, { mode: 0o600 })
  giveTo(runner.account, join(root, password_file))
  const done = spawnSync(
    runner.program('initdb'),
    [
      '-D',
      runner.path(fresh),
      '-U',
      SUPERUSER,
      '--pwfile',
      runner.path(password_file),
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
      ...(durable ? [] : ['--no-sync']),
    ],
    { ...runner.options(), env: programEnvironment(root), encoding: 'utf8' },
  )
  rmSync(join(root, password_file), { force: true })
  if (done.status !== 0)
    throw new Error(
      `PostgreSQL could not be set up in ${root}: ${lastLine(done.stderr ?? done.error?.message ?? '')}`,
    )
  renameSync(join(root, fresh), join(root, 'data'))
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}
