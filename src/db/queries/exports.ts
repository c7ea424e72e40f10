import type { Page } from '../../contracts/lists.ts'
import type { Export } from '../../contracts/resources.ts'
import type { Fragment, OneReader, OrgRef, Sql } from '../client.ts'
import { type PageRequest, readPage } from './pages.ts'

/** A file is offered until its time is over, not until it was removed. */
function resource(sql: Sql, org: OrgRef): Fragment {
  return sql`
    select x.id, case when x.status = 'ready' and x.expires_at <= now() then 'expired' else x.status end as status,
           x.progress, x.size_bytes, x.sha256, x.error, x.expires_at, x.backup, x.created_at
    from exports x where x.org_id = ${org}`
}

/** Exports of an org, newest first. */
export async function listExports(
  database: OneReader,
  org_id: string,
  request: PageRequest,
): Promise<Page<Export>> {
  return await readPage<Export>(database, org_id, request, {
    matching: (sql, org) => sql`select e.id, e.created_at from exports e where e.org_id = ${org}`,
    order: (sql) => sql`m.created_at desc, m.id desc`,
    rows: resource,
  })
}

export async function readExport(
  database: OneReader,
  org_id: string,
  id: string,
): Promise<Export | undefined> {
  const [found] = await database.readOne<Export>(
    org_id,
    (sql, org) => sql<Export[]>`${resource(sql, org)} and x.id = ${id}`,
  )
  return found
}

/** Where a file that may be downloaded lies. */
export interface ExportFile {
  path: string
  sha256: string
  created_at: string
}

export async function readExportFile(
  database: OneReader,
  org_id: string,
  id: string,
): Promise<ExportFile | undefined> {
  const [found] = await database.readOne<ExportFile>(
    org_id,
    (sql, org) => sql<ExportFile[]>`
      select x.path, x.sha256, x.created_at from exports x
      where x.org_id = ${org} and x.id = ${id} and x.status = 'ready' and x.expires_at > now()
        and x.path is not null and x.sha256 is not null`,
  )
  return found
}

/** The export that is under way, if one is. For a command: inside the lane there is no other writer. */
export async function readOpenExport(sql: Sql, org_id: string): Promise<Export | undefined> {
  const [found] = await sql<
    Export[]
  >`${resource(sql, org_id)} and x.status in ('pending', 'processing') limit 1`
  return found
}

/** Whether a backup was begun at a moment or later. */
export async function hasBackupSince(sql: Sql, org_id: string, at: string): Promise<boolean> {
  const [found] = await sql`
    select 1 from exports x where x.org_id = ${org_id} and x.backup is not null and x.created_at >= ${at} limit 1`
  return found !== undefined
}
