import { afterAll, beforeAll, expect, test } from 'bun:test'
import { LoadDatabase } from '../../../src/db/transfer/load.ts'
import { importExport } from '../../../src/exports/import-export.ts'
import { startDatabase, type TestDatabase } from '../../support/database.ts'
import { exportOf, filesOf, importOf, manifestOf } from '../../support/exports.ts'
import { type FullOrg, makeFullOrg } from '../../support/full-org.ts'

let here: TestDatabase
let there: TestDatabase
let org: FullOrg
let file: Buffer
let loads: LoadDatabase

beforeAll(async () => {
  here = await startDatabase()
  there = await startDatabase()
  loads = new LoadDatabase(there.app)
  org = await makeFullOrg(here.superuser, here.database)
  await makeFullOrg(here.superuser, here.database)
  file = await exportOf(here, org.org_id)
})
afterAll(async () => {
  await loads.close()
  await here.stop()
  await there.stop()
})

test('every table of the data model has rows in the file of the test', () => {
  const empty = manifestOf(file).files.filter(({ rows }) => rows === 0)
  expect(empty.map(({ name }) => name)).toEqual([])
})

test('an imported org exports the same files; log and time alone differ', async () => {
  const imported = await importExport(loads, importOf(file))
  expect(imported.slug).toBe(org.slug)
  expect(imported.links.map(({ email }) => email)).toEqual([`${org.founder_id}@example.com`])
  const again = await exportOf(there, org.org_id)
  const [before, after] = [filesOf(file), filesOf(again)]
  expect([...after.keys()]).toEqual([...before.keys()])
  for (const [name, content] of before)
    if (name !== 'manifest.json') expect(String(after.get(name)), name).toBe(String(content))
  const [was, is] = [manifestOf(file), manifestOf(again)]
  expect({ ...is, log: was.log, created_at: was.created_at }).toEqual(was)
  expect(is.log).not.toBe(was.log)
})

test('no credential is in the file', () => {
  const text = [...filesOf(file).values()].join('\n')
  for (const secret of org.secrets) expect(text.includes(secret), secret).toBe(false)
})
