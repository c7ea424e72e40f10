import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type postgres from 'postgres'
import { lintCatalogue } from '../../../src/db/catalogue.ts'
import { makeOrg, type OwnDatabase, startOwnDatabase } from '../../support/database.ts'
import { fillEveryTable } from '../../support/rows.ts'

let db: OwnDatabase
let app: postgres.Sql
let mine: Awaited<ReturnType<typeof makeOrg>>
let theirs: Awaited<ReturnType<typeof makeOrg>>

/** Every table of the catalogue that belongs to an org, with the column that says so. */
async function tenantTables(): Promise<{ table: string; column: string }[]> {
  const rows = await db.superuser<{ table: string; column: string }[]>`
    select c.relname as table, a.attname as column from pg_class c join pg_attribute a on a.attrelid = c.oid and not a.attisdropped
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and ((c.relname = 'organizations' and a.attname = 'id') or (c.relname <> 'organizations' and a.attname = 'org_id'))
    order by 1`
  return [...rows]
}

async function scoped<T>(org: string | null, run: (sql: postgres.TransactionSql) => Promise<T>): Promise<T> {
  return (await app.begin(async (sql) => {
    if (org !== null) await sql`select set_config('app.current_org_id', ${org}, true)`
    return await run(sql)
  })) as T
}

beforeAll(async () => {
  db = await startOwnDatabase()
  app = db.client()
  mine = await makeOrg(db.database)
  theirs = await makeOrg(db.database)
  for (const { org, channel, founder_id } of [mine, theirs])
    await fillEveryTable(db.superuser, org.id, founder_id, channel.id)
})
afterAll(() => db.stop())

describe('every table keeps orgs apart', () => {
  test('the tables of the data model are all there, and all filled', async () => {
    const tables = await tenantTables()
    expect(tables.map(({ table }) => table)).toEqual([
      'alarms',
      'api_keys',
      'archives',
      'channel_reads',
      'channels',
      'emails',
      'events',
      'exports',
      'idempotency_keys',
      'invites',
      'memberships',
      'message_client_ids',
      'message_deliveries',
      'messages',
      'notifications',
      'org_heads',
      'organizations',
      'project_users',
      'projects',
      'recent_commands',
      'scim_tokens',
      'scim_users',
      'sub_agents',
      'subscriptions',
      'task_assignees',
      'task_dependencies',
      'task_evidence',
      'task_projects',
      'tasks',
    ])
    for (const { table, column } of tables) {
      const [row] = await db.superuser<
        { n: number }[]
      >`select count(*)::int as n from ${db.superuser(table)} where ${db.superuser(column)} = ${theirs.org.id}`
      expect(row?.n, table).toBeGreaterThan(0)
    }
  })

  test('reading: only the org in scope; no scope, an empty and a foreign one show nothing of it', async () => {
    for (const { table, column } of await tenantTables()) {
      const count = (org: string | null) =>
        scoped(org, async (sql) => {
          const [row] = await sql<
            { all: number; theirs: number }[]
          >`select count(*)::int as all, count(*) filter (where ${sql(column)} = ${theirs.org.id})::int as theirs from ${sql(table)}`
          return row!
        })
      expect(await count(mine.org.id), table).toMatchObject({ theirs: 0 })
      expect((await count(mine.org.id)).all, table).toBeGreaterThan(0)
      for (const org of [null, '', crypto.randomUUID()])
        expect(await count(org), `${table} ${org}`).toEqual({ all: 0, theirs: 0 })
    }
  })

  test('writing: a foreign row cannot be inserted, updated or deleted', async () => {
    for (const { table, column } of await tenantTables()) {
      const append_only = table === 'events' || table === 'messages'
      for (const org of [mine.org.id, '', null]) {
        const attempt = (statement: (sql: postgres.TransactionSql) => Promise<{ count: number }>) =>
          scoped(org, statement).then(
            (r) => r.count,
            (error: Error) => error.message,
          )
        const deleted = await attempt(
          (sql) => sql`delete from ${sql(table)} where ${sql(column)} = ${theirs.org.id}`,
        )
        const updated = await attempt(
          (sql) =>
            sql`update ${sql(table)} set ${sql(column)} = ${sql(column)} where ${sql(column)} = ${theirs.org.id}`,
        )
        if (append_only)
          expect(
            [deleted, updated].every((r) => typeof r === 'string'),
            `${table} ${org}`,
          ).toBe(true)
        else expect([deleted, updated], `${table} ${org}`).toEqual([0, 0])
        // The same row with the foreign org's id: refused by the policy before any key is looked at.
        const copied = await attempt(
          (sql) =>
            sql`insert into ${sql(table)} select (jsonb_populate_record(null::${sql(table)}, jsonb_build_object(${column}::text, ${theirs.org.id}::text))).*`,
        )
        expect(typeof copied, `${table} ${org}: ${copied}`).toBe('string')
      }
      const moved = await scoped(
        mine.org.id,
        (sql) => sql`update ${sql(table)} set ${sql(column)} = ${theirs.org.id}`,
      ).then(
        (r) => r.count,
        (error: Error) => error.message,
      )
      expect(typeof moved, `${table}: ${moved}`).toBe('string')
    }
  })

  test('a setting that was left by another transaction of the connection is gone', async () => {
    await scoped(mine.org.id, (sql) => sql`select 1`)
    const [row] = await app<{ n: number }[]>`select count(*)::int as n from tasks`
    expect(row?.n).toBe(0)
  })

  test('an error reveals nothing: a key that exists in another org is as free as a random one', async () => {
    const [task] = await db.superuser<
      { id: string }[]
    >`select id from tasks where org_id = ${theirs.org.id} limit 1`
    const insert = (id: string) =>
      scoped(
        mine.org.id,
        (sql) =>
          sql`insert into tasks (org_id, id, title, type, priority, status, created_by) values (${mine.org.id}, ${id}, 'x', 'bug', 'low', 'backlog', ${mine.founder_id})`,
      )
    await insert(task!.id)
    const refer = (id: string) =>
      scoped(
        mine.org.id,
        (sql) =>
          sql`insert into task_projects (org_id, task_id, project_id) values (${mine.org.id}, ${task!.id}, ${id})`,
      ).then(
        () => '',
        (error: Error) => error.message,
      )
    const [project] = await db.superuser<
      { id: string }[]
    >`select id from projects where org_id = ${theirs.org.id} limit 1`
    expect(await refer(project!.id)).toBe(await refer(crypto.randomUUID()))
  })

  test('partitions are not granted', async () => {
    const partitions = await db.superuser<
      { name: string }[]
    >`select relname as name from pg_class where relispartition and relkind = 'r'`
    expect(partitions.length).toBeGreaterThan(8)
    for (const { name } of partitions)
      await expect(scoped(theirs.org.id, (sql) => sql`select * from ${sql(name)}`)).rejects.toThrow(
        'permission denied',
      )
  })
})

describe('the catalogue lint', () => {
  test('finds nothing in the product’s own schema', async () => {
    expect(await lintCatalogue(app)).toEqual([])
  })

  const holes: [string, string, string][] = [
    ['a table without policies', 'create table planted (org_id uuid, id uuid)', 'drop table planted'],
    [
      'a table without FORCE',
      'alter table tasks no force row level security',
      'alter table tasks force row level security',
    ],
    [
      'a policy that is always true',
      'create policy planted on tasks to mc_app using (true)',
      'drop policy planted on tasks',
    ],
    [
      'a view that checks as its owner',
      'create view planted as select * from tasks; grant select on planted to mc_app',
      'drop view planted',
    ],
    [
      'a materialized view',
      'create materialized view planted as select * from tasks; grant select on planted to mc_app',
      'drop materialized view planted',
    ],
    [
      'a function without search_path',
      "create function planted() returns int language sql security definer as 'select 1'",
      'drop function planted()',
    ],
    [
      'a function of a superuser',
      "create function planted() returns int language sql security definer set search_path = public as 'select 1'",
      'drop function planted()',
    ],
    [
      'a unique key without the org',
      'alter table exports add constraint planted unique (id)',
      'alter table exports drop constraint planted',
    ],
    ['a unique index without the org', 'create unique index planted on channels (id)', 'drop index planted'],
    [
      'a granted partition',
      'grant select on events_default to mc_app',
      'revoke select on events_default from mc_app',
    ],
    ['a role that bypasses everything', 'alter role mc_app bypassrls', 'alter role mc_app nobypassrls'],
    ['a role that may become the owner', 'grant mc_owner to mc_app', 'revoke mc_owner from mc_app'],
  ]
  test.each(holes)('finds %s', async (_what, plant, remove) => {
    await db.superuser.unsafe(plant)
    try {
      expect((await lintCatalogue(app)).length).toBeGreaterThan(0)
    } finally {
      await db.superuser.unsafe(remove)
    }
    expect(await lintCatalogue(app)).toEqual([])
  })
})

describe('the log is append-only', () => {
  test.each([
    'update events set type = type',
    'delete from events',
    'truncate events',
    'alter table events disable trigger all',
    'drop table events',
    'alter table events detach partition events_default',
    "set session_replication_role = 'replica'",
  ])('the server may not: %s', async (statement) => {
    await expect(scoped(theirs.org.id, (sql) => sql.unsafe(statement))).rejects.toThrow()
  })

  test('E21 no role of the database may, on the parent or on any partition', async () => {
    const names = async (query: string) =>
      (await db.superuser.unsafe<{ name: string }[]>(query)).map(({ name }) => name)
    const roles = await names(
      "select rolname as name from pg_roles where rolname like 'mc\\_%' or rolsuper and rolcanlogin order by 1",
    )
    expect(roles).toEqual(
      expect.arrayContaining(['mc_app', 'mc_auth', 'mc_backup', 'mc_care', 'mc_owner', 'mc_search']),
    )
    const tables = await names(
      "select 'events' as name union select inhrelid::regclass::text from pg_inherits where inhparent = 'events'::regclass order by 1",
    )
    expect(tables.length).toBeGreaterThan(4)
    const done: string[] = []
    for (const role of roles)
      for (const table of tables)
        for (const change of [
          `update ${table} set type = type`,
          `delete from ${table}`,
          `truncate ${table}`,
        ]) {
          const attempt = db.superuser.begin(async (sql) => {
            await sql.unsafe(`set local role ${role}`)
            await sql`select set_config('app.current_org_id', ${theirs.org.id}, true)`
            await sql.unsafe(change)
          })
          await attempt.then(
            () => done.push(`${role}: ${change}`),
            (error: unknown) => {
              const { message } = error as Error
              if (!/append-only|permission denied/.test(message)) done.push(`${role}: ${change}: ${message}`)
            },
          )
        }
    expect(done).toEqual([])
  })

  test('not even the owner may, on the parent or on a partition', async () => {
    const owner = db.superuser
    const [partition] = await owner<
      { name: string }[]
    >`select relname as name from pg_class where relispartition and relkind = 'r' and relname like 'events_2%' order by 1 limit 1`
    for (const table of ['events', partition!.name, 'events_default'])
      for (const statement of [
        `update ${table} set type = type`,
        `delete from ${table}`,
        `truncate ${table}`,
      ]) {
        const attempt = owner.begin(async (sql) => {
          await sql.unsafe('set role mc_owner')
          await sql`select set_config('app.current_org_id', ${theirs.org.id}, true)`
          await sql.unsafe(statement)
        })
        await expect(attempt).rejects.toThrow('append-only')
      }
  })
})

test('deleting an org leaves no row of it in any table and touches no other', async () => {
  const doomed = await makeOrg(db.database)
  await fillEveryTable(db.superuser, doomed.org.id, doomed.founder_id, doomed.channel.id)
  // One row at a time: every state between two steps is one that the next step goes on from.
  const step = async () => {
    const [row] = await db.database.query(
      (sql) => sql<{ removed: number; done: boolean }[]>`select * from delete_org_step(${doomed.org.id}, 1)`,
    )
    return row!
  }
  await expect(step()).rejects.toThrow('not due')
  await db.superuser`update organizations set status = 'pending_deletion', deletion_at = now() + interval '1 day' where id = ${doomed.org.id}`
  await expect(step()).rejects.toThrow('not due')
  await db.superuser`update organizations set deletion_at = now() - interval '1 second' where id = ${doomed.org.id}`
  const sums = async () => {
    const found: Record<string, string> = {}
    for (const { table, column } of await tenantTables()) {
      const [row] = await db.superuser<
        { sum: string }[]
      >`select coalesce(md5(string_agg(t::text, ',' order by t::text)), '') as sum from ${db.superuser(table)} t where ${db.superuser(column)} <> ${doomed.org.id}`
      found[table] = row!.sum
    }
    return found
  }
  const before = await sums()
  let steps = 0
  for (let done = false; !done; steps++) {
    const { removed, done: finished } = await step()
    expect(removed).toBe(1)
    done = finished
  }
  expect(steps).toBeGreaterThan(25)
  expect(await sums()).toEqual(before)
  for (const { table, column } of await tenantTables()) {
    const [row] = await db.superuser<
      { n: number }[]
    >`select count(*)::int as n from ${db.superuser(table)} where ${db.superuser(column)} = ${doomed.org.id}`
    expect(row?.n, table).toBe(0)
  }
})
