import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createReadStream, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type postgres from 'postgres'
import { sha256 } from '../../../scripts/lib/pack.ts'
import { answersOf, type OldData, signIn } from '../../../scripts/release/old-data.ts'
import { Caller, Stream } from '../../../scripts/smoke/client.ts'
import { readBackup, readHeader } from '../../../src/backup/read-backup.ts'
import { putSecret } from '../../../src/backup/secrets.ts'
import { linesIn } from '../../../src/backup/write-backup.ts'
import type { BackupHeader } from '../../../src/contracts/backup-manifest.ts'
import { migrateOn, prepareEmpty } from '../../../src/db/backup/prepare.ts'
import type { ConnectionOptions } from '../../../src/db/connection.ts'
import { startEmbeddedDatabase } from '../../../src/db/embedded/database.ts'
import { SCHEMA_VERSION, schemaVersion } from '../../../src/db/migrate.ts'
import { MIGRATIONS } from '../../../src/db/migrations/index.ts'
import { ensureRoles } from '../../../src/db/roles.ts'
import { plain } from '../../support/plain.ts'
import { databaseOf, startServer, type TestServer } from '../../support/server.ts'
import { until } from '../../support/streams.ts'

const ROOT = join(import.meta.dir, '..', '..', '..')
const FILE = join(ROOT, 'tests', 'fixtures', 'data-of-schema-5.tar.gz')
const OLD = JSON.parse(readFileSync(`${FILE}.json`, 'utf8')) as OldData
const WAIT_MS = 60_000

let data_dir: string
let header: BackupHeader
/** Sums of the tables as the old program left them, and after the migrations. */
let before: Record<string, string>
let after: Record<string, string>

async function within<T>(connection: ConnectionOptions, run: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = plain(connection)
  try {
    return await run(sql)
  } finally {
    await sql.end({ timeout: 1 })
  }
}

/** Rows of every table, in the columns that the old schema had. */
async function sumsOf(connection: ConnectionOptions): Promise<Record<string, string>> {
  return await within(connection, async (sql) => {
    const sums: Record<string, string> = {}
    for (const { name, columns } of header.tables) {
      const [row] = await sql.unsafe<{ sum: string }[]>(
        `select count(*) || ' ' || coalesce(md5(string_agg(line, e'\\n' order by line collate "C")), '') as sum
         from (select row(${columns.join(', ')})::text as line from public.${name}) t`,
      )
      sums[name] = row!.sum
    }
    return sums
  })
}

/** Rows, and secrets into the data folder. */
async function load(sql: postgres.Sql): Promise<void> {
  // Without triggers: rows are stored as they were, and the parts of the log may be made.
  await sql`set session_replication_role = replica`
  await sql`set role mc_owner`
  for (const month of header.months)
    for (const parent of ['events', 'messages']) await sql`select make_partition(${parent}, ${month}::date)`
  await sql`reset role`
  await readBackup(createReadStream(FILE), {
    header: async () => undefined,
    async table(name, lines) {
      const { columns } = header.tables.find((table) => table.name === name)!
      let rows = 0
      const copy = await sql.unsafe(`copy public.${name} (${columns.join(', ')}) from stdin`).writable()
      async function* counted() {
        for await (const part of lines) {
          rows += linesIn(part)
          yield part
        }
      }
      await pipeline(Readable.from(counted()), copy)
      return rows
    },
    async file(_, name, content) {
      let text = ''
      for await (const chunk of content) text += Buffer.from(chunk).toString()
      putSecret(data_dir, name, text)
    },
  })
}

/** A data folder as the old program left it: its schema, its rows, its secrets. */
beforeAll(async () => {
  data_dir = mkdtempSync(join(tmpdir(), 'mc-upgrade-'))
  header = await readHeader(createReadStream(FILE))
  const { owner, passwords, stop } = await startEmbeddedDatabase(data_dir, () => undefined)
  try {
    await prepareEmpty({ owner, passwords }, { version: header.schema_version, name: header.schema_name })
    await within(owner, load)
    before = await sumsOf(owner)
    // Migrated in a copy, where no server works on the rows.
    await within({ ...owner, database: 'postgres' }, (sql) =>
      sql.unsafe(`create database migrated template ${owner.database} strategy file_copy`),
    )
    const copy = { ...owner, database: 'migrated' }
    await within(copy, (sql) => ensureRoles(sql, passwords))
    await migrateOn({ owner: copy, passwords })
    after = await sumsOf(copy)
    await within({ ...owner, database: 'postgres' }, (sql) => sql.unsafe('drop database migrated'))
    expect(await within(owner, schemaVersion)).toBe(OLD.schema_version)
  } finally {
    await stop()
  }
})
afterAll(() => rmSync(data_dir, { recursive: true, force: true }))

test('a migration that was applied somewhere is never changed', () => {
  expect(OLD.schema_version).toBeLessThan(SCHEMA_VERSION)
  expect(
    MIGRATIONS.slice(0, OLD.schema_version).map(({ name, up }) => ({ name, sha256: sha256(up) })),
  ).toEqual(OLD.migrations)
})

test('migrations keep every row and every value of the old data', () => {
  expect(Object.keys(before).length).toBeGreaterThan(20)
  for (const table of ['users', 'events', 'messages', 'tasks', 'api_keys', 'task_evidence'])
    expect([table, Number.parseInt(before[table] ?? '0', 10)]).toEqual([table, expect.any(Number)])
  expect(Number.parseInt(before.events!, 10)).toBeGreaterThan(100)
  expect(after).toEqual(before)
})

describe('this program on the data folder of an old one', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startServer({ data_dir })
  })
  afterAll(async () => {
    await server?.stop()
  })

  test('migrates at its start', async () => {
    const sql = databaseOf(server)
    expect(await schemaVersion(sql)).toBe(SCHEMA_VERSION)
    await sql.end({ timeout: 1 })
  })

  test('lets people sign in with their password, and shows what was there', async () => {
    const person = await signIn(server.url, OLD.person)
    expect(person.org).toBe(OLD.org)
    const { head, ...answers } = await answersOf(person, OLD.channel_id)
    const { head: old_head, ...old } = OLD.answers
    expect(answers).toEqual(old)
    // Signing in is an event.
    expect(head).toBeGreaterThan(old_head)
  })

  test('takes the key of an agent, and goes on from its cursor: nothing again, nothing left out', async () => {
    const agent = new Caller(server.url, WAIT_MS, OLD.agent.key_parts.join('_'))
    agent.org = OLD.org
    const stream = await Stream.open(agent, OLD.cursor)
    try {
      await until(() => stream.has(OLD.after_cursor.at(-1)!), 'the messages after the cursor')
      const types = stream.frames.map(({ type }) => type)
      expect(types.filter((type) => type === 'message.created')).toHaveLength(OLD.after_cursor.length)
      expect(stream.has('Before the cursor')).toBe(false)
      expect(types).not.toContain('stream.resync')
      await agent.in('POST', `/channels/${OLD.channel_id}/messages`, { content: 'Still here' })
      await until(() => stream.has('Still here'), 'a new message on the stream')
    } finally {
      stream.close()
    }
  })
})

test('the way back is refused with a sentence, and nothing is touched', async () => {
  const connect = () => startEmbeddedDatabase(data_dir, () => undefined)
  const opened = await connect()
  await within(opened.owner, (sql) =>
    sql.unsafe(`insert into mc_schema (version, name) values (${SCHEMA_VERSION + 1}, 'of the next version')`),
  )
  const content = await sumsOf(opened.owner)
  await opened.stop()
  for (const words of [
    ['serve'],
    ['migrate', 'up'],
    ['migrate', 'down', '--to', '1'],
    ['backup', join(data_dir, 'x.tar.gz'), '--verify'],
  ]) {
    const child = Bun.spawn([process.execPath, 'src/main.ts', ...words], {
      cwd: ROOT,
      env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '/', MC_DATA_DIR: data_dir },
      stdout: 'pipe',
      stderr: 'pipe',
    })
    const said = (await new Response(child.stdout).text()) + (await new Response(child.stderr).text())
    expect([words, await child.exited]).toEqual([words, 1])
    expect(said).toContain(`has schema version ${SCHEMA_VERSION + 1}, this program knows ${SCHEMA_VERSION}.`)
    expect(said).not.toMatch(/^ +at /m)
  }
  const again = await connect()
  try {
    expect(await sumsOf(again.owner)).toEqual(content)
  } finally {
    await again.stop()
  }
})
