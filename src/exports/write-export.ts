import { createHash } from 'node:crypto'
import {
  EXPORT_FORMAT,
  EXPORT_FORMAT_VERSION,
  type ExportManifest,
  MANIFEST_FILE,
} from '../contracts/export-manifest.ts'
import { SERVER_VERSION } from '../contracts/version.ts'
import { SCHEMA_VERSION } from '../db/migrate.ts'
import type { OrgSnapshot } from '../db/transfer/snapshot.ts'
import { TRANSFER_TABLES } from '../db/transfer/tables.ts'
import { type ArchiveFile, archiveOf } from './archive.ts'

interface Options {
  now: Date
  /** Told the part that is written, from 0 to 1. */
  onProgress?(part: number): void
}

/** An org as a file: one snapshot, JSON Lines by table, and the manifest with their sums at the end. */
export function writeExport(snapshot: OrgSnapshot, options: Options): AsyncIterable<Uint8Array> {
  return archiveOf(filesOf(snapshot, options))
}

async function* filesOf(snapshot: OrgSnapshot, { now, onProgress }: Options): AsyncIterable<ArchiveFile> {
  const sizes: { rows: number; bytes: number }[] = []
  for (const table of TRANSFER_TABLES) sizes.push(await snapshot.measure(table))
  const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0)
  let written = 0
  const files: ExportManifest['files'] = []
  for (const [i, table] of TRANSFER_TABLES.entries()) {
    const { rows, bytes } = sizes[i]!
    const hash = createHash('sha256')
    async function* content() {
      for await (const lines of snapshot.lines(table)) {
        const text = `${lines.join('\n')}\n`
        hash.update(text)
        written += Buffer.byteLength(text)
        onProgress?.(total === 0 ? 1 : written / total)
        yield text
      }
    }
    const name = `${table.file}.jsonl`
    yield { name, bytes, content: content() }
    files.push({ name, rows, bytes, sha256: hash.digest('hex') })
  }
  const manifest: ExportManifest = {
    format: EXPORT_FORMAT,
    format_version: EXPORT_FORMAT_VERSION,
    schema_version: SCHEMA_VERSION,
    server_version: SERVER_VERSION,
    created_at: now.toISOString(),
    org: snapshot.org,
    log: snapshot.log,
    sequence: snapshot.sequence,
    files,
  }
  const text = `${JSON.stringify(manifest, null, 2)}\n`
  yield { name: MANIFEST_FILE, bytes: Buffer.byteLength(text), content: only(text) }
}

async function* only(text: string): AsyncIterable<string> {
  yield text
}
