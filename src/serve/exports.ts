import { join } from 'node:path'
import type { Config } from '../config.ts'
import type { Database } from '../db/client.ts'
import type { SnapshotDatabase } from '../db/transfer/snapshot.ts'
import {
  beginExport,
  forgetFile,
  giveBackAttempt,
  noteProgress,
  readPaths,
  touchExport,
} from '../db/writes/exports.ts'
import { enqueueJob } from '../db/writes/jobs.ts'
import { BACKUP_PLACES, EXPORT_ATTEMPTS_MAX } from '../domain/exports.ts'
import { FolderStorage } from '../files/folder.ts'
import { below, MissingStorage, Places as StoragePlaces } from '../files/places.ts'
import { BucketStorage } from '../files/s3.ts'
import type { FileStorage } from '../files/storage.ts'
import type { JobPorts } from '../workers/jobs/tasks.ts'

type Places = Pick<
  Config,
  | 'export_dir'
  | 'backup_dir'
  | 's3_endpoint'
  | 's3_region'
  | 's3_bucket'
  | 's3_access_key_id'
  | 's3_secret_access_key'
>

/** Where files lie: exports in the bucket if there is one, else in a folder; backups where the orgs want them. */
export function exportStorage(config: Places, data_dir: string): FileStorage {
  const bucket = bucketOf(config)
  const backups = new FolderStorage(config.backup_dir ?? join(data_dir, 'backups'))
  return new StoragePlaces(
    [
      { below: BACKUP_PLACES.local, storage: backups, folder: '' },
      { below: BACKUP_PLACES.s3, storage: bucket ?? new MissingStorage(NO_BUCKET), folder: 'backups' },
    ],
    bucket ?? new FolderStorage(config.export_dir ?? join(data_dir, 'exports')),
  )
}

/** Where the archive lies: in its folder if one is set, else in the bucket if there is one. */
export function archiveStorage(config: Places & Pick<Config, 'archive_dir'>, data_dir: string): FileStorage {
  const bucket = config.archive_dir === undefined ? bucketOf(config) : undefined
  return bucket
    ? below(bucket, 'archive')
    : new FolderStorage(config.archive_dir ?? join(data_dir, 'archive'))
}

/** Reason of a backup that cannot be made. */
const NO_BUCKET =
  'This server has no bucket (MC_S3_BUCKET). Choose the folder of the server in Settings, Retention.'

function bucketOf(config: Places): BucketStorage | undefined {
  const { s3_endpoint, s3_region, s3_bucket, s3_access_key_id, s3_secret_access_key } = config
  if (s3_bucket === undefined) return undefined
  return new BucketStorage({
    endpoint: s3_endpoint ?? '',
    region: s3_region,
    bucket: s3_bucket,
    access_key_id: s3_access_key_id ?? '',
    secret_access_key: s3_secret_access_key ?? '',
  })
}

interface Parts {
  database: Database
  snapshots: SnapshotDatabase
  storage: FileStorage
  command: JobPorts['command']
  tell: JobPorts['exports']['tell']
}

/** What the jobs of exports work with. */
export function exportPorts({ database, snapshots, storage, command, tell }: Parts): JobPorts['exports'] {
  return {
    storage,
    snapshots,
    tell,
    begin: (org_id, id, path) => database.withOrg(org_id, (tx) => beginExport(tx, org_id, id, path)),
    note: (org_id, id, at) => database.withOrg(org_id, (tx) => noteProgress(tx, org_id, id, at)),
    giveBack: (org_id, id, attempt) =>
      database.withOrg(org_id, (tx) => giveBackAttempt(tx, org_id, id, attempt)),
    forget: (org_id, id) => database.withOrg(org_id, (tx) => forgetFile(tx, org_id, id)),
    end: async (org_id, input) => (await command(org_id, { command: 'export.end', input })).result.stored,
    requeue: (org_id, export_id) =>
      database.withOrg(org_id, async (tx) => {
        await touchExport(tx, org_id, export_id)
        const options = { key: export_id, max_attempts: EXPORT_ATTEMPTS_MAX + 1 }
        await enqueueJob(tx, 'make_export', { org_id, export_id }, options)
      }),
    async removeAll(org_id) {
      for (const path of await database.withOrg(org_id, (tx) => readPaths(tx, org_id)))
        await storage.remove(path)
    },
  }
}
