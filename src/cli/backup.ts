import { createReadStream, existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { keyOf, makeBackup, rowsIn } from '../backup/backups.ts'
import { secretsFor } from '../backup/secrets.ts'
import { loadConfig } from '../config.ts'
import type { BackupSums } from '../contracts/backup-manifest.ts'
import { openForBackup } from '../db/backup/connect.ts'
import { writePrivateFile } from '../files/private.ts'
import { bytesOf } from '../files/storage.ts'
import { archiveStorage, installationStorage } from '../serve/exports.ts'
import { checkInScratch } from './restore.ts'

type Env = Record<string, string | undefined>

interface Options {
  file: string | undefined
  with_secrets: boolean
  without_archive: boolean
  verify: boolean
}

/** `backup`: writes the whole installation to a file, beside a running server or without one. Returns the exit code. */
export async function backup(env: Env, options: Options): Promise<number> {
  const { config } = loadConfig(env)
  const data_dir = resolve(config.data_dir)
  const now = new Date()
  const path = options.file === undefined ? undefined : resolve(options.file)
  if (path !== undefined && existsSync(path)) {
    console.error(`${path} exists already. A backup overwrites nothing.`)
    return 1
  }
  const storage = installationStorage(config, data_dir)
  const key = keyOf(now)
  const opened = await openForBackup(config, data_dir)
  let sums: BackupSums
  try {
    const content = {
      archive: options.without_archive ? undefined : archiveStorage(config, data_dir),
      ...secretsFor(config, data_dir, options.with_secrets),
    }
    sums = await makeBackup(opened.at, content, { now }, (bytes) =>
      path === undefined ? storage.write(key, bytes) : writePrivateFile(path, bytes),
    )
  } finally {
    await opened.stop()
  }
  const place =
    path ??
    (config.backup_destination === 's3'
      ? `the bucket, ${key}`
      : join(folderOf(config.backup_dir, data_dir), key))
  console.log(`Backed up ${rowsIn(sums)} rows of ${sums.tables.length} tables to ${place}.`)
  const { secrets } = secretsFor(config, data_dir, options.with_secrets)
  const apart = secrets.filter(({ in_backup }) => !in_backup)
  if (apart.length > 0)
    console.log(
      `Not in it, keep them elsewhere: ${apart.map(({ name, place: of }) => `${name} (${of})`).join(', ')}. Without the pepper second factors are void.`,
    )
  for (const file of sums.missing_files)
    console.error(`Missing in the archive, and so in the backup: ${file}`)
  if (options.verify) {
    const open = () => (path === undefined ? fromStorage() : createReadStream(path))
    async function* fromStorage() {
      const stored = await storage.read(key)
      if (!stored) throw new Error(`The backup ${key} is not where it was written.`)
      yield* bytesOf(stored)
    }
    if (!(await checkInScratch(open, data_dir))) return 1
  }
  return sums.missing_files.length > 0 ? 1 : 0
}

function folderOf(backup_dir: string | undefined, data_dir: string): string {
  return resolve(backup_dir ?? join(data_dir, 'backups'))
}
