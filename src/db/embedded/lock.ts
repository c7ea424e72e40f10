import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'

/** Name of the lock in a data folder. */
export const LOCK_FILE = 'mission-control.lock'

/** A stale lock is removed and tried again; more tries mean that others take it at the same moment. */
const TRIES_MAX = 3

/**
 * One Mission Control per data folder. The lock file names a process and the time it started: neither a kill nor a reused
 * process id leaves the folder locked. Throws one sentence when another process holds the lock.
 */
export function lockFolder(path: string): () => void {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    if (takeLock(path)) return () => rmSync(path, { force: true })
    const holder = holderOf(path)
    if (holder !== undefined)
      throw new Error(
        `Another Mission Control (process ${holder}) uses this data folder. Stop it, or set MC_DATA_DIR to another one.`,
      )
    rmSync(path, { force: true })
  }
  throw new Error(`The lock ${path} could not be taken.`)
}

/** Links a finished file to the lock's name, so that nobody ever reads a lock without its holder. */
function takeLock(path: string): boolean {
  const mine = `${path}.${process.pid}`
  writeFileSync(mine, `${process.pid} ${startOf(process.pid) ?? ''}\n`, { mode: 0o600 })
  try {
    linkSync(mine, path)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(mine, { force: true })
  }
}

/** Whether a living process holds the lock. */
export function isLocked(path: string): boolean {
  return holderOf(path) !== undefined
}

/** Process id of the holder when it is alive and is the process that wrote the file. */
function holderOf(path: string): number | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    // Released since the attempt: free.
    return undefined
  }
  const [pid_text = '', started = ''] = text.trim().split(' ')
  const pid = Number(pid_text)
  if (!Number.isSafeInteger(pid) || pid <= 0 || !isAlive(pid)) return undefined
  // An earlier process had this id; without a start time nothing else tells the two apart.
  if (pid === process.pid && started === '') return undefined
  const now = startOf(pid)
  return started === '' || now === undefined || now === started ? pid : undefined
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** When a process started, in clock ticks since boot; undefined where there is no /proc. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    // No /proc (macOS, Windows): the process id alone has to do.
    return undefined
  }
}
