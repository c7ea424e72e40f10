import type { ArchiveFile, ArchiveStore, OrgMonth } from '../db/archive-store.ts'
import type { ArchiveFiles } from './files.ts'

/** Rows read, removed or restored by one statement. */
export const ARCHIVE_ROWS = 1_000
/** Orgs looked at by one statement. */
const ORGS_AT_ONCE = 500

interface Ports {
  store: Pick<ArchiveStore, 'due' | 'page' | 'files' | 'add' | 'mark' | 'remove' | 'dropPartition'>
  files: Pick<ArchiveFiles, 'write'>
  stopping(): boolean
  log: {
    info(fields: Record<string, unknown>, text: string): void
    failed(stage: string, error: unknown): void
  }
}

/**
 * Moves what orgs no longer keep from the database to the archive: month by month, the file first, then the rows. Each step
 * may be the last one before a crash; the next run goes on from what is stored. A failure of one org does not stop the
 * others. Returns how many rows were moved.
 */
export async function archiveDueRows(ports: Ports): Promise<number> {
  const { store, log, stopping } = ports
  const failed = new Set<string>()
  let moved = 0
  // The oldest month of each org, until no org has one.
  for (let months = -1; months !== 0 && !stopping(); ) {
    months = 0
    for (let after: string | null | undefined; after !== null && !stopping(); ) {
      const { due, last_org } = await store.due(after ?? null, ORGS_AT_ONCE)
      after = last_org
      for (const month of due) {
        if (stopping() || failed.has(month.org_id)) continue
        try {
          moved += await archiveMonth(month, ports)
          months++
        } catch (error) {
          failed.add(month.org_id)
          log.failed(`archive ${month.kind} of ${month.org_id}`, error)
        }
      }
    }
  }
  while (!stopping()) {
    const dropped = await store.dropPartition()
    if (dropped === null) break
    log.info({ partition: dropped }, 'dropped a partition that no organization keeps')
  }
  return moved
}

async function archiveMonth(due: OrgMonth, ports: Ports): Promise<number> {
  const { store, log } = ports
  const parts = (await store.files(due.org_id)).filter(
    ({ kind, month }) => kind === due.kind && month === due.month,
  )
  // A file whose rows a former run did not remove entirely.
  const file =
    parts.find(({ status }) => status === 'written') ?? (await writeFile(due, parts.length + 1, ports))
  let removed = 0
  for (let n = -1; n !== 0 && !ports.stopping(); ) {
    n = await store.remove(due, ARCHIVE_ROWS)
    removed += n
    if (n === 0) await store.mark(file, 'removed')
  }
  log.info({ ...due, rows: removed, file: file.file }, 'moved rows to the archive')
  return removed
}

async function writeFile(due: OrgMonth, part: number, { store, files }: Ports): Promise<ArchiveFile> {
  const { org_id, kind, month } = due
  const name = `${org_id}/${kind}-${month.slice(0, 7)}.${part}.jsonl.gz`
  let row_count = 0
  async function* lines() {
    for (let place: string | null = null; ; ) {
      const page: { place: string; line: string }[] = await store.page(due, place, ARCHIVE_ROWS)
      for (const { line } of page) yield line
      row_count += page.length
      place = page.at(-1)?.place ?? null
      if (page.length < ARCHIVE_ROWS) return
    }
  }
  const { size_bytes, sha256 } = await files.write(name, lines())
  const file: ArchiveFile = { ...due, part, status: 'written', row_count, size_bytes, sha256, file: name }
  await store.add(file)
  return file
}
