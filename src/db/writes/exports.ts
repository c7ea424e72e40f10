import type { Export } from '../../contracts/resources.ts'
import { storedAt } from '../../domain/exports.ts'
import type { Tx } from '../client.ts'
import type { Writer } from './writer.ts'

/*
 * An export belongs to the attempt that works on it: an attempt that was overtaken, after a pause or a cut of its
 * connection, changes nothing any more. Text: each is one statement with its condition.
 */

/** `requested_by` is null for a backup. */
export async function insertExport(
  to: Writer,
  requested_by: string | null,
  { id, status, backup }: Export,
): Promise<void> {
  const { org_id, now } = to
  await to.write(to.sql`
    insert into exports (org_id, id, requested_by, backup, status, created_at, updated_at)
    values (${org_id}, ${id}, ${requested_by}, ${backup}, ${status}, ${now}, ${now})`)
}

/** An attempt begins, and says where its file `name` will lie. Undefined when the export is over. */
export async function beginExport(
  { sql }: Tx,
  org_id: string,
  id: string,
  name: string,
): Promise<{ attempt: number; path: string; former_path: string | null } | undefined> {
  const [before] = await sql<{ path: string | null; backup: Export['backup'] }[]>`
    select path, backup from exports where org_id = ${org_id} and id = ${id} and status in ('pending', 'processing') for update`
  if (!before) return undefined
  const path = storedAt(before.backup, name)
  const [row] = await sql<{ attempt: number }[]>`
    update exports set status = 'processing', attempts = attempts + 1, progress = 0, path = ${path}, updated_at = now()
    where org_id = ${org_id} and id = ${id} returning attempts as attempt`
  return row && { attempt: row.attempt, path, former_path: before.path }
}

/** Undefined when the attempt was overtaken. */
export async function noteProgress(
  { sql }: Tx,
  org_id: string,
  id: string,
  { attempt, progress }: { attempt: number; progress: number },
): Promise<Export | undefined> {
  const [row] = await sql<Export[]>`
    update exports set progress = ${progress}, updated_at = now()
    where org_id = ${org_id} and id = ${id} and status = 'processing' and attempts = ${attempt}
    returning id, status, progress, size_bytes, sha256, error, expires_at, backup, created_at`
  return row
}

export interface ExportEnd {
  attempt: number
  file?: { size_bytes: number; sha256: string } | undefined
  /** When the file goes, if it is an export, and if it is a backup. */
  expires_at?: { exported: string; backup: string } | undefined
  error?: string | undefined
}

/** Ends an attempt: with its file, or with the reason why there is none. Undefined when it was overtaken. */
export async function endExport(
  to: Writer,
  id: string,
  { attempt, file, expires_at, error }: ExportEnd,
): Promise<{ export: Export; requested_by: string | null } | undefined> {
  const { sql, org_id, now } = to
  const rows = await to.write(sql<(Export & { requested_by: string | null })[]>`
    update exports set status = ${file ? 'ready' : 'failed'}, progress = ${file ? sql`100` : sql`progress`},
      size_bytes = ${file?.size_bytes ?? null}, sha256 = ${file?.sha256 ?? null}, error = ${error ?? null},
      expires_at = case when backup is null then ${expires_at?.exported ?? null}::timestamptz
        else ${expires_at?.backup ?? null}::timestamptz end, updated_at = ${now}
    where org_id = ${org_id} and id = ${id} and status = 'processing' and attempts = ${attempt}
    returning id, status, progress, size_bytes, sha256, error, expires_at, backup, created_at, requested_by`)
  const [row] = rows
  if (!row) return undefined
  const { requested_by, ...exported } = row
  return { export: exported, requested_by }
}

/** Takes an attempt out of the count. */
export async function giveBackAttempt(
  { sql }: Tx,
  org_id: string,
  id: string,
  attempt: number,
): Promise<void> {
  await sql`
    update exports set status = 'pending', attempts = attempts - 1, updated_at = now()
    where org_id = ${org_id} and id = ${id} and status = 'processing' and attempts = ${attempt}`
}

/** Its job was just enqueued again: it is not stalled any more. */
export async function touchExport({ sql }: Tx, org_id: string, id: string): Promise<void> {
  await sql`update exports set updated_at = now() where org_id = ${org_id} and id = ${id}`
}

/** The file of an ended export is gone. */
export async function forgetFile({ sql }: Tx, org_id: string, id: string): Promise<void> {
  await sql`
    update exports set path = null, status = case status when 'ready' then 'expired' else status end, updated_at = now()
    where org_id = ${org_id} and id = ${id} and status not in ('pending', 'processing')`
}

/** Files of an org that is about to be deleted. */
export async function readPaths({ sql }: Tx, org_id: string): Promise<string[]> {
  const rows = await sql<{ path: string }[]>`
    select path from exports where org_id = ${org_id} and path is not null`
  return rows.map(({ path }) => path)
}
