import type { BackupSecret, BackupSums } from '../contracts/backup-manifest.ts'
import { readInstallation } from '../db/backup/snapshot.ts'
import type { ConnectionOptions } from '../db/connection.ts'
import { bytesOf, type FileStorage, type ListedStorage } from '../files/storage.ts'
import { readBackup } from './read-backup.ts'
import { type SecretFile, writeBackup } from './write-backup.ts'

/** Where backups of the installation lie in their storage; other keys are not theirs. */
const FOLDER = 'installation'
const NAME = /^mission-control-\d{8}t\d{9}z\.tar\.gz$/

export interface BackupContent {
  archive: FileStorage | undefined
  secrets: readonly BackupSecret[]
  secret_files: readonly SecretFile[]
  /** With the sessions, which a backup for another day leaves out. */
  sessions?: boolean
}

/** Key of a backup of this moment; the order of the keys is that of their times. */
export function keyOf(now: Date): string {
  return `${FOLDER}/mission-control-${now.toISOString().replace(/[-:.]/g, '').toLowerCase()}.tar.gz`
}

/** Writes the installation as of now to `store`, which takes all of it or throws. */
export async function makeBackup(
  connection: ConnectionOptions,
  { sessions = false, ...content }: BackupContent,
  { now, signal }: { now: Date; signal?: AbortSignal },
  store: (bytes: AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<BackupSums> {
  let sums: BackupSums | undefined
  const onEnd = (found: BackupSums) => {
    sums = found
  }
  await readInstallation(connection, { sessions, ...(signal ? { signal } : {}) }, (snapshot) =>
    store(writeBackup(snapshot, { ...content, now, onEnd })),
  )
  if (!sums) throw new Error('The backup was not read to its end.')
  return sums
}

/** Reads a stored backup and compares every sum, without a database. Throws `BadExport`. */
export async function checkSums(source: AsyncIterable<Uint8Array>): Promise<BackupSums> {
  const { sums } = await readBackup(source, {
    header: async () => undefined,
    async table(_, lines) {
      let rows = 0
      for await (const part of lines) for (const byte of part) if (byte === 10) rows++
      return rows
    },
    async file(_kind, _name, content) {
      for await (const _ of content);
    },
  })
  return sums
}

interface Scheduled {
  connection: ConnectionOptions
  content: BackupContent
  storage: ListedStorage
  keep: number
  now: Date
  signal: AbortSignal
}

/** One scheduled backup: written, read again, and only then older ones removed beyond `keep`. */
export async function backUp({
  connection,
  content,
  storage,
  keep,
  now,
  signal,
}: Scheduled): Promise<BackupSums & { key: string }> {
  const key = keyOf(now)
  const sums = await makeBackup(connection, content, { now, signal }, (bytes) =>
    storage.write(key, bytes, signal),
  )
  const stored = await storage.read(key)
  if (!stored) throw new Error(`The backup ${key} is not where it was written.`)
  try {
    await checkSums(bytesOf(stored))
  } catch (error) {
    // A file that cannot be read must not push out a good one, now or at the next run.
    await storage.remove(key)
    throw error
  }
  const keys = (await storage.list(FOLDER)).filter((found) => NAME.test(found.slice(FOLDER.length + 1)))
  for (const old of keys.sort().slice(0, -keep)) await storage.remove(old)
  return { ...sums, key }
}

export function rowsIn(sums: BackupSums): number {
  return sums.tables.reduce((sum, { rows }) => sum + rows, 0)
}
