import { SQLiteError } from 'bun:sqlite'
import { StateUnwritable } from './port.ts'
import { ForeignSchema } from './schema.ts'

/** Whether an error says that the content of the file is not to be trusted. */
export function isDamage(error: unknown): boolean {
  if (error instanceof ForeignSchema || error instanceof FailedCheck) return true
  if (!(error instanceof SQLiteError)) return false
  // A number in the head of the file that no version wrote: SQLite has no code for it.
  return /^SQLITE_(CORRUPT|NOTADB)/.test(error.code ?? '') || error.message === 'unsupported file format'
}

/** Another connection holds a lock on the file. */
export function isBusy(error: unknown): boolean {
  return error instanceof SQLiteError && /^SQLITE_(BUSY|LOCKED)/.test(error.code ?? '')
}

/** SQLite's own check found the file inconsistent. */
export class FailedCheck extends Error {
  override name = 'FailedCheck'
}

const WORDS: readonly [RegExp, string][] = [
  [/^SQLITE_FULL/, 'the disk or the file is full'],
  [/^SQLITE_(READONLY|PERM|AUTH)/, 'it is read-only for this user'],
  [/^SQLITE_CANTOPEN/, 'it cannot be opened; the folder must exist and be writable'],
  [/^SQLITE_IOERR/, 'the disk reports an error or is full'],
  [/^SQLITE_(CORRUPT|NOTADB)/, 'it is damaged; restart the bridge to move it aside and begin anew'],
]

/** What SQLite or the file system said about a write, as the port's error; other errors are mistakes and stay as they are. */
export function asUnwritable(path: string, error: unknown): unknown {
  const code = codeOf(error)
  if (code === undefined) return error
  const words = WORDS.find(([pattern]) => pattern.test(code))?.[1]
  if (words === undefined && error instanceof SQLiteError) return error
  return new StateUnwritable(`${path}: ${words ?? 'the file system refuses it'} (${code}).`, { cause: error })
}

/** SQLite's code, or that of a call to the file system. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined
  return error instanceof SQLiteError || 'syscall' in error ? error.code : undefined
}
