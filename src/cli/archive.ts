import { resolve } from 'node:path'
import { type ArchiveFiles, archiveFiles } from '../archive/files.ts'
import { restoreFile } from '../archive/restore.ts'
import { loadConfig } from '../config.ts'
import { type ArchiveFile, ArchiveStore } from '../db/archive-store.ts'
import { openBeside } from '../db/open.ts'
import { createLog } from '../log.ts'
import { archiveStorage } from '../serve/exports.ts'

type Env = Record<string, string | undefined>

interface Opened {
  org_id: string
  store: ArchiveStore
  files: ArchiveFiles
}

/** `archive list`: prints the files of an org. Returns the exit code. */
export async function archiveList(env: Env, slug: string): Promise<number> {
  return await withArchive(env, slug, async ({ org_id, store }) => {
    const found = await store.files(org_id)
    if (found.length === 0) console.log(`Nothing of "${slug}" is in the archive.`)
    for (const { kind, month, part, status, row_count, size_bytes, file } of found)
      console.log(
        [
          month.slice(0, 7),
          kind,
          `part ${part}`,
          status,
          `${row_count} rows`,
          `${size_bytes} bytes`,
          file,
        ].join('  '),
      )
    return 0
  })
}

/** `archive restore`: stores the rows of a month in the database again. Returns the exit code. */
export async function archiveRestore(
  env: Env,
  { slug, kind, month }: { slug: string; kind: string; month: string },
): Promise<number> {
  if (!['events', 'messages'].includes(kind) || !/^\d{4}-(0[1-9]|1[0-2])$/.test(month)) {
    console.error('--kind is "events" or "messages", --month a month such as 2026-01.')
    return 2
  }
  return await withArchive(env, slug, async ({ org_id, store, files }) => {
    const of_month = (file: ArchiveFile) => file.kind === kind && file.month.startsWith(month)
    const found = (await store.files(org_id)).filter(of_month)
    if (found.length === 0) {
      console.error(`There are no ${kind} of ${month} of "${slug}" in the archive.`)
      return 1
    }
    for (const file of found) {
      try {
        const restored = await restoreFile(file, { store, files })
        console.log(`${file.file}: ${restored} of ${file.row_count} rows were stored again.`)
      } catch (error) {
        console.error(`${file.file} was not restored: ${reason(error)}`)
        return 1
      }
    }
    return 0
  })
}

function reason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.includes('beyond what the organization keeps')
    ? 'the organization does not keep that month. Set a longer retention first (Settings, Retention); otherwise nobody could read the rows.'
    : text
}

async function withArchive(
  env: Env,
  slug: string,
  run: (opened: Opened) => Promise<number>,
): Promise<number> {
  const { config } = loadConfig(env)
  const data_dir = resolve(config.data_dir)
  const opened = await openBeside(config, data_dir, createLog({ level: 'warn' }))
  const store = new ArchiveStore(opened.app, config.database_prepare)
  try {
    const org_id = await store.orgId(slug)
    if (org_id === undefined) {
      console.error(`There is no organization "${slug}".`)
      return 1
    }
    const files = archiveFiles(archiveStorage(config, data_dir))
    return await run({ org_id, store, files })
  } finally {
    await store.close()
    await opened.stop()
  }
}
