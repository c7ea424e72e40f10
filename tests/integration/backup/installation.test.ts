import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createReadStream, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { backUp, checkSums, makeBackup } from '../../../src/backup/backups.ts'
import { readHeader } from '../../../src/backup/read-backup.ts'
import { restoreBackup } from '../../../src/backup/restore-backup.ts'
import { isEmpty } from '../../../src/db/backup/load.ts'
import type { Target } from '../../../src/db/backup/prepare.ts'
import { inOrder } from '../../../src/db/backup/tables.ts'
import { backupOf } from '../../../src/db/embedded/database.ts'
import { migrateUp, SCHEMA_VERSION } from '../../../src/db/migrate.ts'
import { MIGRATIONS } from '../../../src/db/migrations/index.ts'
import { ensureRoles } from '../../../src/db/roles.ts'
import { FolderStorage } from '../../../src/files/folder.ts'
import { below } from '../../../src/files/places.ts'
import { writePrivateFile } from '../../../src/files/private.ts'
import { BucketStorage } from '../../../src/files/s3.ts'
import { startBucket } from '../../support/bucket.ts'
import { makeOrg, type OwnDatabase, startOwnDatabase } from '../../support/database.ts'
import { makeFullOrg } from '../../support/full-org.ts'
import { plain } from '../../support/plain.ts'
import { fillEveryTable } from '../../support/rows.ts'
import { contentOf } from '../../support/whole-database.ts'

const NO_SECRETS = { archive: undefined, secrets: [], secret_files: [] }

let from: OwnDatabase
let folder: string
let file: string
let databases = 0

beforeAll(async () => {
  from = await startOwnDatabase()
  folder = mkdtempSync(join(tmpdir(), 'mc-backup-'))
  file = join(folder, 'whole.tar.gz')
  await makeFullOrg(from.superuser, from.database)
  for (let i = 0; i < 2; i++) {
    const { org, founder_id, channel } = await makeOrg(from.database)
    await fillEveryTable(from.superuser, org.id, founder_id, channel.id)
    await from.superuser`insert into sessions (id, user_id, jti, expires_at, last_seen_at) values (gen_random_uuid(), ${founder_id}, ${founder_id}, now(), now())`
  }
  await make(file)
})
afterAll(async () => {
  await from.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function make(path: string, onFirst: () => Promise<void> = async () => undefined) {
  return await makeBackup(backupOf(from.owner, from.data_dir), NO_SECRETS, { now: new Date() }, (bytes) =>
    writePrivateFile(path, after(bytes, onFirst)),
  )
}

async function* after(bytes: AsyncIterable<Uint8Array>, run: () => Promise<void>) {
  await run()
  yield* bytes
}

/** An empty database of the same cluster. */
async function emptyDatabase(): Promise<Target> {
  const database = `target_${++databases}`
  await from.superuser.unsafe(`create database ${database} template template0`)
  return { owner: { ...from.owner, database }, passwords: {} }
}

const restore = (target: Target, path: string, logs: 'new' | 'kept' = 'new') =>
  restoreBackup(target, { open: () => createReadStream(path), logs, file: async () => undefined })

async function within<T>(target: Target, run: (sql: ReturnType<typeof plain>) => Promise<T>): Promise<T> {
  const sql = plain(target.owner)
  try {
    return await run(sql)
  } finally {
    await sql.end({ timeout: 1 })
  }
}

describe('a backup of the installation', () => {
  test('holds every row of every table but sessions', async () => {
    const { tables } = await checkSums(createReadStream(file))
    const stored = await contentOf(from.superuser)
    const counts = Object.fromEntries(tables.map(({ name, rows }) => [name, rows]))
    expect(counts).toEqual(Object.fromEntries(Object.entries(stored).map(([name, { rows }]) => [name, rows])))
    for (const name of ['users', 'organizations', 'events', 'messages', 'tasks', 'api_keys'])
      expect(counts[name], name).toBeGreaterThan(1)
  })

  test('is readable by its maker only, and has no sequence to forget', async () => {
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const sequences = await from.superuser`
      select relname from pg_class where relkind = 'S' and relnamespace = 'public'::regnamespace`
    expect(sequences).toHaveLength(0)
  })

  test('is refused to a role that sees the rows of one organization only, instead of being empty', async () => {
    const made = makeBackup(from.app, NO_SECRETS, { now: new Date() }, async (bytes) => {
      for await (const _ of bytes);
    })
    await expect(made).rejects.toThrow('sees only what row-level security shows it')
  })

  test('is of one moment, whatever is written meanwhile', async () => {
    const path = join(folder, 'moment.tar.gz')
    const before = await contentOf(from.superuser)
    await make(path, async () => {
      await makeOrg(from.database)
    })
    expect((await contentOf(from.superuser)).organizations?.rows).toBe(before.organizations!.rows + 1)
    const { tables } = await checkSums(createReadStream(path))
    for (const { name, rows } of tables) expect(rows, name).toBe(before[name]!.rows)
    await make(file)
  })
})

describe('a restore', () => {
  test('gives equal data, a new id of every log, and nobody is signed in', async () => {
    const target = await emptyDatabase()
    await restore(target, file)
    await within(target, async (sql) => {
      expect(await contentOf(sql)).toEqual(await contentOf(from.superuser))
      expect(await sql`select from sessions`).toHaveLength(0)
      const logs = async (of: typeof sql) =>
        (await of<{ log: string }[]>`select log from org_heads`).map(({ log }) => log)
      const [old, fresh] = [await logs(from.superuser), await logs(sql)]
      expect(new Set([...old, ...fresh]).size).toBe(old.length + fresh.length)
      const [schema] = await sql`select max(version)::int as version from mc_schema`
      expect(schema?.version).toBe(SCHEMA_VERSION)
      // Triggers are on again.
      await expect(sql`update events set type = 'x'`.execute()).rejects.toThrow()
    })
  })

  test('that keeps the logs keeps their ids, for the same installation on another PostgreSQL', async () => {
    const target = await emptyDatabase()
    await restore(target, file, 'kept')
    const ids = async (sql: ReturnType<typeof plain>) =>
      await sql<{ org_id: string; log: string }[]>`select org_id, log from org_heads order by org_id`
    expect([...(await within(target, ids))]).toEqual([...(await ids(from.superuser))])
  })

  test('into a database in use is refused, and changes nothing', async () => {
    const target = await emptyDatabase()
    await restore(target, file)
    const before = await within(target, contentOf)
    await expect(restore(target, file)).rejects.toThrow('in use')
    await expect(restore({ owner: from.owner, passwords: {} }, file)).rejects.toThrow('in use')
    expect(await within(target, contentOf)).toEqual(before)
  })

  test('of a damaged, unfinished or foreign file stores nothing', async () => {
    const target = await emptyDatabase()
    const whole = readFileSync(file)
    const tar = gunzipSync(whole)
    const flipped = Buffer.from(tar)
    // A letter of a message: the rows still load, their sum is another.
    const at = flipped.indexOf('Zeilen')
    flipped[at] = 'z'.charCodeAt(0)
    const cases: [string, Uint8Array, RegExp][] = [
      ['cut', whole.subarray(0, whole.length - 2_000), /ends too early|damaged/],
      ['without its end', gzipSync(tar.subarray(0, tar.lastIndexOf('sums.json'))), /not finished|damaged/],
      ['changed', gzipSync(flipped), /not what its sum says/],
      ['no archive', Buffer.from('hello'), /not a gzip file/],
      [
        'of a newer server',
        gzipSync(renamed(tar, `"schema_version": ${SCHEMA_VERSION}`, `"schema_version": 99`)),
        /knows/,
      ],
    ]
    for (const [name, bytes, says] of cases) {
      const path = join(folder, 'bad.tar.gz')
      writeFileSync(path, bytes)
      await expect(restore(target, path), name).rejects.toThrow(says)
      expect(await isEmpty(target.owner), name).toBe(true)
    }
    await restore(target, file)
  })

  test('of an older schema migrates on', async () => {
    const old = await emptyDatabase()
    await within(old, async (sql) => {
      await ensureRoles(sql, {})
      await migrateUp(sql, MIGRATIONS.slice(0, -1))
      await sql`insert into users (id, type, email, display_name, status) values (gen_random_uuid(), 'human', 'old@example.com', 'Old', 'active')`
    })
    const path = join(folder, 'old.tar.gz')
    await makeBackup(old.owner, NO_SECRETS, { now: new Date() }, (bytes) => writePrivateFile(path, bytes))
    expect((await readHeader(createReadStream(path))).schema_version).toBe(SCHEMA_VERSION - 1)
    const target = await emptyDatabase()
    await restore(target, path)
    await within(target, async (sql) => {
      expect([...(await sql`select display_name from users`)]).toEqual([{ display_name: 'Old' }])
      expect((await sql`select max(version)::int as version from mc_schema`)[0]?.version).toBe(SCHEMA_VERSION)
    })
  })
})

/** The same length, so that the tar stays sound. */
function renamed(tar: Uint8Array, old: string, fresh: string): Uint8Array {
  const changed = Buffer.from(tar)
  changed.write(fresh.padEnd(old.length), changed.indexOf(old))
  return changed
}

describe('scheduled backups', () => {
  const places = {
    'a folder': async () => ({
      storage: new FolderStorage(join(folder, 'kept')),
      close: async () => undefined,
    }),
    'a bucket': async () => {
      const bucket = await startBucket()
      return { storage: below(new BucketStorage(bucket.options), 'backups'), close: () => bucket.close() }
    },
  }
  test.each(Object.keys(places) as (keyof typeof places)[])('in %s: the newest are kept', async (place) => {
    const { storage, close } = await places[place]()
    try {
      const options = {
        connection: backupOf(from.owner, from.data_dir),
        content: NO_SECRETS,
        storage,
        keep: 2,
        signal: new AbortController().signal,
      }
      await storage.write(
        'installation/notes.txt',
        after(none(), async () => undefined),
      )
      const made: string[] = []
      for (const day of ['01', '02', '03'])
        made.push((await backUp({ ...options, now: new Date(`2026-11-${day}T03:00:00Z`) })).key)
      expect((await storage.list('installation')).sort()).toEqual(
        [...made.slice(1), 'installation/notes.txt'].sort(),
      )
      // The server stops in the middle: no file, and the older ones stay.
      const off = AbortSignal.abort(new Error('stops'))
      await expect(backUp({ ...options, now: new Date(), signal: off })).rejects.toThrow('stops')
      expect(await storage.list('installation')).toHaveLength(3)
    } finally {
      await close()
    }
  })
})

async function* none(): AsyncIterable<Uint8Array> {}

test('tables are ordered by their references, and a circle is an error', () => {
  const table = (name: string, ...refers_to: string[]) => ({ name, refers_to })
  const names = inOrder([table('a', 'c'), table('b'), table('c', 'b')]).map(({ name }) => name)
  expect(names).toEqual(['b', 'c', 'a'])
  expect(() => inOrder([table('a', 'b'), table('b', 'a')])).toThrow('circle')
})
