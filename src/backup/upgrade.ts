import {
  copyFileSync,
  createReadStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { join } from 'node:path'
import type { BackupSums } from '../contracts/backup-manifest.ts'
import { binariesIn, findBinaries } from '../db/embedded/binaries.ts'
import { majorOf } from '../db/embedded/cluster.ts'
import { backupOf, startEmbeddedDatabase } from '../db/embedded/database.ts'
import { thisPlatform } from '../db/embedded/platform.ts'
import { writePrivateFile } from '../files/private.ts'
import { makeBackup } from './backups.ts'
import { restoreBackup } from './restore-backup.ts'

/** Folder of the new cluster until it takes the place of the old one. */
const FOLDER = 'postgres-upgrade'

export interface Upgraded {
  from: string
  to: string
  sums: BackupSums
  /** The old cluster, which nothing uses any more. */
  kept: string
}

/**
 * Brings the embedded database to the PostgreSQL of this program by dump and load: the old cluster, run by the programs in
 * `old`, is copied row by row into a new one, with its sessions and the ids of its logs, so that clients notice nothing.
 * The old one is kept. Until the two change places nothing of it is touched. Throws one sentence.
 */
export async function upgradeDatabase(data_dir: string, old: string): Promise<Upgraded> {
  const root = join(data_dir, 'postgres')
  const file = join(root, 'data', 'PG_VERSION')
  if (!existsSync(file)) throw new Error(`There is no database in ${data_dir}.`)
  const from = readFileSync(file, 'utf8').trim()
  const platform = thisPlatform()
  const to = majorOf(findBinaries(platform).version)
  if (from === to) throw new Error(`The database is of PostgreSQL ${to} already. There is nothing to do.`)
  const binaries = binariesIn(old, platform)
  if (majorOf(binaries.version) !== from)
    throw new Error(
      `The database is of PostgreSQL ${from}, and the programs in ${old} are of ${binaries.version}.`,
    )
  const kept = join(root, `data-${from}`)
  if (existsSync(kept)) throw new Error(`${kept} is there already. Move it away, and try again.`)

  const fresh = join(data_dir, FOLDER)
  rmSync(fresh, { recursive: true, force: true })
  mkdirSync(join(fresh, 'postgres'), { recursive: true, mode: 0o755 })
  // The new cluster takes the passwords of the old one: nobody has to be told.
  for (const name of ['superuser-password', 'role-passwords.json'])
    copyFileSync(join(root, name), join(fresh, 'postgres', name))
  const dump = join(fresh, 'dump.tar.gz')
  try {
    const sums = await dumpOf(data_dir, { dump, binaries })
    const target = await startEmbeddedDatabase(fresh, () => undefined)
    try {
      await restoreBackup(target, {
        open: () => createReadStream(dump),
        logs: 'kept',
        file: async (_kind, _name, content) => {
          for await (const _ of content);
        },
      })
    } finally {
      await target.stop()
    }
    renameSync(join(root, 'data'), kept)
    renameSync(join(fresh, 'postgres', 'data'), join(root, 'data'))
    return { from, to, sums, kept }
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

async function dumpOf(
  data_dir: string,
  { dump, binaries }: { dump: string; binaries: ReturnType<typeof binariesIn> },
): Promise<BackupSums> {
  const source = await startEmbeddedDatabase(data_dir, () => undefined, { binaries })
  try {
    return await makeBackup(
      backupOf(source.owner, data_dir),
      // Files and secrets stay where they are.
      { archive: undefined, secrets: [], secret_files: [], sessions: true },
      { now: new Date() },
      (bytes) => writePrivateFile(dump, bytes),
    )
  } finally {
    await source.stop()
  }
}
