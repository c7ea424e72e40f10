import { afterAll, beforeAll, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join as path } from 'node:path'
import type postgres from 'postgres'
import type { Channel, Org, Project, Task } from '../../../src/contracts/resources.ts'
import { type Agent, addAgent, type Person, setUp } from '../../support/client.ts'
import { databaseOf, startServer, type TestServer } from '../../support/server.ts'
import { SseJournal, until } from '../../support/streams.ts'
import { hostSubAgent, spawnSubAgent } from '../../support/sub-agent.ts'
import { fillOrg } from '../../support/volume.ts'

/**
 * Every statement that the server sends, also those inside functions, explained by PostgreSQL itself as it runs: a
 * sequential scan of a table that grows fails, whoever wrote the query.
 */

interface Plan {
  'Node Type': string
  'Relation Name'?: string
  'Actual Rows'?: number
  'Actual Loops'?: number
  'Rows Removed by Filter'?: number
  Plans?: Plan[]
}

const ORGS = 10
/** Tables with fewer rows may be read whole. */
const SMALL = 300
/** A slice of 50 rows with what belongs to them. */
const ROWS_PER_SLICE = 600

let server: TestServer
let admin: Person
let agent: Agent
let project: Project
let task: Task
let channel_id: string
let log: string

beforeAll(async () => {
  server = await startServer({ cluster: 'own', env: { DEPLOYMENT_MODE: 'multi-tenant' } })
  admin = await setUp(server)
  agent = await addAgent(admin, 'forge')
  const org_ids = [(await admin.in<Org>('GET', '')).body.id]
  for (let i = 1; i < ORGS; i++) {
    const made = await admin.call<Org>('POST', '/api/v1/orgs', { name: `Org ${i}`, slug: `org-${i}` })
    org_ids.push(made.body.id)
  }
  const size = { members: 200, projects: 300, tasks: 4_000, messages: 10_000, notifications: 2_000 }
  const superuser = databaseOf(server)
  for (const org_id of org_ids) await fillOrg(superuser, org_id, admin.user_id, size)
  await explain(superuser, 'mc_app', 'on')
  await superuser.end()
  await server.restart()
  // A project with messages: the busy ones are the first that were made.
  const channels = await admin.in<{ data: Channel[] }>('GET', '/channels')
  const busy = channels.body.data.find(({ last_seq, project_id }) => last_seq > 100 && project_id)!
  channel_id = busy.id
  project = (await admin.in<Project>('GET', `/projects/${busy.project_id}`)).body
  task = (await admin.in<{ data: Task[] }>('GET', `/tasks?project_id=${project.id}&per_page=1`)).body.data[0]!
  await admin.in('PUT', `/projects/${project.id}/users/${agent.user.id}`)
  const after_restart = databaseOf(server)
  await after_restart`
    insert into message_deliveries (org_id, channel_id, seq, agent_id, state)
    select org_id, channel_id, seq, ${agent.user.id}, case when seq % 2 = 0 then 'queued' else 'answered' end
    from messages where channel_id = ${channel_id} and seq <= 400`
  await after_restart.end()
  const event = await admin.in<{ data: unknown[]; next_cursor: string }>('GET', '/events?limit=1')
  log = event.body.next_cursor.split('.')[0] ?? ''
})
afterAll(() => server.stop())

async function explain(superuser: postgres.Sql, role: string, nested: 'on' | 'off'): Promise<void> {
  await superuser.unsafe(`alter role ${role} set session_preload_libraries = 'auto_explain'`)
  await superuser.unsafe(`alter role ${role} set auto_explain.log_min_duration = 0`)
  await superuser.unsafe(`alter role ${role} set auto_explain.log_nested_statements = ${nested}`)
  await superuser.unsafe(`alter role ${role} set auto_explain.log_format = json`)
  await superuser.unsafe(`alter role ${role} set auto_explain.log_analyze = on`)
  await superuser.unsafe(`alter role ${role} set auto_explain.log_timing = off`)
}

/**
 * Written for all orgs at once, in the background, whenever somebody was here: PostgreSQL expects a hundred users in the
 * list and reads a table of this size whole.
 */
const BACKGROUND = /set last_(active|used)_at/i

interface Planned {
  text: string
  /** Large tables that it read whole. */
  scanned: string[]
  /** Rows that it looked at in the tables. */
  rows: number
}

/** What the server's statements did while `run` ran. */
async function planned(run: () => Promise<unknown>): Promise<Planned[]> {
  const file = path(server.data_dir, 'postgres', 'postgres.log')
  const before = readFileSync(file, 'utf8').length
  await run()
  // The log is written by another process: it ends with the plan of a statement of our own.
  const marker = `marker ${before} ${Math.random()}`
  const app = databaseOf(server, 'app')
  await app.unsafe(`select '${marker}'`)
  await app.end()
  let text = ''
  await until(() => {
    const all = readFileSync(file, 'utf8')
    text = all.length < before ? all : all.slice(before)
    return text.includes(`${marker}'`) && text.trimEnd().endsWith('}')
  })
  const found: Planned[] = []
  for (const [, json] of text.matchAll(/plan:\n(\t\{[\s\S]*?\n\t\})(?=\n|$)/g)) {
    const { 'Query Text': query, Plan: plan } = JSON.parse(json!) as { 'Query Text': string; Plan: Plan }
    if (!query.includes(marker) && !BACKGROUND.test(query))
      found.push({ text: query, scanned: scanned(plan), rows: rowsRead(plan) })
  }
  return found
}

function scanned(plan: Plan): string[] {
  const below = (plan.Plans ?? []).flatMap(scanned)
  const table = plan['Relation Name']
  return plan['Node Type'] === 'Seq Scan' && table !== undefined && large.has(table)
    ? [table, ...below]
    : below
}

function rowsRead(plan: Plan): number {
  const below = (plan.Plans ?? []).reduce((sum, child) => sum + rowsRead(child), 0)
  if (plan['Relation Name'] === undefined) return below
  return (
    below + ((plan['Actual Rows'] ?? 0) + (plan['Rows Removed by Filter'] ?? 0)) * (plan['Actual Loops'] ?? 1)
  )
}

/** Filled by the first test: tables that have grown. */
const large = new Set<string>()

test('the tables have grown', async () => {
  const superuser = databaseOf(server)
  const rows = await superuser<{ name: string; rows: number }[]>`
    select relname as name, reltuples::int as rows from pg_class
    where relnamespace = 'public'::regnamespace and relkind = 'r' and reltuples >= ${SMALL}`
  await superuser.end()
  for (const { name } of rows) large.add(name)
  expect(rows.find(({ name }) => /^messages_\d/.test(name))?.rows).toBeGreaterThanOrEqual(90_000)
  expect([...large]).toContain('tasks')
})

test('this test can fail: a query without an index is seen, also inside a function', async () => {
  const app = databaseOf(server, 'app')
  const seen = await planned(async () => {
    await app`select count(*) from users where display_name = 'x'`
    await app`do $$ begin perform from users where display_name = 'y'; end $$`
  })
  await app.end()
  expect(seen.flatMap(({ scanned }) => scanned)).toEqual(['users', 'users'])
})

const READS: [string, () => string][] = [
  ['the org', () => ''],
  ['members', () => '/users'],
  ['members by text', () => '/users?q=volume'],
  ['members by role', () => '/users?role=contributor&type=human&page=3'],
  ['one member', () => `/users/${admin.user_id}`],
  ['keys of an agent', () => `/users/${agent.user.id}/api-keys`],
  ['projects', () => '/projects'],
  ['projects, a later page', () => '/projects?page=5'],
  ['projects by stage', () => '/projects?stage=poc'],
  ['projects by owner', () => '/projects?owner_id=me'],
  ['own projects', () => '/projects?assigned_to=me'],
  ['projects by name', () => '/projects?sort=name&order=asc'],
  ['projects by change', () => '/projects?sort=updated_at'],
  ['one project', () => `/projects/${project.id}`],
  ['members of a project', () => `/projects/${project.id}/users`],
  ['tasks', () => '/tasks'],
  ['tasks, a later page', () => '/tasks?page=20'],
  ['tasks by priority', () => '/tasks?sort=priority'],
  ['tasks by status', () => '/tasks?sort=status&order=asc'],
  ['tasks by title', () => '/tasks?sort=title&order=asc'],
  ['tasks by change', () => '/tasks?sort=updated_at'],
  ['tasks of a project', () => `/tasks?project_id=${project.id}`],
  ['own tasks', () => '/tasks?assigned_to=me'],
  ['tasks with a status', () => '/tasks?status=in-review&priority=high&type=bug'],
  ['tasks that wait', () => `/tasks?blocked=true&project_id=${project.id}`],
  ['tasks with words', () => '/tasks?q=tunn'],
  ['one task', () => `/tasks/${task.id}`],
  ['sub-agents', () => '/sub-agents'],
  ['sub-agents, a later page', () => '/sub-agents?page=20'],
  ['active sub-agents', () => '/sub-agents?status=active'],
  ['sub-agents of a task', () => `/sub-agents?task_id=${task.id}`],
  ['sub-agents that an agent runs', () => '/sub-agents?status=active&host_agent_id=me'],
  ['sub-agents that one created', () => '/sub-agents?created_by=me'],
  ['channels', () => '/channels'],
  ['one channel', () => `/channels/${channel_id}`],
  ['newest messages', () => `/channels/${channel_id}/messages`],
  ['older messages', () => `/channels/${channel_id}/messages?before=200`],
  ['newer messages', () => `/channels/${channel_id}/messages?after=20`],
  ['messages around one', () => `/channels/${channel_id}/messages?around=100`],
  ['events', () => '/events'],
  ['events since', () => `/events?after=${log}.500&order=asc`],
  ['events of a task', () => `/events?task_id=${task.id}`],
  ['events of a channel', () => `/events?channel_id=${channel_id}`],
  ['events of a project', () => `/events?project_id=${project.id}`],
  ['events of a project since', () => `/events?project_id=${project.id}&after=${log}.500&order=asc`],
  ['events by somebody', () => `/events?user_id=${admin.user_id}`],
  ['events of a kind', () => '/events?type=user.*'],
  ['events of a time', () => `/events?from=${new Date(Date.now() - 3_600_000).toISOString()}`],
  ['events until a time', () => `/events?to=${new Date(new Date().setUTCDate(2)).toISOString()}`],
  [
    'events until a time since',
    () => `/events?order=asc&from=${new Date(new Date().setUTCDate(3)).toISOString()}`,
  ],
  ['subscriptions', () => '/subscriptions'],
  ['notifications', () => '/notifications'],
  ['unread notifications', () => '/notifications?unread=true'],
  ['tokens of providers', () => '/scim-tokens'],
  ['mails', () => '/emails'],
  ['mails that failed', () => '/emails?status=failed'],
  ['the delivery of mails', () => '/emails/delivery'],
  ['a search for a frequent word', () => '/search?q=invoice'],
  ['a search for a rare identifier', () => '/search?q=AUTH-123'],
  ['a search for nothing there', () => '/search?q=zeppelin'],
  ['a search for the beginning of a word', () => '/search?q=in'],
  ['a search for words, without one', () => '/search?q=invoice%20tunnel%20-crash'],
  ['a search in a project', () => `/search?q=invoice&project_id=${project.id}`],
  ['a search for tasks in a project', () => `/search?q=invoice&types=tasks&project_id=${project.id}`],
  ['a later page of a search', () => '/search?q=invoice&types=messages&page=30'],
  ['a search in a time', () => `/search?q=invoice&from=${new Date(Date.now() - 3_600_000).toISOString()}`],
  ['a search until a time', () => `/search?q=invoice&to=${new Date(new Date().setUTCDate(2)).toISOString()}`],
  ['a search with archived ones', () => '/search?q=invoice&include_archived=true'],
  ['a search in a script without spaces', () => '/search?q=%E4%B8%8A%E6%B5%B7'],
]

test.each(READS)('%s', async (_, address) => {
  const seen = await planned(async () => {
    for (const who of [admin, agent]) {
      const { status, body } = await who.in('GET', address())
      if (status >= 500 || (who === admin && status !== 200)) throw new Error(JSON.stringify(body))
    }
  })
  expect(seen.length).toBeGreaterThan(0)
  expect(seen.filter(({ scanned }) => scanned.length > 0)).toEqual([])
  // A list with a cursor costs what its page costs, however long the history is.
  if (/\/messages|^\/events/.test(address())) {
    expect(seen.filter(({ rows }) => rows > ROWS_PER_SLICE)).toEqual([])
  }
})

/** A list that people do not have. */
const OF_AGENT = '/users/me/deliveries'

test.each(['', '?state=queued', '?page=3'])('what waits for an agent: %p', async (query) => {
  const seen = await planned(async () => {
    const { body } = await agent.in<{ data: unknown[] }>('GET', `${OF_AGENT}${query}`)
    expect(body.data).toHaveLength(25)
  })
  expect(seen.length).toBeGreaterThan(0)
  expect(seen.filter(({ scanned }) => scanned.length > 0)).toEqual([])
})

/**
 * The statement of a search. Its functions evaluate others as often as their plans say, custom or generic: a figure of the
 * connection's past, not of the rows.
 */
const IN_SEARCH = /from search_(page|spellings)\(\$/

/** Every list of the API document: how many statements it takes must not depend on how many rows it gives. */
test('lists take as many statements for 100 rows as for one', async () => {
  const document = await (await fetch(`${server.url}/docs/json`)).json()
  const lists = listsOf(document)
  expect(lists.length).toBeGreaterThanOrEqual(7)
  const ids: Record<string, string> = {
    org_slug: admin.org,
    project_id: project.id,
    channel_id,
    user_id: agent.user.id,
  }
  for (const { address, size } of lists) {
    const url = address.replace(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? `no ${name}`)
    const once = async (rows: number) => {
      let given = 0
      const seen = await planned(async () => {
        const query = `?${url.endsWith('/search') ? 'q=invoice&' : ''}${size}=${rows}`
        const { body, status } = url.endsWith(OF_AGENT)
          ? await agent.in<{ data: unknown[] }>('GET', OF_AGENT + query)
          : await admin.call<{ data: unknown[] }>('GET', url + query)
        if (status !== 200) throw new Error(`${url}: ${status}`)
        given = body.data.length
      })
      // Not what the server does by itself now and then.
      return {
        given,
        texts: seen
          .map(({ text }) => text.trim())
          .filter(
            (text) => !/^(update|insert)/.test(text) && (!url.endsWith('/search') || IN_SEARCH.test(text)),
          ),
      }
    }
    // The server reads who calls again now and then: the least of three is what the list itself takes.
    const statements = async (rows: number) => {
      const tries = [await once(rows), await once(rows), await once(rows)]
      return tries.reduce((least, next) => (next.texts.length < least.texts.length ? next : least))
    }
    const one = await statements(1)
    for (const rows of [25, 100]) {
      const many = await statements(rows)
      expect({ url, rows, statements: many.texts.length }).toEqual({
        url,
        rows,
        statements: one.texts.length,
      })
      if (url.endsWith('/orgs')) expect({ url, given: many.given }).toEqual({ url, given: ORGS })
      else if (!SHORT.some((end) => url.endsWith(end)))
        expect({ url, given: many.given }).toEqual({ url, given: rows })
    }
  }
})

/** Lists that have fewer rows here. */
const SHORT = [
  '/api-keys',
  '/users',
  '/sessions',
  '/commands',
  '/notifications',
  '/emails',
  '/jobs',
  '/exports',
  '/scim-tokens',
  '/auth/passkeys',
  '/auth/identities',
]

function listsOf(document: unknown): { address: string; size: 'per_page' | 'limit' }[] {
  type Operation = {
    parameters?: { name: string }[]
    responses: Record<
      string,
      { content?: Record<string, { schema: { properties?: Record<string, unknown> } }> }
    >
  }
  const { paths } = document as { paths: Record<string, { get?: Operation }> }
  return Object.entries(paths).flatMap(([address, { get }]) => {
    const schema = get?.responses['200']?.content?.['application/json']?.schema
    if (!get || !schema?.properties || !('data' in schema.properties)) return []
    return [
      {
        address,
        size: get.parameters?.some(({ name }) => name === 'limit')
          ? ('limit' as const)
          : ('per_page' as const),
      },
    ]
  })
}

test('replay from the database', async () => {
  const seen = await planned(async () => {
    const url = `${server.url}/api/v1/orgs/${admin.org}/events/stream?last_event_id=${log}.9000`
    const journal = await SseJournal.open(url, { Cookie: admin.cookieHeader })
    await until(() => journal.events.length >= 1_000)
    journal.close()
  })
  expect(seen.filter(({ text }) => text.includes('events')).length).toBeGreaterThan(0)
  expect(seen.filter(({ scanned }) => scanned.length > 0)).toEqual([])
})

test('writes', async () => {
  const seen = await planned(async () => {
    const posted = await admin.in<{ seq: number }>('POST', `/channels/${channel_id}/messages`, {
      content: 'hello @member-7',
      client_id: 'plans',
    })
    const made = await admin.in<Task>('POST', '/tasks', {
      title: 'One more',
      project_ids: [project.id],
      blocked_by_ids: [task.id],
    })
    const answers = [
      posted,
      made,
      await admin.in('POST', `/channels/${channel_id}/messages`, {
        content: 'hello @member-7',
        client_id: 'plans',
      }),
      await admin.in('PATCH', `/tasks/${made.body.id}`, { title: 'Two more', assignee_ids: [admin.user_id] }),
      await admin.in('POST', `/tasks/${made.body.id}/transition`, { to_status: 'in-progress' }),
      await admin.in('PUT', `/channels/${channel_id}/read`, { seq: posted.body.seq }),
      await admin.in('PATCH', `/projects/${project.id}`, { name: 'Renamed' }),
      await agent.in('POST', '/notifications/read-all'),
    ]
    const work = { task_id: made.body.id, model: 'fake-1', instructions: 'Do it.' }
    await admin.in('PATCH', '', { settings: { agent_limits: { max_concurrent_sub_agents: 1_000 } } })
    const { sub_agent, agent: helper } = await spawnSubAgent(admin, work)
    const hosted = await hostSubAgent(admin, agent, work)
    answers.push(
      await helper.in('POST', '/sub-agents/me/complete', { summary: 'Done.' }),
      await admin.in('GET', `/sub-agents/${sub_agent.id}`),
      await admin.in('POST', `/sub-agents/${hosted.sub_agent.id}/terminate`),
    )
    const over = databaseOf(server, 'app')
    await over`select set_missing_timeouts(100)`
    await over.end()
    expect(answers.map(({ status }) => status).filter((status) => status >= 300)).toEqual([])
  })
  expect(seen.length).toBeGreaterThan(10)
  expect(seen.filter(({ scanned }) => scanned.length > 0)).toEqual([])
})
