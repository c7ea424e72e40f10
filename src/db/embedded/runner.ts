import { type SpawnSyncOptions, spawnSync } from 'node:child_process'
import { closeSync, constants, openSync } from 'node:fs'
import { join } from 'node:path'
import { type Account, giveTo, postgresAccount } from './account.ts'
import { type Binaries, findBinaries } from './binaries.ts'
import { copyBinaries, copyFolders, privateCopies, removeOtherCopies } from './binaries-copy.ts'
import { type Platform, type Program, thisPlatform } from './platform.ts'

/** Number of the inherited descriptor in the child: the first one after standard input, output and error. */
const INHERITED_FD = 3

/** How PostgreSQL's programs run on a folder: as whom, from where, and by which path they reach the folder. */
export interface Runner {
  account: Account
  /** Of PostgreSQL, such as `18.4.0-beta.17`. */
  version: string
  program(name: Program): string
  /** The path by which PostgreSQL reaches a file below its folder. */
  path(...parts: string[]): string
  /** Whether PostgreSQL reaches a folder by its path. */
  reaches(folder: string): boolean
  /** Options of `spawn` for a program that writes to standard error only. */
  options(): { uid?: number; gid?: number; cwd: string; stdio: ('ignore' | 'pipe' | number)[] }
  close(): void
}

/**
 * Decides how PostgreSQL runs on `root`, the folder of the cluster, and gives it the folder. An ordinary user runs it directly. Root runs it as an
 * unprivileged user, for whom a folder above may be closed (a home of mode 700). Then:
 * - The cluster is reached through an open descriptor that the child inherits: `/proc/self/fd/3` leads to the folder
 *   itself, so no permission of a folder above is asked. A capability would not do: `access()` ignores capabilities after
 *   a change of user, and initdb uses it.
 * - The programs run from a copy in a folder that every user can pass, because initdb and postgres resolve their own path.
 * Throws one sentence when neither works.
 */
export function runnerFor(root: string, data_dir: string, given?: Binaries): Runner {
  const platform = thisPlatform()
  const binaries = given ?? findBinaries(platform)
  const { version } = binaries
  const account = postgresAccount()
  if (account.uid === undefined) return { ...direct(platform, binaries.native, account, root), version }
  giveTo(account, root)
  const reachable = reaches(account, root)
  const native = runnable(platform, binaries, account, reachable ? data_dir : undefined)
  const runner = reachable
    ? direct(platform, native, account, root)
    : throughDescriptor(platform, native, account, root)
  return { ...runner, version }
}

function direct(platform: Platform, native: string, account: Account, root: string): Omit<Runner, 'version'> {
  return {
    account,
    program: (name) => join(native, platform.program(name)),
    path: (...parts) => join(root, ...parts),
    reaches: (folder) => account.uid === undefined || reaches(account, folder),
    options: () => ({ ...account, cwd: root, stdio: ['ignore', 'ignore', 'pipe'] }),
    close: () => undefined,
  }
}

function throughDescriptor(
  platform: Platform,
  native: string,
  account: Account,
  root: string,
): Omit<Runner, 'version'> {
  const fd = openSync(root, constants.O_RDONLY | constants.O_DIRECTORY)
  const base = `/proc/self/fd/${INHERITED_FD}`
  const options = { ...account, cwd: '/', stdio: ['ignore' as const, 'ignore' as const, 'pipe' as const, fd] }
  if (!reaches(options, base)) {
    closeSync(fd)
    throw new Error(
      `The user that PostgreSQL runs as cannot reach ${root}: a folder above is closed to others. Set MC_DATA_DIR to a folder outside, e.g. /var/lib/mission-control.`,
    )
  }
  return {
    account,
    program: (name) => join(native, platform.program(name)),
    path: (...parts) => join(base, ...parts),
    reaches: (folder) => reaches(account, folder),
    options: () => options,
    close: () => closeSync(fd),
  }
}

/** Folder of the binaries from which the account can run them: the installation, else a copy. */
function runnable(
  platform: Platform,
  binaries: Binaries,
  account: Account,
  data_dir: string | undefined,
): string {
  const runs = (native: string) =>
    succeeds(join(native, platform.program('postgres')), ['--version'], { ...account, cwd: '/' })
  if (runs(binaries.native)) return binaries.native
  const folders = copyFolders(data_dir)
  for (const folder of folders) {
    const copy = copyBinaries(binaries, folder)
    if (copy === undefined || !runs(copy)) continue
    if (data_dir !== undefined && folder === privateCopies(data_dir) && !binaries.foreign)
      removeOtherCopies(folder, binaries.version)
    return copy
  }
  throw new Error(
    `The user that PostgreSQL runs as cannot run ${binaries.native}, and no copy could be made in ${folders.join(', ')}. Install Mission Control in a folder that others may pass, e.g. /opt/mission-control.`,
  )
}

function reaches(options: SpawnSyncOptions, folder: string): boolean {
  return succeeds('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { cwd: '/', ...options })
}

function succeeds(file: string, args: string[], options: SpawnSyncOptions): boolean {
  return spawnSync(file, args, { stdio: 'ignore', ...options }).status === 0
}
