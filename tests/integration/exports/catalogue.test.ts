import { afterAll, beforeAll, expect, test } from 'bun:test'
import { TABLES_LEFT_OUT, TRANSFER_TABLES } from '../../../src/db/transfer/tables.ts'
import { startDatabase, type TestDatabase } from '../../support/database.ts'

let db: TestDatabase

beforeAll(async () => {
  db = await startDatabase()
})
afterAll(() => db.stop())

/** Every table of the product and the columns that it stores itself. */
async function catalogue(): Promise<Map<string, string[]>> {
  const rows = await db.superuser<{ table: string; column: string }[]>`
    select c.relname as table, a.attname as column from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and c.relname <> 'mc_schema'
    order by 1, 2`
  const tables = new Map<string, string[]>()
  for (const { table, column } of rows) tables.set(table, [...(tables.get(table) ?? []), column])
  return tables
}

test('every table is exported, or left out for a reason', async () => {
  const decided = [...TRANSFER_TABLES.map(({ table }) => table), ...Object.keys(TABLES_LEFT_OUT)]
  expect([...(await catalogue()).keys()]).toEqual(decided.sort())
})

test('every column is exported, or left out for a reason', async () => {
  const tables = await catalogue()
  for (const { table, columns, left_out, org_column } of TRANSFER_TABLES) {
    const decided = [...columns.map(({ name }) => name), ...Object.keys(left_out)]
    if (org_column === 'org_id') decided.push('org_id')
    expect(tables.get(table), table).toEqual(decided.sort())
    for (const reason of Object.values(left_out)) expect(reason.length).toBeGreaterThan(10)
  }
})

test('a column is read with the type that it has', async () => {
  for (const { table, columns } of TRANSFER_TABLES) {
    const rows = await db.superuser<{ name: string; type: string; nullable: boolean }[]>`
      select attname as name, format_type(atttypid, atttypmod) as type, not attnotnull as nullable from pg_attribute
      where attrelid = ${table}::regclass and attnum > 0 and not attisdropped`
    for (const { name, type, nullable } of columns)
      expect(
        rows.find((row) => row.name === name),
        `${table}.${name}`,
      ).toEqual({ name, type, nullable })
  }
})
