import { Database } from 'bun:sqlite'
import { chmodSync } from 'node:fs'
import { isBusy } from './faults.ts'
import { StateLocked } from './port.ts'

/**
 * Takes the lock of a state file until `release`, or until the process ends in any way: it is a lock of the operating system
 * on an empty file, `<path>.lock`, which stays and means nothing without a holder. The state file itself is locked as well,
 * but that lock is free for a moment while a damaged file is moved aside. Throws `StateLocked`.
 */
export function takeLock(path: string): { release(): void } {
  const db = new Database(`${path}.lock`, { create: true, strict: true })
  try {
    db.run('pragma busy_timeout = 0')
    db.run('pragma journal_mode = memory')
    db.run('begin exclusive')
    chmodSync(`${path}.lock`, 0o600)
  } catch (error) {
    db.close()
    throw isBusy(error) ? locked(path, error) : error
  }
  return { release: () => db.close() }
}

/** Names the file, so that a person finds the other process. */
export function locked(path: string, cause: unknown): StateLocked {
  return new StateLocked(
    `${path} is in use by another mc-bridge. Stop it, or give this one another state.db_path.`,
    {
      cause,
    },
  )
}
