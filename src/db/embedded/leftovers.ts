import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs'
import { join, sep } from 'node:path'
import { isAlive } from './lock.ts'
import { STOP_MS } from './postgres-process.ts'

const LOOK_MS = 20
/** After an immediate shutdown failed too. */
const KILL_MS = 2 * STOP_MS

/**
 * Ends every process of PostgreSQL that an earlier, killed server left on the folder `root`: a postmaster with its
 * backends, one that has not written its process id yet, an initdb. Two postmasters on one cluster would destroy it. What
 * was committed is safe. Returns true when the last run did not stop cleanly.
 */
export async function endLeftovers(root: string): Promise<boolean> {
  const pid_file = join(root, 'data', 'postmaster.pid')
  const unclean = existsSync(pid_file)
  const started_at = performance.now()
  for (let pids = leftovers(root, pid_file); pids.length > 0; pids = leftovers(root, pid_file)) {
    const waited_ms = performance.now() - started_at
    for (const pid of pids)
      signal(pid, waited_ms > KILL_MS ? 'SIGKILL' : waited_ms > STOP_MS ? 'SIGQUIT' : 'SIGINT')
    await new Promise((wake) => setTimeout(wake, LOOK_MS))
  }
  // PostgreSQL removes a stale file itself, except when another process got the same id meanwhile.
  rmSync(pid_file, { force: true })
  return unclean
}

function leftovers(root: string, pid_file: string): number[] {
  if (process.platform === 'linux') return processesBelow(root)
  const pid = existsSync(pid_file) ? Number(readFileSync(pid_file, 'utf8').split('\n')[0]) : 0
  return Number.isSafeInteger(pid) && pid > 0 && isAlive(pid) && nameOf(pid).includes('postgres') ? [pid] : []
}

/** Processes of PostgreSQL whose working directory, or the descriptor they were given (see runner.ts), lies in `root`. */
function processesBelow(root: string): number[] {
  const folder = realpathSync(root)
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        if (!/^(postgres|initdb)$/.test(readFileSync(`/proc/${pid}/comm`, 'utf8').trim())) return false
      } catch {
        // It ended meanwhile.
        return false
      }
      return [linkOf(`/proc/${pid}/cwd`), linkOf(`/proc/${pid}/fd/3`)].some(
        (path) => path === folder || path.startsWith(folder + sep),
      )
    })
    .map(Number)
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    // The process ended, is another user's (then it is not ours), or has no such descriptor.
    return ''
  }
}

/** Name of a running program where there is no /proc. */
function nameOf(pid: number): string {
  const [command, ...args] =
    process.platform === 'win32'
      ? ['tasklist', '/FI', `PID eq ${pid}`, '/NH']
      : ['ps', '-p', String(pid), '-o', 'comm=']
  return spawnSync(command!, args, { encoding: 'utf8' }).stdout ?? ''
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It ended meanwhile.
  }
}
