import { expect, test } from 'bun:test'
import { getTableColumns, is, Table } from 'drizzle-orm'
import * as schema from '../../../src/db/schema/index.ts'

test('every column has one name, in the table, in the row and on the wire', () => {
  const tables = Object.values(schema).filter((member) => is(member, Table))
  expect(tables.length).toBeGreaterThan(15)
  const renamed = tables.flatMap((table) =>
    Object.entries(getTableColumns(table)).filter(([key, column]) => key !== column.name),
  )
  expect(renamed).toEqual([])
})
