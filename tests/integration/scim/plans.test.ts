import { afterAll, beforeAll, expect, test } from 'bun:test'
import type postgres from 'postgres'
import type { OneReader } from '../../../src/db/client.ts'
import { listScimMembers } from '../../../src/db/queries/scim.ts'
import { makeOrg, type OwnDatabase, startOwnDatabase } from '../../support/database.ts'
import { fillOrg } from '../../support/volume.ts'

const MEMBERS = 3_000

let db: OwnDatabase
let app: postgres.Sql
let org_id: string

beforeAll(async () => {
  db = await startOwnDatabase()
  app = db.client()
  const { org, founder_id } = await makeOrg(db.database)
  org_id = org.id
  await fillOrg(db.superuser, org_id, founder_id, {
    members: MEMBERS,
    projects: 1,
    tasks: 1,
    messages: 1,
    notifications: 1,
  })
  await db.superuser`
    insert into scim_users (org_id, user_id, user_name, external_id)
    select org_id, user_id, 'Person ' || row_number() over (), 'x' || row_number() over ()
    from memberships where org_id = ${org_id} and type = 'human'`
  await db.superuser`analyze`
})
afterAll(() => db.stop())

/** Rows that were read of each table to find a person. */
async function rowsRead(narrowed: Parameters<typeof listScimMembers>[2]): Promise<number> {
  let rows = 0
  const reader = {
    async readOne(id: string, build: Parameters<OneReader['readOne']>[1]) {
      return await app.begin(async (sql) => {
        await sql`select set_config('app.current_org_id', ${id}, true)`
        const [plan] = await sql`explain (analyze, format json) ${build(sql as never, id) as never}`
        rows = most(plan?.['QUERY PLAN'][0].Plan)
        return []
      })
    },
  }
  await listScimMembers(reader as never, org_id, narrowed)
  return rows
}

interface Plan {
  'Actual Rows': number
  'Actual Loops': number
  'Rows Removed by Filter'?: number
  Plans?: Plan[]
}

/** The most rows that a node has read. */
function most({ Plans = [], ...node }: Plan): number {
  const own = (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops']
  return Math.max(own, ...Plans.map(most))
}

test('S16 a person is found by its name, address or external id without reading the other ones', async () => {
  const [one] = await db.superuser<{ email: string; n: number }[]>`
    select u.email, (select count(*)::int from scim_users) as n from users u join scim_users s on s.user_id = u.id limit 1`
  expect(one?.n).toBeGreaterThan(1_000)
  for (const narrowed of [
    { user_name: 'PERSON 700' },
    { user_name: one?.email ?? '' },
    { external_id: 'x700' },
    { id: crypto.randomUUID() },
  ])
    expect(await rowsRead(narrowed), JSON.stringify(narrowed)).toBeLessThan(100)
})
