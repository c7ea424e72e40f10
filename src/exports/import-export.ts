import { createHash, randomBytes } from 'node:crypto'
import { Value } from '@sinclair/typebox/value'
import type { ExportManifest } from '../contracts/export-manifest.ts'
import { newId } from '../contracts/ids.ts'
import { RESERVED_SLUGS } from '../contracts/limits.ts'
import { newLogId } from '../contracts/log-id.ts'
import { OrgCreate } from '../contracts/requests.ts'
import type { LoadDatabase, LockedOut, OrgLoader } from '../db/transfer/load.ts'
import type { TransferTable } from '../db/transfer/tables.ts'
import { BadExport } from '../domain/bad-export.ts'
import { type ArchiveLimits, shown } from './read-archive.ts'
import { type Line, readExport } from './read-export.ts'

const BATCH_ROWS = 1_000
const BATCH_BYTES = 1024 * 1024
/** Whoever imports is about to send the links to the administrators. */
const LINK_MS = 24 * 60 * 60_000
/** No row of an org is older than the product. */
const FIRST_MONTH = '2020-01'
const MONTH_MS = 31 * 24 * 60 * 60_000

/** Tables of which the database keeps a part for each month. */
const MONTHLY = new Set(['messages', 'events'])

export interface ImportOptions {
  /** Opens the file; called twice. */
  open(): AsyncIterable<Uint8Array>
  limits: ArchiveLimits
  /** Another slug than the one in the file. */
  slug?: string
  single_tenant: boolean
  now: Date
}

export interface Imported {
  manifest: ExportManifest
  slug: string
  /** Administrators who have no password here, with a one-time link for each. */
  links: { email: string; display_name: string; token: string }[]
}

/**
 * Makes an org from an export: the same ids, numbers and relationships, in a log of a new incarnation. The file is judged
 * whole before anything is stored, and read again while it is: then in one transaction. Throws `BadExport`.
 */
export async function importExport(database: LoadDatabase, options: ImportOptions): Promise<Imported> {
  const { open, limits, now } = options
  const months = new Set<string>()
  let org: { id?: unknown; slug?: unknown; name?: unknown } | undefined
  let orgs = 0
  const manifest = await readExport(open(), limits, async ({ table }, lines) => {
    for await (const { row } of lines) {
      if (table === 'organizations') {
        org = row
        orgs++
      }
      if (MONTHLY.has(table)) months.add(monthOf(table, String(row.created_at), now))
    }
  })
  const { id, slug: known_as, name } = manifest.org
  // The name of the manifest is shown, that of the row was judged.
  if (orgs !== 1 || org?.id !== id || org.slug !== known_as || org.name !== name)
    throw new BadExport('organization.jsonl: not the one organization of the manifest')
  const slug = options.slug ?? manifest.org.slug
  if (RESERVED_SLUGS.includes(slug) || !Value.Check(OrgCreate.properties.slug, slug))
    throw new BadExport(`"${shown(slug)}" cannot be the address of an organization.`)
  await refuseTaken(database, manifest, slug, options.single_tenant)
  if (months.size > 0) await database.makeMonths([...months].map((month) => `${month}-01`))
  const links = await database.load(manifest.org.id, async (loader) => {
    const again = await readExport(open(), limits, (table, lines) => store(loader, table, lines, slug))
    if (JSON.stringify(again) !== JSON.stringify(manifest))
      throw new BadExport('The file changed while it was read.')
    await loader.startLog(newLogId(), manifest.sequence)
    await loader.check()
    return await linksFor(loader, await loader.lockedOut(), now)
  })
  return { manifest, slug, links }
}

async function refuseTaken(
  database: LoadDatabase,
  { org }: ExportManifest,
  slug: string,
  single_tenant: boolean,
): Promise<void> {
  const taken = await database.taken(org.id, slug)
  if (taken.id) throw new BadExport('This organization is here already. Delete it first.')
  if (taken.slug)
    throw new BadExport(
      `There is an organization "${slug}" here already. Choose another address with --slug.`,
    )
  if (single_tenant && taken.orgs > 0)
    throw new BadExport(
      'This server holds one organization only. Set DEPLOYMENT_MODE=multi-tenant to import another one.',
    )
}

async function store(
  loader: OrgLoader,
  table: TransferTable,
  lines: AsyncIterable<Line>,
  slug: string,
): Promise<void> {
  let batch: string[] = []
  let bytes = 0
  const flush = async () => {
    if (batch.length === 0) return
    await (table.table === 'users' ? loader.insertUsers(table, batch) : loader.insert(table, batch))
    batch = []
    bytes = 0
  }
  for await (const { text, row } of lines) {
    batch.push(table.table === 'organizations' ? JSON.stringify(revived(row, slug)) : text)
    bytes += text.length
    if (batch.length >= BATCH_ROWS || bytes >= BATCH_BYTES) await flush()
  }
  await flush()
}

/** Under its slug here. A copy of an org that is about to be deleted would be deleted at once. */
function revived(org: Line['row'], slug: string): Line['row'] {
  return org.status === 'pending_deletion'
    ? { ...org, slug, status: 'active', deletion_at: null }
    : { ...org, slug }
}

async function linksFor(
  loader: OrgLoader,
  administrators: readonly LockedOut[],
  now: Date,
): Promise<Imported['links']> {
  const expires_at = new Date(now.getTime() + LINK_MS).toISOString()
  const links = administrators.map((administrator) => ({
    ...administrator,
    token: randomBytes(32).toString('base64url'),
  }))
  await loader.insertLinks(
    links.map(({ user_id, email, token }) => ({
      id: newId(),
      user_id,
      email,
      token_hash: createHash('sha256').update(token).digest('base64url'),
      expires_at,
    })),
  )
  return links.map(({ email, display_name, token }) => ({ email, display_name, token }))
}

function monthOf(table: string, created_at: string, now: Date): string {
  const month = created_at.slice(0, 7)
  const last = new Date(now.getTime() + MONTH_MS).toISOString().slice(0, 7)
  if (month < FIRST_MONTH || month > last)
    throw new BadExport(`${table}.jsonl: a row is of ${month}, which cannot be`)
  return month
}
