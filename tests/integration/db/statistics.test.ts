import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { OneReader } from '../../../src/db/client.ts'
import { listProjects } from '../../../src/db/queries/projects.ts'
import { listTasks } from '../../../src/db/queries/tasks.ts'
import { makeOrg, type OwnDatabase, startOwnDatabase } from '../../support/database.ts'

const TASKS = 400
const PER_PAGE = 25
/** Rows that scans may give for one page: what matches is read for the total and for the order, with what blocks it. */
const ROWS_MAX = 8 * TASKS

interface PlanNode {
  'Node Type': string
  'Actual Rows': number
  'Actual Loops': number
  Plans?: PlanNode[]
}

let db: OwnDatabase
let org_id: string

/** A server in its first minute: full of rows, and PostgreSQL has not looked at them yet. */
beforeAll(async () => {
  db = await startOwnDatabase()
  await db.superuser.unsafe('alter system set autovacuum = off')
  await db.superuser.unsafe('select pg_reload_conf()')
  const { org, founder_id } = await makeOrg(db.database)
  org_id = org.id
  await db.database.withOrg(org_id, async ({ sql }) => {
    await sql`
      insert into tasks (org_id, id, title, description, type, priority, status, created_by)
      select ${org_id}, uuidv7(), 'task ' || n, 'what is to be done', 'chore', 'medium', 'backlog', ${founder_id}
      from generate_series(1, ${TASKS}) n`
    await sql`
      insert into task_dependencies (org_id, task_id, blocked_by_id)
      select ${org_id}, id, lag(id) over (order by id) from tasks where org_id = ${org_id} order by id offset 1`
    await sql`
      insert into projects (org_id, id, name, type, stage, description, owner_id, created_by, channel_id)
      select ${org_id}, uuidv7(), 'project ' || n, 'software', 'definition', 'why', ${founder_id}, ${founder_id},
        (select id from channels where org_id = ${org_id} limit 1)
      from generate_series(1, ${TASKS}) n`
  })
})
afterAll(() => db.stop())

/** Rows that all scans of one list give together. */
async function scanned(list: (reader: OneReader) => Promise<unknown>): Promise<number> {
  let rows = 0
  await list({
    readOne: async (org, build) => {
      await db.database.readOrg(org, async ({ sql }) => {
        const [plan] = await sql`explain (analyze, format json) ${build(sql, org)}`
        const [{ Plan: root }] = plan!['QUERY PLAN'] as [{ Plan: PlanNode }]
        const visit = (node: PlanNode) => {
          if (/Scan/.test(node['Node Type']) && !/CTE|Subquery/.test(node['Node Type']))
            rows += node['Actual Rows'] * node['Actual Loops']
          for (const child of node.Plans ?? []) visit(child)
        }
        visit(root)
      })
      return []
    },
  })
  return rows
}

test('the tables have no statistics', async () => {
  const analyzed = await db.superuser`
    select 1 from pg_stat_user_tables where relname in ('tasks', 'projects') and last_autoanalyze is not null`
  expect(analyzed.length).toBe(0)
})

const page = { page: 1, per_page: PER_PAGE }
test.each([
  ['tasks', (reader: OneReader) => listTasks(reader, org_id, page)],
  [
    'tasks that something blocks',
    (reader: OneReader) => listTasks(reader, org_id, { ...page, blocked: true }),
  ],
  ['projects', (reader: OneReader) => listProjects(reader, org_id, page)],
])('a page of %s costs what is on it, not its square', async (_, list) => {
  const rows = await scanned(list)
  expect(rows).toBeGreaterThan(PER_PAGE)
  expect(rows).toBeLessThan(ROWS_MAX)
})
