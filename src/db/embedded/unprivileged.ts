import { spawnSync } from 'node:child_process'
import { chownSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { copyBinaries } from './binaries.ts'

export interface Ids {
  uid?: number
  gid?: number
}

/** How programs of PostgreSQL are started: as whom, and through what. */
export interface Runner {
  ids: Ids
  /** Folder with `bin`, `lib` and `share` that this user can read. */
  native: string
  /** The program and its arguments as they are to be spawned. */
  command(program: string, args: readonly string[]): { file: string; args: string[]; ids: Ids }
}

/** PostgreSQL refuses to run as root; it gets a user that owns nothing else. */
export function unprivilegedIds(): Ids {
  if (process.getuid?.() !== 0) return {}
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  const found = ['postgres', 'nobody'].map((name) => users.find((user) => user[0] === name)).find(Boolean)
  if (!found)
    throw new Error(
      'PostgreSQL does not run as root and there is neither a user "postgres" nor "nobody". Start as another user.',
    )
  return { uid: Number(found[2]), gid: Number(found[3]) }
}

/**
 * Decides how to run PostgreSQL below `root`. As an ordinary user: plainly. As root: as an unprivileged user, and when a
 * folder above the data is closed to it (a home of mode 700), with the one capability that lets it pass through folders.
 * Throws one sentence when neither works.
 */
export function runnerFor(root: string, data_dir: string, binaries: string, ids: Ids): Runner {
  const plain = (native: string): Runner => ({
    ids,
    native,
    command: (program, args) => ({ file: program, args: [...args], ids }),
  })
  if (ids.uid === undefined) return plain(binaries)
  const passes = canPass(root, ids)
  if (passes && canRun(binaries, ids)) return plain(binaries)
  const through = [
    '--reuid',
    String(ids.uid),
    '--regid',
    String(ids.gid),
    '--clear-groups',
    '--inh-caps=+dac_read_search',
    '--ambient-caps=+dac_read_search',
    '--',
  ]
  if (
    spawnSync('setpriv', [...through, '/bin/sh', '-c', 'cd "$1"', 'sh', root], { cwd: '/', stdio: 'ignore' })
      .status === 0
  )
    return {
      ids,
      native: binaries,
      command: (program, args) => ({ file: 'setpriv', args: [...through, program, ...args], ids: {} }),
    }
  if (passes) return plain(copyBinaries(binaries, data_dir))
  throw new Error(
    `The user that PostgreSQL runs as cannot reach ${root}: a folder above it is closed. Set MC_DATA_DIR to a folder that others may pass through, e.g. /var/lib/mission-control.`,
  )
}

export function own(path: string, { uid, gid }: Ids): void {
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid)
}

function canPass(path: string, ids: Ids): boolean {
  return (
    spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', path], { ...ids, cwd: '/', stdio: 'ignore' }).status === 0
  )
}

function canRun(native: string, ids: Ids): boolean {
  return (
    spawnSync(join(native, 'bin', 'postgres'), ['--version'], { ...ids, cwd: '/', stdio: 'ignore' })
      .status === 0
  )
}
