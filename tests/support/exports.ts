import { gunzipSync } from 'node:zlib'
import type { ExportManifest } from '../../src/contracts/export-manifest.ts'
import { newId } from '../../src/contracts/ids.ts'
import { SnapshotDatabase } from '../../src/db/transfer/snapshot.ts'
import type { ImportOptions } from '../../src/exports/import-export.ts'
import { writeExport } from '../../src/exports/write-export.ts'
import type { Person } from './client.ts'
import type { TestDatabase } from './database.ts'
import { databaseOf, type TestServer } from './server.ts'

/** Bounds that no test of sound files meets. */
export const TEST_LIMITS = { bytes_max: 2 ** 32, ratio_max: 300 }

/** Writes an org of a test database to a file in memory. */
export async function exportOf({ app }: Pick<TestDatabase, 'app'>, org_id: string): Promise<Buffer> {
  const snapshots = new SnapshotDatabase(app, true)
  try {
    return await snapshots.read(org_id, async (snapshot) => {
      const chunks: Uint8Array[] = []
      for await (const chunk of writeExport(snapshot, { now: new Date() })) chunks.push(chunk)
      return Buffer.concat(chunks)
    })
  } finally {
    await snapshots.close()
  }
}

export function importOf(file: Uint8Array, options: Partial<ImportOptions> = {}): ImportOptions {
  return {
    open: () => chunksOf(file),
    limits: TEST_LIMITS,
    single_tenant: false,
    now: new Date(),
    ...options,
  }
}

/** In pieces, as from a disk. */
export async function* chunksOf(file: Uint8Array): AsyncIterable<Uint8Array> {
  for (let at = 0; at < file.length; at += 10_000) yield file.subarray(at, at + 10_000)
}

/** The files of an archive by name: tar's own layout, read without the program's reader. */
export function filesOf(file: Uint8Array): Map<string, Buffer> {
  const tar = gunzipSync(file)
  const files = new Map<string, Buffer>()
  for (let at = 0; tar[at]; ) {
    const field = (from: number, length: number) =>
      tar.toString('utf8', at + from, at + from + length).replace(/\0.*$/s, '')
    const size = Number.parseInt(field(124, 12), 8)
    files.set(field(0, 100), tar.subarray(at + 512, at + 512 + size))
    at += 512 + Math.ceil(size / 512) * 512
  }
  return files
}

export function manifestOf(file: Uint8Array): ExportManifest {
  return JSON.parse(String(filesOf(file).get('manifest.json'))) as ExportManifest
}

/** Lets an export of an org fail: every attempt was made, and none has ended. */
export async function failAnExport(
  server: TestServer,
  { user_id, org }: Pick<Person, 'user_id' | 'org'>,
): Promise<string> {
  const sql = databaseOf(server)
  const id = newId()
  try {
    await sql.begin(async (tx) => {
      const [row] = await tx<{ id: string }[]>`select id from organizations where slug = ${org}`
      const org_id = row!.id
      await tx`select set_config('app.current_org_id', ${org_id}, true)`
      await tx`insert into exports (org_id, id, requested_by, status, attempts) values (${org_id}, ${id}, ${user_id}, 'processing', 3)`
      const job = { kind: 'make_export', payload: { org_id, export_id: id }, key: id }
      await tx`select enqueue_jobs(${JSON.stringify([job])}::text::json)`
    })
  } finally {
    await sql.end({ timeout: 1 })
  }
  return id
}
