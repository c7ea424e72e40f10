import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import type postgres from 'postgres'
import {
  migrateDown,
  migrateUp,
  NewerSchema,
  SCHEMA_VERSION,
  schemaVersion,
} from '../../../src/db/migrate.ts'
import { MIGRATIONS } from '../../../src/db/migrations/index.ts'
import { ensureRoles } from '../../../src/db/roles.ts'
import { type OwnDatabase, startOwnDatabase } from '../../support/database.ts'
import { plain } from '../../support/plain.ts'

let db: OwnDatabase
beforeAll(async () => {
  db = await startOwnDatabase()
})
afterAll(() => db.stop())

async function freshDatabase(name: string): Promise<postgres.Sql> {
  await db.superuser.unsafe(`create database ${name}`)
  const sql = plain({ ...db.owner, database: name })
  await ensureRoles(sql, {})
  return sql
}

/** Everything that a migration can make, as text. */
async function catalogue(sql: postgres.Sql): Promise<string[]> {
  const rows = await sql<{ line: string }[]>`
    select format('column %s.%s %s %s %s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attgenerated, pg_get_expr(d.adbin, d.adrelid)) as line
      from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v') and c.relname <> 'mc_schema'
    union all select format('table %s %s %s %s %s', relname, relkind, relrowsecurity, relforcerowsecurity, coalesce(relacl::text, '')) from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v') and relname <> 'mc_schema'
    union all select format('index %s', indexdef) from pg_indexes where schemaname = 'public' and tablename <> 'mc_schema'
    union all select format('constraint %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) from pg_constraint where connamespace = 'public'::regnamespace and conrelid <> coalesce(to_regclass('mc_schema'), 0)
    union all select format('policy %s %s %s %s %s', tablename, policyname, roles, qual, with_check) from pg_policies where schemaname = 'public'
    union all select format('function %s owner %s acl %s', pg_get_functiondef(p.oid), pg_get_userbyid(p.proowner), p.proacl) from pg_proc p where p.pronamespace = 'public'::regnamespace
    union all select format('trigger %s %s', tgrelid::regclass, pg_get_triggerdef(oid)) from pg_trigger where not tgisinternal
    order by 1`
  return rows.map((row) => row.line)
}

describe('migrations', () => {
  test('up, down to nothing and up again leave the same catalogue', async () => {
    const sql = await freshDatabase('up_down_up')
    const empty = await catalogue(sql)
    expect(await migrateUp(sql)).toEqual(MIGRATIONS.map((m) => m.name))
    const first = await catalogue(sql)
    expect(first.length).toBeGreaterThan(300)
    expect(await migrateDown(sql, 0)).toEqual(MIGRATIONS.map((m) => m.name).toReversed())
    expect(await catalogue(sql)).toEqual(empty)
    expect(await schemaVersion(sql)).toBe(0)
    await migrateUp(sql)
    expect(await catalogue(sql)).toEqual(first)
    expect(await migrateUp(sql)).toEqual([])
    await sql.end()
  })

  test('each single step goes down and up again', async () => {
    const sql = await freshDatabase('single_steps')
    await migrateUp(sql)
    const whole = await catalogue(sql)
    for (let to = SCHEMA_VERSION - 1; to >= 0; to--) {
      await migrateDown(sql, to)
      await migrateUp(sql)
      expect(await catalogue(sql)).toEqual(whole)
    }
    await sql.end()
  })

  test('a schema that is newer than the program is refused', async () => {
    const sql = await freshDatabase('newer')
    await migrateUp(sql)
    await sql`insert into mc_schema (version, name) values (${SCHEMA_VERSION + 1}, 'from the future')`
    await expect(migrateUp(sql)).rejects.toBeInstanceOf(NewerSchema)
    await sql.end()
  })

  test('a step that fails leaves nothing behind', async () => {
    const sql = await freshDatabase('failing')
    const broken = [...MIGRATIONS, { name: 'broken', up: 'create table half (id int); select 1/0', down: '' }]
    await expect(migrateUp(sql, broken)).rejects.toThrow('division')
    expect(await schemaVersion(sql)).toBe(SCHEMA_VERSION)
    const [half] = await sql`select to_regclass('half') as found`
    expect(half?.found).toBeNull()
    await sql.end()
  })

  test('three processes that start at once migrate once', async () => {
    const sql = await freshDatabase('race')
    await sql.end()
    const script = join(import.meta.dir, '../../support/migrate-once.ts')
    const connection = JSON.stringify({ ...db.owner, database: 'race' })
    const processes = Array.from({ length: 3 }, () =>
      Bun.spawn([process.execPath, script, connection], { stdout: 'pipe', stderr: 'inherit' }),
    )
    const outputs = await Promise.all(
      processes.map(async (p) => (await new Response(p.stdout).text()).trim()),
    )
    expect(outputs.toSorted()).toEqual(['0', '0', String(SCHEMA_VERSION)])
  })
})
