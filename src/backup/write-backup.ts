import { createHash, type Hash } from 'node:crypto'
import {
  BACKUP_FORMAT,
  BACKUP_FORMAT_VERSION,
  type BackupHeader,
  type BackupSecret,
  type BackupSums,
  HEADER_FILE,
  SUMS_FILE,
} from '../contracts/backup-manifest.ts'
import { SERVER_VERSION } from '../contracts/version.ts'
import type { InstallationSnapshot } from '../db/backup/snapshot.ts'
import type { BackupTable } from '../db/backup/tables.ts'
import { type ArchiveFile, archiveOf } from '../exports/archive.ts'
import { bytesOf, type FileStorage } from '../files/storage.ts'

/** Tar writes the size before the content: the rows of a table are files of about this size, one at a time in memory. */
const PART_BYTES = 4 * 1024 * 1024

/** A secret that goes into the backup. */
export interface SecretFile {
  /** Name below `secrets/`. */
  name: string
  text: string
}

interface Options {
  now: Date
  /** Where the archive lies; undefined: its files are left out. */
  archive: FileStorage | undefined
  secrets: readonly BackupSecret[]
  secret_files: readonly SecretFile[]
  /** Told the sums at the end. */
  onEnd?(sums: BackupSums): void
}

/** An installation as one file: header, rows by table, files of the archive, secrets if asked for, and the sums. */
export function writeBackup(snapshot: InstallationSnapshot, options: Options): AsyncIterable<Uint8Array> {
  return archiveOf(filesOf(snapshot, options))
}

async function* filesOf(snapshot: InstallationSnapshot, options: Options): AsyncIterable<ArchiveFile> {
  const { schema, postgres_version, months, tables } = snapshot
  const header: BackupHeader = {
    format: BACKUP_FORMAT,
    format_version: BACKUP_FORMAT_VERSION,
    server_version: SERVER_VERSION,
    postgres_version,
    schema_version: schema.version,
    schema_name: schema.name,
    created_at: options.now.toISOString(),
    months: [...months],
    tables: tables.map(({ name, columns }) => ({ name, columns: [...columns] })),
    secrets: [...options.secrets],
  }
  yield jsonFile(HEADER_FILE, header)
  const sums: BackupSums = { tables: [], files: [], missing_files: [] }
  for (const table of tables) yield* tableFiles(snapshot, table, sums)
  if (options.archive) yield* archivedFiles(snapshot, options.archive, sums)
  for (const { name, text } of options.secret_files) {
    const hash = createHash('sha256')
    const bytes = Buffer.byteLength(text)
    yield { name: `secrets/${name}`, bytes, content: hashed(only(text), hash) }
    sums.files.push({ name: `secrets/${name}`, bytes, sha256: hash.digest('hex') })
  }
  yield jsonFile(SUMS_FILE, sums)
  options.onEnd?.(sums)
}

async function* tableFiles(
  snapshot: InstallationSnapshot,
  table: BackupTable,
  sums: BackupSums,
): AsyncIterable<ArchiveFile> {
  const hash = createHash('sha256')
  let [rows, bytes, number] = [0, 0, 0]
  for await (const part of partsOf(snapshot.copy(table))) {
    hash.update(part)
    rows += linesIn(part)
    bytes += part.length
    const name = `tables/${table.name}.${String(++number).padStart(6, '0')}`
    yield { name, bytes: part.length, content: only(part) }
  }
  sums.tables.push({ name: table.name, rows, bytes, sha256: hash.digest('hex') })
}

/** A file that is gone is named, not passed over in silence: its rows are nowhere else. */
async function* archivedFiles(
  { archived }: InstallationSnapshot,
  archive: FileStorage,
  sums: BackupSums,
): AsyncIterable<ArchiveFile> {
  for (const { file, size_bytes, sha256 } of archived) {
    const found = await archive.read(file).catch(unlessNoKey)
    if (found?.size_bytes !== size_bytes) {
      if (found?.body instanceof ReadableStream) await found.body.cancel()
      sums.missing_files.push(file)
      continue
    }
    const hash = createHash('sha256')
    yield { name: `archive/${file}`, bytes: size_bytes, content: hashed(bytesOf(found), hash) }
    if (hash.digest('hex') !== sha256)
      throw new Error(`${file} of the archive was changed: its SHA-256 is another.`)
    sums.files.push({ name: `archive/${file}`, bytes: size_bytes, sha256 })
  }
}

/** A row may name no file at all; it has none then. */
function unlessNoKey(error: unknown): undefined {
  if (error instanceof Error && error.message.startsWith('Not a key')) return undefined
  throw error
}

async function* partsOf(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let kept: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of chunks) {
    kept.push(chunk)
    bytes += chunk.length
    if (bytes < PART_BYTES) continue
    yield Buffer.concat(kept)
    kept = []
    bytes = 0
  }
  if (bytes > 0) yield Buffer.concat(kept)
}

/** A row is a line: COPY escapes line ends within values. */
export function linesIn(part: Uint8Array): number {
  let count = 0
  for (let at = part.indexOf(10); at >= 0; at = part.indexOf(10, at + 1)) count++
  return count
}

function jsonFile(name: string, value: unknown): ArchiveFile {
  const text = `${JSON.stringify(value, null, 2)}\n`
  return { name, bytes: Buffer.byteLength(text), content: only(text) }
}

async function* hashed(
  chunks: AsyncIterable<string | Uint8Array>,
  hash: Hash,
): AsyncIterable<string | Uint8Array> {
  for await (const chunk of chunks) {
    hash.update(chunk)
    yield chunk
  }
}

async function* only<T>(content: T): AsyncIterable<T> {
  yield content
}
