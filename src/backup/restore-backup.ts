import type { BackupHeader, BackupSums } from '../contracts/backup-manifest.ts'
import { loadInstallation } from '../db/backup/load.ts'
import { migrateOn, prepareEmpty, type Target } from '../db/backup/prepare.ts'
import { BadExport } from '../domain/bad-export.ts'
import { type BackupReader, readBackup, readHeader } from './read-backup.ts'

interface Options {
  /** The backup from its beginning; it is read twice. */
  open(): AsyncIterable<Uint8Array>
  /** `new`: cursors of clients name logs that are no more. `kept`: the same installation on another PostgreSQL. */
  logs: 'new' | 'kept'
  /** Takes a file of the archive or a secret, and must be able to undo that when the restore fails. */
  file: BackupReader['file']
}

/**
 * Restores a backup into an empty database: migrates it to the schema of the backup, loads every row in one transaction,
 * compares every sum and migrates on. Throws `BadExport`, with nothing stored, when the file is not sound or the database
 * is in use.
 */
export async function restoreBackup(
  target: Target,
  { open, logs, file }: Options,
): Promise<{ header: BackupHeader; sums: BackupSums }> {
  const header = await readHeader(open())
  await prepareEmpty(target, { version: header.schema_version, name: header.schema_name })
  let sums: BackupSums | undefined
  await loadInstallation(target.owner, header, async ({ load, startNewLogs }) => {
    const read = await readBackup(open(), {
      header: async (again) => {
        if (again.created_at !== header.created_at) throw new BadExport('The backup was changed meanwhile.')
      },
      table: async (name, lines) => {
        const table = header.tables.find((found) => found.name === name)
        if (!table) throw new BadExport(`The backup holds a table ${name} that it does not name.`)
        return await load(table, lines)
      },
      file,
    })
    sums = read.sums
    if (logs === 'new') await startNewLogs()
  })
  if (!sums) throw new Error('unreachable: a backup that was read has sums')
  await migrateOn(target)
  return { header, sums }
}
