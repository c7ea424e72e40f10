import { afterAll, beforeAll, expect, test } from 'bun:test'
import { and, eq } from 'drizzle-orm'
import { newId } from '../../../src/contracts/ids.ts'
import type { OrgRef } from '../../../src/db/client.ts'
import { users } from '../../../src/db/schema/global.ts'
import { memberships, subscriptions } from '../../../src/db/schema/orgs.ts'
import { anyOf, build, given, inOrg, type Params, statement } from '../../../src/db/statement.ts'
import { makeOrg, startDatabase, type TestDatabase } from '../../support/database.ts'

let db: TestDatabase
let home: { org_id: string; founder: string }
let other: typeof home
beforeAll(async () => {
  db = await startDatabase()
  const make = async () => {
    const { org, founder_id } = await makeOrg(db.database)
    return { org_id: org.id, founder: founder_id }
  }
  home = await make()
  other = await make()
})
afterAll(() => db.stop())

const members = statement((p: Params<{ org: OrgRef; ids: readonly string[] }>) =>
  build
    .select({ user_id: memberships.user_id, role: memberships.role, created_at: memberships.created_at })
    .from(memberships)
    .where(and(inOrg(memberships.org_id, p.org), anyOf(memberships.user_id, p.ids))),
)

test('a statement reads an org in one round trip, and no row of another org', async () => {
  const ids = [home.founder, other.founder, newId()]
  const rows = await db.database.readOne(home.org_id, (sql, org) => members(sql, { org, ids }))
  expect([...rows]).toEqual([
    { user_id: home.founder, role: 'administrator', created_at: expect.stringMatching(/^\d{4}-.*Z$/) },
  ])
  const in_scope = await db.database.withOrg(home.org_id, ({ sql }) =>
    members(sql, { org: other.org_id, ids }),
  )
  expect([...in_scope]).toEqual([])
})

test('values are parameters, whatever their text and number', async () => {
  const rename = statement((p: Params<{ id: string; name: string }>) =>
    build
      .update(users)
      .set({ display_name: given(p.name) })
      .where(eq(users.id, p.id))
      .returning({ display_name: users.display_name }),
  )
  for (const name of ['$1', "'; drop table users; --", '\\$2 "quoted"']) {
    const rows = await db.database.query((sql) => rename(sql, { id: home.founder, name }))
    expect([...rows]).toEqual([{ display_name: name }])
  }
  for (const ids of [[], [home.founder], Array.from({ length: 1_000 }, newId)])
    await db.database.readOne(home.org_id, (sql, org) => members(sql, { org, ids }))
})

test('JSON is stored as what it is', async () => {
  const topics = [{ topic_type: 'project' as const, topic_id: newId() }]
  const subscribe = statement((p: Params<{ org_id: string; user_id: string; topics: typeof topics }>) =>
    build
      .insert(subscriptions)
      .values({ org_id: p.org_id, user_id: p.user_id, mode: 'topics', topics: p.topics })
      .returning({ topics: subscriptions.topics }),
  )
  const rows = await db.database.withOrg(home.org_id, ({ sql }) =>
    subscribe(sql, { org_id: home.org_id, user_id: home.founder, topics }),
  )
  expect([...rows]).toEqual([{ topics }])
})

test('a field that is called otherwise in its row is refused', async () => {
  const renamed = statement((p: Params<{ id: string }>) =>
    build.select({ user_id: users.id }).from(users).where(eq(users.id, p.id)),
  )
  await expect(db.database.query((sql) => renamed(sql, { id: home.founder }))).rejects.toThrow('is called id')
})
