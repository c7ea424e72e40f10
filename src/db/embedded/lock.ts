import { Database } from 'bun:sqlite'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Held locks. A handle that nothing refers to would be collected, and its lock with it. */
const held = new Set<Database>()

/**
 * One Mission Control per data folder. The kernel holds the lock on a file and lets go of it when the process ends, in
 * whatever way: neither a kill nor a reused process id leaves the folder locked, and two starts cannot both find it
 * free. SQLite is only what asks for the lock the same way on every system; nothing is stored in the file.
 * Returns what gives the folder back. Throws one sentence when another one runs.
 */
export function lockFolder(data_dir: string): () => void {
  const pid_file = join(data_dir, 'mission-control.pid')
  const lock = new Database(join(data_dir, 'mission-control.lock'), { create: true })
  try {
    lock.run('pragma busy_timeout = 0')
    lock.run('begin exclusive')
  } catch (error) {
    lock.close()
    if (!(error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY')) throw error
    throw new Error(
      `Another Mission Control${holder(pid_file)} uses this data folder. Stop it, or set MC_DATA_DIR to another one.`,
    )
  }
  held.add(lock)
  writeFileSync(pid_file, `${process.pid}\n`)
  return () => {
    if (!held.delete(lock)) return
    rmSync(pid_file, { force: true })
    lock.close()
  }
}

/** Which process holds the folder, for the message alone. */
function holder(pid_file: string): string {
  try {
    return ` (process ${readFileSync(pid_file, 'utf8').trim()})`
  } catch {
    // It has locked the folder and not yet written its number, or is just ending.
    return ''
  }
}
