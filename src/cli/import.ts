import { createReadStream, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { loadConfig } from '../config.ts'
import { openBeside } from '../db/open.ts'
import { LoadDatabase } from '../db/transfer/load.ts'
import { BadExport } from '../domain/bad-export.ts'
import { type Imported, importExport } from '../exports/import-export.ts'
import type { ArchiveLimits } from '../exports/read-archive.ts'
import { createLog } from '../log.ts'

/** Of a file from elsewhere. An honest export expands some ten to thirty times. */
const LIMITS: ArchiveLimits = { bytes_max: 64 * 2 ** 30, ratio_max: 300 }
const NO_LIMITS: ArchiveLimits = { bytes_max: Number.MAX_SAFE_INTEGER, ratio_max: Number.MAX_SAFE_INTEGER }

interface Options {
  file: string
  slug: string | undefined
  trusted: boolean
}

/** `import FILE`: makes an org from an export, beside a running server or without one. Returns the exit code. */
export async function importFile(
  env: Record<string, string | undefined>,
  { file, slug, trusted }: Options,
): Promise<number> {
  const path = resolve(file)
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) {
    console.error(`There is no file ${path}.`)
    return 1
  }
  const { config } = loadConfig(env)
  const opened = await openBeside(config, resolve(config.data_dir), createLog({ level: 'warn' }))
  const database = new LoadDatabase(opened.app)
  try {
    const imported = await importExport(database, {
      open: () => createReadStream(path),
      limits: trusted ? NO_LIMITS : LIMITS,
      single_tenant: config.single_tenant,
      now: new Date(),
      ...(slug === undefined ? {} : { slug }),
    })
    report(imported, config.public_url)
    return 0
  } catch (error) {
    if (!(error instanceof BadExport)) throw error
    console.error(`Nothing was imported. ${error.message}`)
    return 1
  } finally {
    await database.close()
    await opened.stop()
  }
}

function report({ manifest, slug, links }: Imported, public_url: string): void {
  const rows = (name: string) => manifest.files.find((file) => file.name === `${name}.jsonl`)?.rows ?? 0
  const { name } = manifest.org
  console.log(
    `Imported "${name}" (${slug}): ${rows('memberships')} members, ${rows('projects')} projects, ${rows('tasks')} tasks, ${rows('messages')} messages, ${rows('events')} events.`,
  )
  for (const { display_name, email, token } of links) {
    console.log(`A password for ${display_name}, ${email} (works once, within a day):`)
    console.log(`${public_url}/sign-in-link/${token}`)
  }
  console.log(
    'Other people get their links from an administrator, on the page of members; agents get new keys there.',
  )
}
