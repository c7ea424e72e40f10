import { Database } from 'bun:sqlite'
import { chmodSync, existsSync, mkdirSync, realpathSync, renameSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { asUnwritable, FailedCheck, isBusy, isDamage } from './faults.ts'
import { STATE_LIMITS, type StateLimits } from './limits.ts'
import { locked, takeLock } from './lock.ts'
import type { State } from './port.ts'
import { MIGRATIONS, migrate, versionOf } from './schema.ts'
import { SqliteState } from './sqlite-state.ts'

/** The write-ahead log is cut to this size after it was larger. */
const LOG_BYTES_KEPT = 8 * 1024 * 1024

export interface StateOptions {
  /** Milliseconds since 1970. */
  now?: () => number
  limits?: Partial<StateLimits>
  migrations?: readonly string[]
}

/**
 * Opens the state file for this process alone, and makes it (0600) and its folder when they are not there. A damaged file is
 * moved aside with what belongs to it, and a new one begun. Throws `StateLocked` when another process has it, `StateTooNew`
 * for a file of a newer bridge, `StateUnwritable` when the disk does not take it.
 */
export function openState(path: string, options: StateOptions = {}): State {
  const now = options.now ?? Date.now
  const limits = { ...STATE_LIMITS, ...options.limits }
  try {
    const file = placeOf(path)
    const lock = takeLock(file)
    try {
      const { db, moved_aside } = openOrReplace(file, now, options.migrations ?? MIGRATIONS)
      return new SqliteState({ db, path: file, moved_aside, now, limits, release: lock.release })
    } catch (error) {
      lock.release()
      throw error
    }
  } catch (error) {
    throw asUnwritable(path, error)
  }
}

/** The real path, so that two ways to one file meet at one lock. Makes the folder. */
function placeOf(path: string): string {
  const at = resolve(path)
  if (existsSync(at)) return realpathSync(at)
  mkdirSync(dirname(at), { recursive: true, mode: 0o700 })
  return join(realpathSync(dirname(at)), basename(at))
}

function openOrReplace(file: string, now: () => number, migrations: readonly string[]) {
  try {
    return { db: openFile(file, migrations), moved_aside: null }
  } catch (error) {
    if (!isDamage(error)) throw error
    const moved_aside = moveAside(file, now())
    return { db: openFile(file, migrations), moved_aside }
  }
}

function openFile(file: string, migrations: readonly string[]): Database {
  const db = new Database(file, { create: true, strict: true })
  try {
    db.run('pragma busy_timeout = 0')
    db.run('pragma locking_mode = exclusive')
    check(db)
    const version = versionOf(db, file, migrations)
    chmodSync(file, 0o600)
    db.run('pragma journal_mode = wal')
    db.run('pragma synchronous = full')
    // What people wrote does not stay in free pages.
    db.run('pragma secure_delete = on')
    db.run(`pragma journal_size_limit = ${LOG_BYTES_KEPT}`)
    migrate(db, version, migrations)
    return db
  } catch (error) {
    db.close()
    throw isBusy(error) ? locked(file, error) : error
  }
}

function check(db: Database): void {
  const found = db.query<{ integrity_check: string }, []>('pragma integrity_check(1)').get()
  if (found?.integrity_check !== 'ok') throw new FailedCheck('The file is not consistent.')
}

/** Renames the file and its log; the answer is its new path. */
function moveAside(file: string, at: number): string {
  const stamp = new Date(at).toISOString().replace(/[:.]/g, '-')
  let to = `${file}.damaged-${stamp}`
  for (let n = 2; existsSync(to); n++) to = `${file}.damaged-${stamp}-${n}`
  // The log first: without its file it is no use, and a new file must not meet the old log.
  for (const suffix of ['-wal', '-shm', '-journal', ''])
    if (existsSync(`${file}${suffix}`)) renameSync(`${file}${suffix}`, `${to}${suffix}`)
  return to
}
