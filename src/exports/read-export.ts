import { createHash } from 'node:crypto'
import { Value } from '@sinclair/typebox/value'
import {
  EXPORT_FORMAT,
  EXPORT_FORMAT_VERSION,
  ExportManifest,
  MANIFEST_FILE,
} from '../contracts/export-manifest.ts'
import { SCHEMA_VERSION } from '../db/migrate.ts'
import { TRANSFER_TABLES, type TransferTable } from '../db/transfer/tables.ts'
import { BadExport } from '../domain/bad-export.ts'
import { type ArchiveLimits, readArchive, shown } from './read-archive.ts'
import { type FileRow, RowCheck } from './row-check.ts'

/** Far beyond the longest row: a task in an event, with everything at its limit. */
const LINE_BYTES_MAX = 4 * 1024 * 1024
const MANIFEST_BYTES_MAX = 64 * 1024

/** A line and its row, which was judged. */
export type Line = { text: string; row: FileRow }

export type OnRows = (table: TransferTable, rows: AsyncIterable<Line>) => Promise<void>

/**
 * Reads an export: every file there, none more, in order, each row sound, sizes and sums as the manifest says. `onRows`
 * gets each file as it is read, so before the manifest, which is the last one, has confirmed it. Throws `BadExport`.
 */
export async function readExport(
  source: AsyncIterable<Uint8Array>,
  limits: ArchiveLimits,
  onRows: OnRows,
): Promise<ExportManifest> {
  const found: ExportManifest['files'] = []
  let manifest: ExportManifest | undefined
  await readArchive(source, limits, async ({ name, bytes, content }) => {
    const table = TRANSFER_TABLES[found.length]
    const expected = table ? `${table.file}.jsonl` : MANIFEST_FILE
    if (manifest || name !== expected)
      throw new BadExport(
        manifest
          ? `There is a file after the manifest: "${shown(name)}".`
          : `The file "${expected}" is expected, "${shown(name)}" is there.`,
      )
    if (!table) {
      manifest = await readManifest(bytes, content)
      return
    }
    const hash = createHash('sha256')
    let rows = 0
    const check = new RowCheck(table)
    async function* judged(): AsyncIterable<Line> {
      for await (const text of linesOf(name, hashed(content, hash))) {
        rows++
        yield { text, row: check.row(text) }
      }
    }
    await onRows(table, judged())
    found.push({ name, rows, bytes, sha256: hash.digest('hex') })
  })
  if (!manifest) throw new BadExport('The file ends too early: there is no manifest.')
  compare(manifest, found)
  return manifest
}

async function* hashed(content: AsyncIterable<Uint8Array>, hash: { update(chunk: Uint8Array): unknown }) {
  for await (const chunk of content) {
    hash.update(chunk)
    yield chunk
  }
}

/** The lines of a file, each ended by a line feed. */
async function* linesOf(name: string, content: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  // Fatal: a byte that is no UTF-8 would come out as another text.
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let rest = ''
  for await (const chunk of content) {
    const lines = (rest + decode(name, () => decoder.decode(chunk, { stream: true }))).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > LINE_BYTES_MAX) throw new BadExport(`${name}: a line is longer than 4 MiB.`)
    yield* lines
  }
  if (rest + decode(name, () => decoder.decode()) !== '')
    throw new BadExport(`${name}: the last line does not end.`)
}

function decode(name: string, run: () => string): string {
  try {
    return run()
  } catch {
    // The decoder says no more than that.
    throw new BadExport(`${name}: not UTF-8.`)
  }
}

async function readManifest(bytes: number, content: AsyncIterable<Uint8Array>): Promise<ExportManifest> {
  if (bytes > MANIFEST_BYTES_MAX) throw new BadExport('The manifest is too long.')
  const chunks: Uint8Array[] = []
  for await (const chunk of content) chunks.push(chunk)
  let value: unknown
  try {
    value = JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    // The parser's own message may quote the file.
    throw new BadExport('The manifest is not JSON.')
  }
  const { format, format_version, schema_version } = (value ?? {}) as Partial<ExportManifest>
  if (format !== EXPORT_FORMAT) throw new BadExport('The file is not an export of Mission Control.')
  if (format_version !== EXPORT_FORMAT_VERSION)
    throw new BadExport(
      `The file has version ${shown(String(format_version))} of the format, this program reads ${EXPORT_FORMAT_VERSION}.`,
    )
  if (schema_version !== SCHEMA_VERSION)
    throw new BadExport(
      `The file has schema version ${shown(String(schema_version))}, this program reads ${SCHEMA_VERSION}. Import it with the version of Mission Control that wrote it, then update.`,
    )
  if (!Value.Check(ExportManifest, value)) throw new BadExport('The manifest is not complete.')
  return value
}

function compare(manifest: ExportManifest, found: ExportManifest['files']): void {
  for (const [i, file] of found.entries()) {
    const said = manifest.files[i]
    if (said?.name !== file.name) throw new BadExport(`The manifest does not name ${file.name} at its place.`)
    if (said.rows !== file.rows || said.bytes !== file.bytes || said.sha256 !== file.sha256)
      throw new BadExport(`${file.name} is not what the manifest says: rows, size or SHA-256 differ.`)
  }
  if (manifest.files.length !== found.length)
    throw new BadExport('The manifest names files that are not there.')
}
