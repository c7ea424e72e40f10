import type { ArchiveFile, ArchiveStore } from '../db/archive-store.ts'
import type { ArchiveFiles } from './files.ts'
import { ARCHIVE_ROWS } from './retention.ts'

/** Stores the rows of a file in the database again; rows that are there stay. Returns how many came back. */
export async function restoreFile(
  file: ArchiveFile,
  { store, files }: { store: Pick<ArchiveStore, 'restore' | 'mark'>; files: Pick<ArchiveFiles, 'read'> },
): Promise<number> {
  let restored = 0
  let lines: string[] = []
  for await (const line of await files.read(file.file, file.sha256)) {
    lines.push(line)
    if (lines.length < ARCHIVE_ROWS) continue
    restored += await store.restore(file, lines)
    lines = []
  }
  if (lines.length > 0) restored += await store.restore(file, lines)
  await store.mark(file, 'restored')
  return restored
}
