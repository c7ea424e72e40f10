import { Database } from 'bun:sqlite'
import { accessSync, constants, existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { asUnwritable, isDamage } from './faults.ts'
import { takeLock } from './lock.ts'
import { MIGRATIONS, versionOf } from './schema.ts'

/**
 * Looks whether a bridge could open this state file, and leaves it as it is; its folder must be there. Throws
 * `StateLocked`, `StateTooNew` and `StateUnwritable` as `openState` does.
 */
export function probeState(path: string): { damaged: boolean } {
  try {
    accessSync(existsSync(path) ? path : dirname(path), constants.W_OK)
    const lock = takeLock(path)
    try {
      return { damaged: existsSync(path) && isDamaged(path) }
    } finally {
      lock.release()
    }
  } catch (error) {
    throw asUnwritable(path, error)
  }
}

function isDamaged(path: string): boolean {
  try {
    const db = new Database(path, { readonly: true, strict: true })
    try {
      const found = db.query<{ integrity_check: string }, []>('pragma integrity_check(1)').get()
      versionOf(db, path, MIGRATIONS)
      return found?.integrity_check !== 'ok'
    } finally {
      db.close()
    }
  } catch (error) {
    if (isDamage(error)) return true
    throw error
  }
}
