import { spawnSync } from 'node:child_process'
import { readFileSync, realpathSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'

/** A fast shutdown ends sessions and writes what is in memory to the disk. */
const FAST_MS = 8_000
/** An immediate one only ends; the log of the database has every committed row. */
const IMMEDIATE_MS = 4_000
const LOOK_MS = 20

/** Folders for sockets outside the data folder; their names begin so. */
export const SOCKET_PREFIX = 'mc-socket-'

/**
 * Ends a PostgreSQL that outlived its Mission Control and still holds `cluster`; its writes are safe. Says whether the
 * last run left the cluster without a clean end.
 */
export async function endOrphan(cluster: string): Promise<boolean> {
  const file = join(cluster, 'postmaster.pid')
  let lines: string[]
  try {
    lines = readFileSync(file, 'utf8').split('\n')
  } catch {
    // No such file: the last run ended cleanly, or this is the first.
    return false
  }
  const pid = Number(lines[0])
  const socket_dir = lines[4]?.trim() ?? ''
  if (Number.isSafeInteger(pid) && pid > 0 && isAlive(pid)) {
    if (servesCluster(pid, cluster)) await end(pid, cluster)
    // The number was given to somebody else since. PostgreSQL would believe that it still runs. A file whose process is
    // gone stays: from it PostgreSQL sees whether sessions of that process are still ending.
    else rmSync(file, { force: true })
  }
  if (basename(socket_dir).startsWith(SOCKET_PREFIX)) rmSync(socket_dir, { recursive: true, force: true })
  return true
}

async function end(pid: number, cluster: string): Promise<void> {
  for (const [signal, patience_ms] of [
    ['SIGINT', FAST_MS],
    ['SIGQUIT', IMMEDIATE_MS],
    ['SIGKILL', IMMEDIATE_MS],
  ] as const) {
    try {
      process.kill(pid, signal)
    } catch {
      // It has gone by itself.
      return
    }
    for (let waited_ms = 0; waited_ms < patience_ms; waited_ms += LOOK_MS) {
      if (!isAlive(pid) || !servesCluster(pid, cluster)) return
      await new Promise((wake) => setTimeout(wake, LOOK_MS))
    }
  }
  throw new Error(`A PostgreSQL of an earlier run (process ${pid}) holds ${cluster} and does not end.`)
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/**
 * Whether process `pid` is the PostgreSQL of this very cluster. Process ids are reused, in containers even by habit: a
 * stranger, and another PostgreSQL above all, must never be signalled.
 */
function servesCluster(pid: number, cluster: string): boolean {
  const args = argumentsOf(pid)
  if (args === undefined) return false
  const at = args.indexOf('-D')
  const folder = at < 0 ? undefined : args[at + 1]
  if (folder === undefined) return false
  try {
    return realpathSync(folder) === realpathSync(cluster)
  } catch {
    // The folder it was started with is gone, so it is not this one.
    return false
  }
}

/** Command line of a process; undefined when there is none to be seen. A process that has ended has an empty one. */
function argumentsOf(pid: number): string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    // No /proc (macOS) or no such process: ps knows. Arguments with spaces are cut, and then it is not ours.
    const { status, stdout } = spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' })
    return status === 0 ? stdout.trim().split(/\s+/) : undefined
  }
}
