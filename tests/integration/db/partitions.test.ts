import { afterAll, beforeAll, expect, test } from 'bun:test'
import type postgres from 'postgres'
import { startPartitionCare } from '../../../src/db/partition-care.ts'
import { makeOrg, startDatabase, type TestDatabase } from '../../support/database.ts'
import { plain } from '../../support/plain.ts'

let db: TestDatabase
let month_counter = 0

beforeAll(async () => {
  db = await startDatabase()
})
afterAll(() => db.stop())

interface Care {
  made: number
  moved: string
  rows_in_default: string
}

const ensure = (months: number, sql: postgres.Sql = db.superuser) =>
  sql<Care[]>`select * from ensure_partitions(${months})`.then(([care]) => care!)

/** A month that nobody has made a partition for. */
const farMonth = () => `${2040 + ++month_counter}-05`

/** A message and an event of an org in a month. */
async function write(
  { org, channel, founder_id }: Awaited<ReturnType<typeof makeOrg>>,
  month: string,
  n = 1,
) {
  const at = `${month}-10T12:00:00.000Z`
  await db.database.withOrg(org.id, async ({ sql }) => {
    await sql`insert into messages (org_id, id, channel_id, seq, sender_id, sender_type, sender_name, kind, content, created_at) values (${org.id}, ${crypto.randomUUID()}, ${channel.id}, ${n}, ${founder_id}, 'human', 'F', 'text', 'early', ${at})`
    await sql`insert into events (org_id, sequence, type, actor_type, actor_name, created_at, payload) values (${org.id}, ${100 + n}, 'org.updated', 'system', 'S', ${at}, '{}')`
  })
}

const partitions = () =>
  db.superuser<
    { name: string; parent: string; bounds: string; rls: boolean; triggers: number; numbers: number }[]
  >`
    select c.relname as name, p.relname as parent, pg_get_expr(c.relpartbound, c.oid) as bounds,
      c.relrowsecurity and c.relforcerowsecurity as rls,
      (select count(*)::int from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal and t.tgenabled = 'O') as triggers,
      (select count(*)::int from pg_index x where x.indrelid = c.oid and x.indisunique) as numbers
    from pg_inherits i join pg_class c on c.oid = i.inhrelid join pg_class p on p.oid = i.inhparent
    where c.relkind = 'r' and p.relname in ('events', 'messages') order by 1`

test('this month and the next three are there, and a second call makes none', async () => {
  const names = (await partitions()).map(({ name }) => name)
  const now = new Date()
  for (let n = 0; n <= 3; n++) {
    const month = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + n)).toISOString().slice(0, 7)
    expect(names).toContain(`events_${month.replace('-', '_')}`)
    expect(names).toContain(`messages_${month.replace('-', '_')}`)
  }
  expect(await ensure(3)).toEqual({ made: 0, moved: '0', rows_in_default: '0' })
})

test('three years are made as well as three months, each partition like the first', async () => {
  expect((await ensure(36)).made).toBe(66)
  const all = await partitions()
  expect(all.length).toBe(2 * (36 + 1) + 2)
  for (const { name, parent, rls, triggers, numbers } of all)
    expect({ name, rls, triggers, numbers }).toEqual({
      name,
      rls: true,
      triggers: parent === 'events' ? 1 : 0,
      numbers: 1,
    })
  const bounds = all.filter(({ parent, bounds }) => parent === 'events' && bounds !== 'DEFAULT')
  for (const [i, { bounds: text }] of bounds.entries()) {
    const [, from, to] = /FROM \('([^']+)'\) TO \('([^']+)'\)/.exec(text) ?? []
    expect(from).toMatch(/-01 00:00:00\+00$/)
    const next = bounds[i + 1]?.bounds
    if (next !== undefined) expect(next).toContain(`FROM ('${to}')`)
  }
})

test('rows that came without a partition are moved into their month, of all orgs, and stay readable', async () => {
  const orgs = [await makeOrg(db.database), await makeOrg(db.database)]
  const month = farMonth()
  for (const org of orgs) await write(org, month)
  expect(await ensure(3)).toEqual({ made: 2, moved: '4', rows_in_default: '0' })
  const [left] = await db.superuser<{ n: number }[]>`
    select (select count(*) from events_default)::int + (select count(*) from messages_default)::int as n`
  expect(left?.n).toBe(0)
  const [there] = await db.superuser<{ n: number }[]>`
    select count(*)::int as n from ${db.superuser(`messages_${month.replace('-', '_')}`)}`
  expect(there?.n).toBe(2)
  for (const { org } of orgs) {
    const rows = await db.database.withOrg(
      org.id,
      ({ sql }) =>
        sql<{ type: string }[]>`select type from events where org_id = ${org.id} and sequence = 101`,
    )
    expect(rows.map(({ type }) => type)).toEqual(['org.updated'])
  }
})

test('nodes that start at once do not get into each other’s way', async () => {
  const month = farMonth()
  await write(await makeOrg(db.database), month)
  const nodes = [db.client(), db.client(), db.client(), db.client()]
  const cares = await Promise.all(nodes.map((sql) => ensure(40, sql)))
  expect(cares.map(({ made }) => made).toSorted((a, b) => a - b)).toEqual([0, 0, 0, 10])
  expect(cares.map(({ moved }) => moved).toSorted()).toEqual(['0', '0', '0', '2'])
})

test('when there is nothing to do, no lock is taken that a long reader or writer would notice', async () => {
  const [reader, writer] = [db.client(), db.client()]
  const { org } = await makeOrg(db.database)
  const busy = Promise.withResolvers<void>()
  const begun = Promise.withResolvers<void>()
  const reading = reader.begin(async (sql) => {
    await sql`select set_config('app.current_org_id', ${org.id}, true)`
    await sql`select count(*) from events`
    begun.resolve()
    await busy.promise
  })
  await begun.promise
  expect((await ensure(3, writer)).made).toBe(0)
  busy.resolve()
  await reading
})

test('a lock that somebody else holds does not keep a server from starting, and the care goes on later', async () => {
  await write(await makeOrg(db.database), farMonth())
  const busy = Promise.withResolvers<void>()
  const begun = Promise.withResolvers<void>()
  const backup = plain(db.owner)
  const reading = backup.begin(async (sql) => {
    await sql`select count(*) from events_default`
    begun.resolve()
    await busy.promise
  })
  await begun.promise
  const failures: string[] = []
  const log = { info: () => undefined, failed: (stage: string) => void failures.push(stage) }
  const blocked = await startPartitionCare(db.app, 3, log)
  expect(blocked.state).toBe('degraded: partitions could not be made')
  expect(failures).toEqual(['care for partitions'])
  blocked.stop()
  busy.resolve()
  await reading
  await backup.end()

  const free = await startPartitionCare(db.app, 3, log)
  expect([free.state, free.rows_in_default]).toEqual(['degraded: rows in a default partition', 2])
  expect(failures).toEqual(['care for partitions', 'find a partition for every row'])
  free.stop()
  const later = await startPartitionCare(db.app, 3, log)
  expect([later.state, later.rows_in_default]).toEqual(['ok', 0])
  later.stop()
})

test('a permanent fault of the database is reported at the start', async () => {
  await db.superuser.unsafe('revoke execute on function ensure_partitions(int) from mc_app')
  const log = { info: () => undefined, failed: () => undefined }
  await expect(startPartitionCare(db.app, 3, log)).rejects.toThrow('permission denied')
  await db.superuser.unsafe('grant execute on function ensure_partitions(int) to mc_app')
})

test('a partition is reached through its parent only', async () => {
  const app = db.client()
  const { org } = await makeOrg(db.database)
  for (const { name } of await partitions())
    for (const statement of [
      `select * from ${name}`,
      `insert into ${name} (org_id) values ('${org.id}')`,
      `update ${name} set org_id = org_id`,
      `delete from ${name}`,
      `truncate ${name}`,
    ]) {
      const attempt = app.begin(async (sql) => {
        await sql`select set_config('app.current_org_id', ${org.id}, true)`
        await sql.unsafe(statement)
      })
      await expect(attempt, statement).rejects.toThrow('permission denied')
    }
})

test('a number is unique inside a partition', async () => {
  const { org } = await makeOrg(db.database)
  const twice = db.database.withOrg(
    org.id,
    ({ sql }) =>
      sql`insert into events (org_id, sequence, type, actor_type, actor_name, created_at, payload) values (${org.id}, 1, 'org.updated', 'system', 'S', now(), '{}')`,
  )
  await expect(twice).rejects.toThrow('duplicate key')
})
