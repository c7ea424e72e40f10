import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { type ArchiveFiles, archiveFiles } from '../../../src/archive/files.ts'
import { restoreFile } from '../../../src/archive/restore.ts'
import { archiveDueRows } from '../../../src/archive/retention.ts'
import { newId } from '../../../src/contracts/ids.ts'
import { ArchiveStore } from '../../../src/db/archive-store.ts'
import { FolderStorage } from '../../../src/files/folder.ts'
import { below } from '../../../src/files/places.ts'
import { BucketStorage } from '../../../src/files/s3.ts'
import { startBucket } from '../../support/bucket.ts'
import { makeOrg, startDatabase, type TestDatabase } from '../../support/database.ts'

let db: TestDatabase
let store: ArchiveStore
let folder: string
let files: ArchiveFiles

type Made = Awaited<ReturnType<typeof makeOrg>>

const failures: string[] = []
const log = {
  info: () => undefined,
  failed: (stage: string, error: unknown) => failures.push(`${stage}: ${String(error)}`),
}
const run = (
  stopping: () => boolean = () => false,
  ports: Partial<Parameters<typeof archiveDueRows>[0]> = {},
) => archiveDueRows({ store, files, stopping, log, ...ports })

beforeAll(async () => {
  db = await startDatabase()
  store = new ArchiveStore(db.app, true)
  folder = mkdtempSync(join(tmpdir(), 'mc-archive-'))
  files = archiveFiles(new FolderStorage(folder))
})
afterAll(async () => {
  await store.close()
  await db.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** The first day of a month that is `months` ago, as text of the database. */
const ago = (months: number) =>
  new Date(Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth() - months))
    .toISOString()
    .slice(0, 10)

/** `n` messages with their events in a month, with a delivery each; `seq` and `sequence` go on from `first`. */
async function fill(
  { org, channel, founder_id }: Made,
  month: string,
  first: number,
  n: number,
): Promise<void> {
  const ids = Array.from({ length: n }, () => newId())
  await db.superuser`
    insert into messages (org_id, id, channel_id, seq, sender_id, sender_type, sender_name, kind, content, created_at)
    select ${org.id}, id, ${channel.id}, ${first}::int + n - 1, ${founder_id}, 'human', 'F', 'text', 'text "' || n || '" – 船', ${month}::date + interval '2 days'
    from unnest(${ids}::uuid[]) with ordinality as t(id, n)`
  await db.superuser`
    insert into message_deliveries (org_id, channel_id, seq, agent_id, state)
    select ${org.id}, ${channel.id}, n, ${founder_id}, 'answered' from generate_series(${first}::int, ${first + n - 1}::int) n`
  await db.superuser`
    insert into events (org_id, sequence, type, actor_type, actor_name, channel_id, message_id, message_seq, project_ids, subject_ids, created_at)
    select ${org.id}, 1000 + ${first}::int + n - 1, 'message.created', 'human', 'F', ${channel.id}, id, ${first}::int + n - 1, '{}', '{}', ${month}::date + interval '2 days'
    from unnest(${ids}::uuid[]) with ordinality as t(id, n)`
}

const counts = async ({ org }: Made) => {
  const [row] = await db.superuser<{ messages: number; events: number; deliveries: number }[]>`
    select (select count(*)::int from messages where org_id = ${org.id}) as messages,
      (select count(*)::int from events where org_id = ${org.id} and message_id is not null) as events,
      (select count(*)::int from message_deliveries where org_id = ${org.id}) as deliveries`
  return row
}
const everything = async ({ org }: Made) =>
  await db.superuser`
    select to_jsonb(m) - 'search_vector' as row from messages m where org_id = ${org.id}
    union all select to_jsonb(e) from events e where org_id = ${org.id}
    union all select to_jsonb(d) from message_deliveries d where org_id = ${org.id} order by 1`
const keeps = async ({ org }: Made, message_months: number, event_months: number) =>
  await db.superuser`update organizations set settings = jsonb_set(settings, '{retention}', ${JSON.stringify({ message_months, event_months })}::text::jsonb) where id = ${org.id}`
const listed = async ({ org }: Made) =>
  (await store.files(org.id)).map(({ kind, month, part, status, row_count }) => [
    kind,
    month,
    part,
    status,
    row_count,
  ])

test('what is due is in a file, exactly that, and gone from the database; again changes nothing', async () => {
  const [one, other] = [await makeOrg(db.database), await makeOrg(db.database)]
  for (const org of [one, other]) {
    await fill(org, ago(30), 1, 1_203)
    await fill(org, ago(14), 1_204, 5)
    await fill(org, ago(12), 1_209, 3)
  }
  await db.superuser`select * from ensure_partitions(1)`
  await keeps(other, 36, 36)
  const before = await everything(other)
  // Messages of two months, events of one.
  expect(await run()).toBe(1_203 + 5 + 1_203)
  expect(failures).toEqual([])
  expect(await counts(one)).toEqual({ messages: 3, events: 8, deliveries: 3 })
  expect(await everything(other)).toEqual(before)
  expect(await listed(one)).toEqual([
    ['events', ago(30), 1, 'removed', 1_203],
    ['messages', ago(30), 1, 'removed', 1_203],
    ['messages', ago(14), 1, 'removed', 5],
  ])
  const lines = gunzipSync(
    readFileSync(join(folder, one.org.id, `messages-${ago(14).slice(0, 7)}.1.jsonl.gz`)),
  )
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { seq: number; content: string; deliveries: { state: string }[] })
  expect(
    lines.map(({ seq, content, deliveries }) => [seq, content, deliveries.map(({ state }) => state)]),
  ).toEqual([1, 2, 3, 4, 5].map((n) => [1_203 + n, `text "${n}" – 船`, ['answered']]))
  expect(await run()).toBe(0)
  expect(await listed(one)).toHaveLength(3)
})

test('it goes on after an end at any step', async () => {
  const made = await makeOrg(db.database)
  await fill(made, ago(15), 1, 2_500)
  const before = await everything(made)
  // After the first page of the file: a file without an end is no file.
  const cut = { ...files, write: () => Promise.reject(new Error('disk full')) }
  expect(await run(undefined, { files: cut })).toBe(0)
  expect(failures.splice(0)).toEqual([`archive messages of ${made.org.id}: Error: disk full`])
  expect(await everything(made)).toEqual(before)
  // After the first rows were removed.
  let asked = 0
  await run(() => asked++ > 4)
  expect((await counts(made))?.messages).toBeLessThan(2_500)
  expect(await run()).toBeGreaterThan(0)
  expect((await counts(made))?.messages).toBe(0)
  expect(await listed(made)).toEqual([['messages', ago(15), 1, 'removed', 2_500]])
  expect(readdirSync(join(folder, made.org.id))).toEqual([`messages-${ago(15).slice(0, 7)}.1.jsonl.gz`])

  // And back: refused while the org would not keep it, whole afterwards, twice the same.
  const [file] = await store.files(made.org.id)
  if (!file) throw new Error('unreachable: the file is listed')
  await expect(restoreFile(file, { store, files })).rejects.toThrow('beyond what the organization keeps')
  await keeps(made, 36, 36)
  expect(await restoreFile(file, { store, files })).toBe(2_500)
  expect(await restoreFile(file, { store, files })).toBe(0)
  expect(await everything(made)).toEqual(before)
  expect(await listed(made)).toEqual([['messages', ago(15), 1, 'restored', 2_500]])

  // A file that was changed is refused before its first row.
  const path = join(folder, file.file)
  const bytes = readFileSync(path)
  writeFileSync(path, Buffer.concat([bytes, Buffer.from('x')]))
  await expect(restoreFile(file, { store, files })).rejects.toThrow('SHA-256')

  // Due once more: the rows get a file of their own.
  writeFileSync(path, bytes)
  await keeps(made, 12, 24)
  expect(await run()).toBe(2_500)
  expect(await listed(made)).toEqual([
    ['messages', ago(15), 1, 'restored', 2_500],
    ['messages', ago(15), 2, 'removed', 2_500],
  ])
})

test('a partition goes when no org keeps its month and it has no row', async () => {
  const made = await makeOrg(db.database)
  await fill(made, ago(40), 1, 2)
  await db.superuser`select * from ensure_partitions(1)`
  const name = `messages_${ago(40).slice(0, 7).replace('-', '_')}`
  const exists = async () => (await db.superuser`select to_regclass(${name}) is not null as there`)[0]?.there
  expect(await exists()).toBe(true)
  await keeps(made, 60, 60)
  await run()
  expect(await exists()).toBe(true)
  expect(await counts(made)).toEqual({ messages: 2, events: 2, deliveries: 2 })
  await keeps(made, 12, 24)
  await db.superuser`update organizations set settings = jsonb_set(settings, '{retention}', '{"message_months": 12, "event_months": 24}')`
  await run()
  expect(await exists()).toBe(false)
  expect(failures).toEqual([])
})

test('rows without a file are not removed, and nobody else may remove or drop', async () => {
  const made = await makeOrg(db.database)
  await fill(made, ago(20), 1, 1)
  await expect(store.remove({ org_id: made.org.id, kind: 'messages', month: ago(20) }, 10)).rejects.toThrow(
    'no file',
  )
  const app = db.client()
  expect(app`delete from messages where org_id = ${made.org.id}`.execute()).rejects.toThrow(
    'permission denied',
  )
})

test('an archive in a bucket gives back what it got, and goes with its org', async () => {
  const bucket = await startBucket()
  try {
    const files = archiveFiles(below(new BucketStorage(bucket.options), 'archive'))
    const [one, other] = [await makeOrg(db.database), await makeOrg(db.database)]
    for (const org of [one, other]) await fill(org, ago(18), 1, 1_001)
    const before = await everything(one)
    await run(undefined, { files })
    expect(failures).toEqual([])
    expect((await counts(one))?.messages).toBe(0)
    await keeps(one, 36, 36)
    const [file] = await store.files(one.org.id)
    if (!file) throw new Error('unreachable: the file is listed')
    await expect(restoreFile({ ...file, sha256: 'f'.repeat(64) }, { store, files })).rejects.toThrow(
      'SHA-256',
    )
    expect(await restoreFile(file, { store, files })).toBe(1_001)
    expect(await everything(one)).toEqual(before)
    await files.removeOrg(one.org.id)
    await expect(restoreFile(file, { store, files })).rejects.toThrow('not in the archive')
    const [left] = await store.files(other.org.id)
    expect((await Array.fromAsync(await files.read(left!.file, left!.sha256))).length).toBe(1_001)
  } finally {
    await bucket.close()
  }
})

test('a file whose source fails half-way is none', async () => {
  async function* broken() {
    yield '{"seq":1}'
    throw new Error('the database is away')
  }
  await expect(files.write('o/broken.jsonl.gz', broken())).rejects.toThrow('the database is away')
  expect(readdirSync(join(folder, 'o'))).toEqual([])
})
