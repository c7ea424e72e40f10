import { createHash } from 'node:crypto'
import type { TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import {
  BACKUP_FORMAT,
  BACKUP_FORMAT_VERSION,
  BackupHeader,
  BackupSums,
  HEADER_FILE,
  SUMS_FILE,
} from '../contracts/backup-manifest.ts'
import { BadExport } from '../domain/bad-export.ts'
import { readArchive, shown } from '../exports/read-archive.ts'
import { linesIn } from './write-backup.ts'

/** A backup is a file of one's own; it may expand as far as it does. */
const LIMITS = { bytes_max: Number.MAX_SAFE_INTEGER, ratio_max: Number.MAX_SAFE_INTEGER }
const JSON_BYTES_MAX = 64 * 1024 * 1024
const PART = /^tables\/([a-z_][a-z0-9_]*)\.\d{6,}$/
const FILE = /^(archive|secrets)\/([a-z0-9][a-z0-9._-]*(?:\/[a-z0-9][a-z0-9._-]*)*)$/

/** What a reader does with the content, in the order of the file. */
export interface BackupReader {
  header(header: BackupHeader): Promise<void>
  /** All rows of one table. Returns their number as far as the reader counted them. */
  table(name: string, lines: AsyncIterable<Uint8Array>): Promise<number>
  file(kind: 'archive' | 'secrets', name: string, content: AsyncIterable<Uint8Array>): Promise<void>
}

/**
 * Reads a backup from its beginning to its end and compares every sum. Throws `BadExport` for a file that is no backup, is
 * damaged or was not finished; whatever the reader stored by then is to be undone.
 */
export async function readBackup(
  source: AsyncIterable<Uint8Array>,
  reader: BackupReader,
): Promise<{ header: BackupHeader; sums: BackupSums }> {
  let header: BackupHeader | undefined
  let sums: BackupSums | undefined
  const found: BackupSums = { tables: [], files: [], missing_files: [] }
  let open: OpenTable | undefined
  const end = async () => {
    if (open) found.tables.push(await open.end())
    open = undefined
  }
  try {
    await readArchive(source, LIMITS, async ({ name, content }) => {
      if (sums) throw new BadExport(`"${shown(name)}" comes after the end of the backup.`)
      if (!header) {
        if (name !== HEADER_FILE) throw new BadExport('The file is no backup of Mission Control.')
        header = parsed(BackupHeader, await textOf(content), HEADER_FILE)
        await reader.header(header)
        return
      }
      const [, table] = PART.exec(name) ?? []
      if (table !== undefined) {
        if (open?.name !== table) {
          await end()
          open = openTable(table, reader)
        }
        await open?.add(await bytesOf(content))
        return
      }
      await end()
      if (name === SUMS_FILE) {
        sums = parsed(BackupSums, await textOf(content), SUMS_FILE)
        return
      }
      const [, kind, path] = FILE.exec(name) ?? []
      if (kind === undefined || path === undefined)
        throw new BadExport(`The backup holds "${shown(name)}", which does not belong there.`)
      const hash = createHash('sha256')
      let bytes = 0
      async function* counted() {
        for await (const chunk of content) {
          hash.update(chunk)
          bytes += chunk.length
          yield chunk
        }
      }
      await reader.file(kind === 'archive' ? 'archive' : 'secrets', path, counted())
      found.files.push({ name, bytes, sha256: hash.digest('hex') })
    })
  } catch (error) {
    await open?.abort()
    throw error
  }
  if (!header) throw new BadExport('The file is no backup of Mission Control.')
  if (!sums) throw new BadExport('The backup was not finished: its sums are missing.')
  compare(header, sums, found)
  return { header, sums }
}

/** Reads the first file of a backup alone. Throws `BadExport` when it is not that of a backup. */
export async function readHeader(source: AsyncIterable<Uint8Array>): Promise<BackupHeader> {
  const found = new Found()
  try {
    await readArchive(source, LIMITS, async ({ name, content }) => {
      if (name !== HEADER_FILE) throw new BadExport('The file is no backup of Mission Control.')
      found.header = parsed(BackupHeader, await textOf(content), HEADER_FILE)
      throw found
    })
  } catch (error) {
    if (error !== found) throw error
  }
  if (!found.header) throw new BadExport('The file is no backup of Mission Control.')
  return found.header
}

/** Ends the reading of an archive early. */
class Found extends Error {
  header: BackupHeader | undefined
}

/** Rows of a table on their way to the reader: each part waits until the one before it was taken. */
interface OpenTable {
  name: string
  add(part: Uint8Array): Promise<void>
  end(): Promise<BackupSums['tables'][number]>
  abort(): Promise<void>
}

function openTable(name: string, reader: BackupReader): OpenTable {
  const hash = createHash('sha256')
  let [rows, bytes] = [0, 0]
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const writer = writable.getWriter()
  writer.closed.catch(() => undefined)
  // The runtime's type of the stream lacks its iterator.
  const stored = reader.table(name, readable as ReadableStream<Uint8Array> & AsyncIterable<Uint8Array>)
  let failure: unknown
  stored.catch((error: unknown) => {
    failure = error
    void writer.abort(error).catch(() => undefined)
  })
  const orFailure = async <T>(step: Promise<T>) => {
    // A reader that failed takes no more: its own error says why.
    await Promise.race([step, stored.then(() => step)])
  }
  return {
    name,
    async add(part) {
      hash.update(part)
      rows += linesIn(part)
      bytes += part.length
      if (failure !== undefined) throw failure
      await orFailure(writer.write(part))
    },
    async end() {
      await orFailure(writer.close())
      const loaded = await stored
      if (loaded !== rows) throw new BadExport(`Of the table ${name} ${loaded} of ${rows} rows were taken.`)
      return { name, rows, bytes, sha256: hash.digest('hex') }
    },
    async abort() {
      await writer.abort(new Error('The backup is not read any more')).catch(() => undefined)
      await stored.catch(() => undefined)
    },
  }
}

function compare(header: BackupHeader, sums: BackupSums, found: BackupSums): void {
  for (const expected of sums.tables) {
    // A table without rows has no part.
    if (expected.rows === 0 && expected.bytes === 0) continue
    const is = found.tables.find(({ name }) => name === expected.name)
    if (is?.sha256 !== expected.sha256 || is.rows !== expected.rows)
      throw new BadExport(`The table ${expected.name} of the backup is not what its sum says.`)
  }
  for (const expected of sums.files)
    if (found.files.find(({ name }) => name === expected.name)?.sha256 !== expected.sha256)
      throw new BadExport(`The file ${expected.name} of the backup is not what its sum says.`)
  for (const { name } of found.tables)
    if (!sums.tables.some((table) => table.name === name))
      throw new BadExport(`The table ${name} has no sum.`)
  for (const { name } of header.tables)
    if (!sums.tables.some((table) => table.name === name))
      throw new BadExport(`The table ${name} has no sum.`)
}

function parsed<T extends TSchema>(schema: T, text: string, name: string) {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new BadExport(`${name} is no JSON.`)
  }
  const { format, format_version } = (value ?? {}) as { format?: unknown; format_version?: unknown }
  if (name === HEADER_FILE && format === BACKUP_FORMAT && format_version !== BACKUP_FORMAT_VERSION)
    throw new BadExport(
      `The backup has format ${String(format_version)}, this program reads ${BACKUP_FORMAT_VERSION}.`,
    )
  if (!Value.Check(schema, value)) {
    const [problem] = Value.Errors(schema, value)
    throw new BadExport(`${name}${problem?.path ?? ''} is not as it should be.`)
  }
  return value
}

async function textOf(content: AsyncIterable<Uint8Array>): Promise<string> {
  return Buffer.from(await bytesOf(content)).toString('utf8')
}

async function bytesOf(content: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of content) {
    bytes += chunk.length
    if (bytes > JSON_BYTES_MAX) throw new BadExport('A part of the backup is too large.')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
