import type { BackupDestination } from '../contracts/vocabulary.ts'

/** Attempts at an export that begin. The next one only says that the export failed. */
export const EXPORT_ATTEMPTS_MAX = 3

/** Reason of an export whose every attempt ended with its server. */
export const INTERRUPTED = `The server stopped ${EXPORT_ATTEMPTS_MAX} times while it made this export. Try again.`
/** Reason without internals: the log of the server has them. */
export const NOT_MADE = 'The file could not be written. The log of the server says why.'

/** Key of a file in the storage of exports: backups have places of their own. */
export function storedAt(backup: BackupDestination | null, name: string): string {
  return backup === null ? name : `${BACKUP_PLACES[backup]}/${name}`
}

/** Folders of the storage by the destination of backups. */
export const BACKUP_PLACES: Readonly<Record<BackupDestination, string>> = {
  local: 'backup-local',
  s3: 'backup-s3',
}
