import { type BackupContent, backUp, rowsIn } from '../../backup/backups.ts'
import type { ConnectionOptions } from '../../db/connection.ts'
import type { ListedStorage } from '../../files/storage.ts'
import { JobFailure, type JobRule } from './job.ts'
import type { JobPorts } from './tasks.ts'

/** An installation of many millions of messages, at the pace of its storage; twice, since it is read again. */
const TIME_LIMIT_MS = 12 * 60 * 60_000

export interface BackUpPorts {
  /** Undefined when no setting says how to reach the database as the role of backups. */
  connection: ConnectionOptions | undefined
  storage: ListedStorage
  /** Backups that are kept. */
  keep: number
  content(): BackupContent
}

export const backUpJob: JobRule<'back_up', Pick<JobPorts, 'installation'>> = {
  time_limit_ms: TIME_LIMIT_MS,
  async run(_, { installation: { connection, storage, keep, content }, signal, log }) {
    if (!connection) throw new JobFailure('MC_DATABASE_BACKUP_URL is not set.')
    const made = await backUp({ connection, content: content(), storage, keep, now: new Date(), signal })
    log.info({ key: made.key, rows: rowsIn(made) }, 'backup made')
    for (const file of made.missing_files)
      log.failed('back up a file of the archive', new Error(`${file} is not in its folder`))
  },
}
