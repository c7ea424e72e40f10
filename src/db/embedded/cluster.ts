import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { giveTo } from './account.ts'
import { programEnvironment } from './postgres-process.ts'
import type { Runner } from './runner.ts'

export const SUPERUSER = 'mc_super'

/** Folders and files that an unfinished initialization leaves. */
const UNFINISHED = /^(data\.new-|initdb-password)/

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
