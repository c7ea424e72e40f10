import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Channel, Message, Org, Project, Task, User } from '../../src/contracts/resources.ts'
import { type Agent, addAgent, generalChannel, join, type Person, setUp } from '../support/client.ts'
import { contractOf, type Operation } from '../support/contract.ts'
import { failAnExport } from '../support/exports.ts'
import { failedEmail } from '../support/failed-email.ts'
import { failedJob } from '../support/failed-job.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { hostSubAgent, spawnSubAgent } from '../support/sub-agent.ts'
import { addWaysIn } from '../support/ways-in.ts'

/** What the API promises of every route alike. */

interface Listed<T = { id: string }> {
  data: T[]
  pagination: { page: number; per_page: number; total: number; total_pages: number }
}
interface Refused {
  error: { code: string; details?: { path: string }[] }
}

let server: TestServer
let admin: Person
let ana: Person
let bot: Agent
let general: string
let project: Project
let task: Task
let sub_agent_id: string
let email_id: string
let job_id: string

beforeAll(async () => {
  server = await startServer({ env: { DEPLOYMENT_MODE: 'multi-tenant' } })
  admin = await setUp(server)
  ana = await join(admin, 'Ana Lima')
  bot = await addAgent(admin, 'forge')
  general = (await generalChannel(admin)).id
  email_id = await failedEmail(server, admin.org, ana.user_id)
  job_id = await failedJob(server, admin.org)
  await failAnExport(server, admin)
  await addWaysIn(server, admin)
  await admin.in('POST', '/scim-tokens', { name: 'Directory' })
  await admin.in('POST', `/channels/${general}/messages`, { content: '@forge hello' })
  await bot.in('POST', `/channels/${general}/messages/1/deliveries`, { state: 'queued' })
  await bot.in('POST', `/channels/${general}/messages`, { content: '@ines-carvalho hello' })
  project = (await admin.in<Project>('POST', '/projects', { name: 'Offline sync', type: 'software' })).body
  task = (await admin.in<Task>('POST', '/tasks', { title: 'Resume', project_ids: [project.id] })).body
  sub_agent_id = (await hostSubAgent(admin, bot, { task_id: task.id })).sub_agent.id
})
afterAll(() => server.stop())

/** The path of an operation with what it names filled in. */
function filled(path: string): string {
  const ids: Record<string, string> = {
    org_slug: admin.org,
    project_id: project.id,
    task_id: task.id,
    channel_id: general,
    user_id: bot.user.id,
    agent_id: bot.user.id,
    sub_agent_id,
    seq: '1',
    email_id,
    job: job_id,
  }
  return path.replace(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? `no ${name}`)
}

async function operations(method: string): Promise<[string, Operation][]> {
  const { document } = await contractOf(server.url)
  return Object.entries(document.paths).flatMap(([path, of]) => (of[method] ? [[path, of[method]]] : []))
}

/** Fields of an operation's good answer. */
function fieldsOf(operation: Operation): Record<string, unknown> {
  const schema = operation.responses[200]?.content?.['application/json']?.schema
  return (schema as { properties?: Record<string, unknown> } | undefined)?.properties ?? {}
}

/** A list that people do not have. */
const OF_AGENT = '/users/me/deliveries'

/** What a list must be asked for. */
const required = (path: string) => (path.endsWith('/search') ? 'q=resume&' : '')

describe('every list', () => {
  test('is numbered pages of at most 100, or has a cursor', async () => {
    const lists = (await operations('get')).filter(([, operation]) => 'data' in fieldsOf(operation))
    expect(lists.length).toBeGreaterThanOrEqual(9)
    for (const [path, operation] of lists) {
      const names = operation.parameters?.map(({ name }) => name) ?? []
      if ('next_cursor' in fieldsOf(operation)) {
        expect([path, names.includes('cursor'), names.includes('limit')]).toEqual([path, true, true])
        continue
      }
      expect([path, 'pagination' in fieldsOf(operation)]).toEqual([path, true])
      const ask = async (query: string) => {
        const { status, body } = path.endsWith(OF_AGENT)
          ? await bot.in<Listed & Refused>('GET', `${OF_AGENT}?${query}`)
          : await admin.call<Listed & Refused>('GET', `${filled(path)}?${required(path)}${query}`)
        return { status, code: body.error?.code, rows: body.data?.length, ...body.pagination }
      }
      for (const query of ['per_page=0', 'per_page=101', 'per_page=x', 'page=0', 'page=-1', 'page=1.5'])
        expect({ path, query, ...(await ask(query)) }).toMatchObject({
          path,
          query,
          code: 'VALIDATION_FAILED',
        })
      const whole = await ask('')
      expect({ path, ...whole }).toMatchObject({ path, page: 1, per_page: 25 })
      const { total = 0 } = whole
      expect<unknown>([path, await ask('page=1&per_page=1')]).toEqual([
        path,
        { status: 200, code: undefined, rows: 1, page: 1, per_page: 1, total, total_pages: total },
      ])
      expect<unknown>([path, await ask('page=9000&per_page=100')]).toEqual([
        path,
        { status: 200, code: undefined, rows: 0, page: 9000, per_page: 100, total, total_pages: 1 },
      ])
    }
  })

  test('of nothing has no pages', async () => {
    expect((await admin.in<Listed>('GET', '/tasks?q=unheard')).body).toEqual({
      data: [],
      pagination: { page: 1, per_page: 25, total: 0, total_pages: 0 },
    })
  })

  test('shows each channel and each organization once, page by page', async () => {
    for (let i = 0; i < 4; i++) {
      await admin.in('POST', '/channels', { name: `Channel ${i}` })
      await admin.call('POST', '/api/v1/orgs', { name: `Org ${i}`, slug: `org-${i}` })
    }
    for (const path of [filled('/api/v1/orgs/{org_slug}/channels'), '/api/v1/orgs']) {
      const whole = (await admin.call<Listed>('GET', path)).body
      const seen: string[] = []
      for (let page = 1; page <= 4; page++) {
        const { body } = await admin.call<Listed>('GET', `${path}?per_page=2&page=${page}`)
        seen.push(...body.data.map(({ id }) => id))
        expect(body.pagination.total).toBe(whole.pagination.total)
      }
      expect(seen).toEqual(whole.data.map(({ id }) => id))
    }
    const { body } = await admin.call<Listed<Org>>('GET', '/api/v1/orgs')
    for (const org of body.data)
      expect(org).toEqual((await admin.call<Org>('GET', `/api/v1/orgs/${org.slug}`)).body)
    expect((await bot.in<User>('GET', '/users/me')).status).toBe(200)
    const own = await fetch(`${server.url}/api/v1/orgs`, { headers: bot.headers })
    expect(((await own.json()) as Listed<Org>).data.map(({ slug, role }) => [slug, role])).toEqual([
      [admin.org, 'contributor'],
    ])
  })
})

describe('an id in capitals is the same id', () => {
  const up = (id: string) => id.toUpperCase()

  test('in bodies', async () => {
    const made = await admin.in<Project>('POST', '/projects', {
      name: 'Capitals',
      type: 'docs',
      owner_id: up(ana.user_id),
      assigned_user_ids: [up(bot.user.id), bot.user.id],
    })
    expect([made.body.owner_id, made.body.assigned_user_ids]).toEqual([
      ana.user_id,
      [ana.user_id, admin.user_id, bot.user.id],
    ])
    const waiting = await admin.in<Task>('POST', '/tasks', {
      title: 'Capitals',
      project_ids: [up(made.body.id), made.body.id],
      assignee_ids: [up(ana.user_id), ana.user_id],
      blocked_by_ids: [task.id, up(task.id)],
    })
    expect([waiting.status, waiting.body.project_ids, waiting.body.assignee_ids]).toEqual([
      201,
      [made.body.id],
      [ana.user_id],
    ])
    expect(waiting.body.blocked_by.map(({ id }) => id)).toEqual([task.id])
    const said = await admin.in<Message>('POST', `/channels/${general}/messages`, {
      content: up(task.id),
      mentions: [up(bot.user.id)],
    })
    expect([said.body.content, said.body.mentions]).toEqual([up(task.id), [bot.user.id]])
    const topic = { topic_type: 'task', topic_id: up(task.id) }
    expect((await ana.in('PUT', '/subscriptions', { mode: 'topics', topics: [topic] })).body).toEqual({
      mode: 'topics',
      topics: [{ topic_type: 'task', topic_id: task.id }],
    })
    const everything = { mode: 'all', topics: [] }
    expect((await ana.in('PUT', '/subscriptions', { mode: 'all' })).body).toEqual(everything)
    expect((await ana.in('GET', '/subscriptions')).body).toEqual(everything)
  })

  test('in paths and queries', async () => {
    expect((await ana.in<Task>('GET', `/tasks/${up(task.id)}`)).body.id).toBe(task.id)
    const { body } = await ana.in<Listed>('GET', `/tasks?project_id=${up(project.id)}`)
    expect(body.data.map(({ id }) => id)).toEqual([task.id])
  })
})

test('JSON of ten levels is read, of eleven refused where it gets too deep', async () => {
  const refusedAt = async (levels: number) => {
    let settings: unknown = 'deep'
    for (let level = 1; level < levels; level++) settings = level % 2 ? { a: settings } : [settings]
    const { body } = await admin.in<Refused>('PATCH', '', { settings })
    return body.error.details?.[0]
  }
  expect(await refusedAt(10)).toMatchObject({ path: '/settings/a', message: 'There is no such field.' })
  for (const levels of [11, 12, 400])
    expect(await refusedAt(levels)).toMatchObject({ message: 'Nested deeper than 10 levels.' })
})

describe('times in a query', () => {
  test('are ISO 8601 with a zone, or a date', async () => {
    for (const time of [
      '2026-02-28',
      '2026-02-28T23:59Z',
      '2026-02-28T23:59:59.123Z',
      '2024-02-29T00:00:00-14:00',
    ])
      expect([time, (await admin.in('GET', `/events?from=${time}&limit=1`)).status]).toEqual([time, 200])
  })

  test('that are none, or beyond what the database knows, are refused', async () => {
    for (const time of [
      'yesterday',
      '1',
      'Mar 7',
      '2026-02-30T00:00:00Z',
      '2026-13-01',
      '2026-01-01T25:00:00Z',
      '2026-01-01T00:00:00',
      '0000-01-01T00:00:00Z',
      '-000001-01-01T00:00:00Z',
      '+275760-09-13T00:00:00.000Z',
      '9999-12-31T23:59:59Z',
    ])
      for (const name of ['from', 'to']) {
        const { status, body } = await admin.in<Refused>('GET', `/events?${name}=${encodeURIComponent(time)}`)
        expect([time, status, body.error.details]).toEqual([
          time,
          400,
          [{ path: `/${name}`, message: 'Must be a time of ISO 8601 with its zone, or a date.' }],
        ] as never)
      }
  })
})

test('If-Match takes a version in quotes, weak or bare; what is none is refused, and no version is that long', async () => {
  const edit = async (version: string) =>
    (await ana.in('PATCH', `/tasks/${task.id}`, { priority: 'high' }, { 'If-Match': version })).status
  const current = async () => (await ana.in<Task>('GET', `/tasks/${task.id}`)).body.version
  for (const form of [(v: number) => `"${v}"`, (v: number) => `W/"${v}"`, (v: number) => `${v}`, () => '*'])
    expect(await edit(form(await current()))).toBe(200)
  expect(await edit('"1"')).toBe(412)
  expect(await edit(`"${'9'.repeat(30)}"`)).toBe(412)
  for (const none of ['', '""', '"x"', '"1', '"1", "2"', '-1', '1.5'])
    expect([none, await edit(none)]).toEqual([none, 400])
})

test('If-Match is honoured by every operation that changes a task or a project: a stale one changes nothing', async () => {
  const blocker = (await admin.in<Task>('POST', '/tasks', { title: 'Blocker' })).body
  const blocked = (await admin.in<Task>('POST', '/tasks', { title: 'Blocked' })).body
  const moved = (await admin.in<Project>('POST', '/projects', { name: 'Moved', type: 'docs' })).body
  const link = { type: 'doc_url', url: 'https://docs.example.com/if-match' }
  let evidence_id = ''
  // In this order: what comes later takes back what an earlier one did.
  const WRITES: [method: string, path: string, body?: unknown][] = [
    ['PATCH', '/tasks/{task_id}', { title: 'Edited' }],
    ['POST', '/tasks/{task_id}/transition', { to_status: 'in-progress' }],
    ['PUT', '/tasks/{task_id}/dependencies/{blocked_by_id}'],
    ['DELETE', '/tasks/{task_id}/dependencies/{blocked_by_id}'],
    ['POST', '/tasks/{task_id}/evidence', link],
    ['DELETE', '/tasks/{task_id}/evidence/{evidence_id}'],
    ['PATCH', '/projects/{project_id}', { description: 'Edited' }],
    ['POST', '/projects/{project_id}/transition', { to_stage: 'poc' }],
    ['PUT', '/projects/{project_id}/users/{user_id}'],
    ['DELETE', '/projects/{project_id}/users/{user_id}'],
    ['DELETE', '/projects/{project_id}'],
  ]
  const documented = (await Promise.all(['patch', 'post', 'put', 'delete'].map(operations))).flat()
  const with_precondition = documented.filter(([, { responses }]) => responses[412]).map(([path]) => path)
  const of_versioned = documented.map(([path]) => path).filter((path) => /\{(task|project)_id\}/.test(path))
  expect(with_precondition).toEqual(of_versioned)
  expect(WRITES).toHaveLength(of_versioned.length)

  for (const [method, path, body] of WRITES) {
    const ids: Record<string, string> = {
      task_id: blocked.id,
      project_id: moved.id,
      blocked_by_id: blocker.id,
      user_id: ana.user_id,
      evidence_id,
    }
    const address = path.replace(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? '')
    const whole = path.startsWith('/tasks') ? `/tasks/${blocked.id}` : `/projects/${moved.id}`
    const before = await admin.in<Task>('GET', whole)
    const send = (version: number) =>
      admin.in<{ id: string }>(method, address, body, { 'If-Match': `"${version}"` })
    const stale = await send(before.body.version + 1)
    expect([method, path, stale.status]).toEqual([method, path, 412])
    expect(stale.body).toMatchObject({
      error: { code: 'VERSION_CONFLICT', details: { version: before.body.version } },
    })
    expect((await admin.in<Task>('GET', whole)).body).toEqual(before.body)
    const done = await send(before.body.version)
    expect([method, path, done.status < 300]).toEqual([method, path, true])
    if (path.endsWith('/evidence')) evidence_id = done.body.id
  }
})

describe('an Idempotency-Key', () => {
  type Send = {
    body?: unknown
    other: unknown
    status: number
    /** Instead of the administrator. */
    by?: Agent
    /** The request ends the key that it came with: a repeat has none. */
    ends_key?: true
    secret?: string
    /** The member in the path, if it is not the usual one. */
    user_id?: string
    sub_agent_id?: string
  }
  /** A good request for every POST of the API, and another one that the same key does not fit. */
  const POSTS: Record<string, () => Send | Promise<Send>> = {
    '/api/v1/orgs': () => ({
      body: { name: 'Once', slug: 'once' },
      other: { name: 'No', slug: 'no-no' },
      status: 201,
    }),
    '/restore': async () => {
      await admin.in('DELETE', '', { confirm: admin.org })
      return { other: {}, status: 200 }
    },
    '/suspend': () => ({ other: {}, status: 200 }),
    '/resume': () => ({ other: {}, status: 200 }),
    '/users': () => {
      const body = { type: 'human', email: 'once@example.com', display_name: 'Once', role: 'contributor' }
      return { body, other: { ...body, role: 'administrator' }, status: 201, secret: 'invite_url' }
    },
    '/users/{user_id}/invite': async () => {
      const body = { type: 'human', email: 'late@example.com', display_name: 'Late', role: 'contributor' }
      const { body: invited } = await admin.in<{ id: string }>('POST', '/users', body)
      return { other: {}, status: 201, secret: 'invite_url', user_id: invited.id }
    },
    '/users/{user_id}/sign-in-link': () => ({
      other: {},
      status: 201,
      secret: 'sign_in_url',
      user_id: ana.user_id,
    }),
    '/users/{user_id}/api-keys/rotate': () => ({
      body: { grace_hours: 24 },
      other: { grace_hours: 0 },
      status: 201,
      secret: 'api_key',
    }),
    '/projects': () => ({
      body: { name: 'Once', type: 'docs' },
      other: { name: 'Twice', type: 'docs' },
      status: 201,
    }),
    '/projects/{project_id}/transition': () => ({
      body: { to_stage: 'poc' },
      other: { to_stage: 'development' },
      status: 200,
    }),
    '/tasks': () => ({ body: { title: 'Once' }, other: { title: 'Twice' }, status: 201 }),
    '/tasks/{task_id}/transition': () => ({
      body: { to_status: 'in-progress' },
      other: { to_status: 'in-review' },
      status: 200,
    }),
    '/tasks/{task_id}/evidence': () => {
      const body = { type: 'doc_url', url: 'https://docs.example.com/once' }
      return { body, other: { ...body, type: 'test_results' }, status: 201 }
    },
    '/exports': () => ({ other: {}, status: 201 }),
    '/scim-tokens': () => ({
      body: { name: 'Once' },
      other: { name: 'Twice' },
      status: 201,
      secret: 'token',
    }),
    '/notifications/read-all': () => ({ body: {}, other: { up_to: 1 }, status: 200 }),
    '/sub-agents': () => {
      const body = { task_id: task.id, model: 'fake-1', instructions: 'Once.' }
      return { body, other: { ...body, model: 'fake-2' }, status: 201, secret: 'ephemeral_api_key' }
    },
    '/sub-agents/{sub_agent_id}/key': async () => ({
      other: {},
      status: 201,
      by: bot,
      secret: 'api_key',
      sub_agent_id: (await hostSubAgent(admin, bot, { task_id: task.id })).sub_agent.id,
    }),
    '/sub-agents/{sub_agent_id}/terminate': async () => ({
      body: { reason: 'once' },
      other: { reason: 'twice' },
      status: 200,
      sub_agent_id: (await hostSubAgent(admin, bot, { task_id: task.id })).sub_agent.id,
    }),
    '/sub-agents/me/complete': async () => ({
      body: { summary: 'once' },
      other: { summary: 'twice' },
      status: 200,
      by: (await spawnSubAgent(admin, { task_id: task.id })).agent,
      ends_key: true,
    }),
    '/emails/{email_id}/resend': () => ({ other: {}, status: 200 }),
    '/jobs/{job}/retry': () => ({ other: {}, status: 200 }),
    '/channels': () => ({ body: { name: 'Once more' }, other: { name: 'Twice' }, status: 201 }),
    '/channels/{channel_id}/messages': () => ({
      body: { content: 'once' },
      other: { content: 'twice' },
      status: 201,
    }),
    '/channels/{channel_id}/messages/{seq}/deliveries/{agent_id}/retry': async () => {
      await bot.in('POST', `/channels/${general}/messages/1/deliveries`, { state: 'failed' })
      return { other: {}, status: 200 }
    },
    '/channels/{channel_id}/messages/{seq}/deliveries': () => ({
      body: { state: 'working', detail: 'once' },
      other: { state: 'answered' },
      status: 200,
      by: bot,
    }),
  }

  test('answers the first answer again on every POST, hides what is secret, and fits one body only', async () => {
    const posts = (await operations('post'))
      .map(([path]) => path)
      .filter((path) => path.startsWith('/api/v1/'))
    const short = (path: string) => path.replace('/api/v1/orgs/{org_slug}', '')
    expect(posts.map(short).toSorted()).toEqual(Object.keys(POSTS).toSorted())
    // Suspended before it is resumed.
    const order = Object.keys(POSTS)
    for (const path of posts.toSorted((a, b) => order.indexOf(short(a)) - order.indexOf(short(b)))) {
      const { body, other, status, by, secret, ends_key, ...named } = await POSTS[short(path)]!()
      const send = async (content: unknown) => {
        const headers = { 'Idempotency-Key': 'the same for all' }
        const url = filled(
          path.replace(/\{(user_id|sub_agent_id)\}/, (all, name: keyof typeof named) => named[name] ?? all),
        )
        return by
          ? await by.in<Record<string, unknown>>(
              'POST',
              url.replace(`/api/v1/orgs/${by.org}`, ''),
              content,
              headers,
            )
          : await admin.call<Record<string, unknown>>('POST', url, content, headers)
      }
      const first = await send(body)
      expect([path, first.status, first.headers.get('idempotent-replay')]).toEqual([path, status, null])
      if (ends_key) {
        expect([path, (await send(body)).status]).toEqual([path, 401])
        continue
      }
      for (let i = 0; i < 2; i++) {
        const again = await send(body)
        expect([path, again.status, again.headers.get('idempotent-replay')]).toEqual([path, status, 'true'])
        expect(again.body).toEqual(secret ? { ...first.body, [secret]: null } : first.body)
      }
      if (secret) expect(first.body[secret]).toBeString()
      // An operation without a body has no other one.
      if (body !== undefined) {
        const refused = await send(other)
        expect([path, refused.status, refused.body]).toEqual([
          path,
          409,
          { error: expect.objectContaining({ code: 'IDEMPOTENCY_CONFLICT' }) } as never,
        ])
      }
    }
  })

  test('is answered in a read-only organization too, and does nothing there', async () => {
    const headers = { 'Idempotency-Key': 'before the suspension' }
    const create = () => admin.in<Task>('POST', '/tasks', { title: 'Once more' }, headers)
    const post = () =>
      bot.in<Message>('POST', `/channels/${general}/messages`, { content: 'once more' }, headers)
    const report = () =>
      bot.in('POST', `/channels/${general}/messages/2/deliveries`, { state: 'queued' }, headers)
    const first = [await create(), await post(), await report()]
    const last_seq = async () => (await bot.in<Channel>('GET', `/channels/${general}`)).body.last_seq
    const before = await last_seq()
    await admin.in('POST', '/suspend')
    const again = [await create(), await post(), await report()]
    expect(again.map(({ status, body }) => ({ status, body }))).toEqual(
      first.map(({ status, body }) => ({ status, body })),
    )
    const fresh = { 'Idempotency-Key': 'after the suspension' }
    for (const refused of [
      await admin.in<Refused>('POST', '/tasks', { title: 'New' }, fresh),
      await bot.in<Refused>('POST', `/channels/${general}/messages`, { content: 'new' }, fresh),
      await bot.in<Refused>('POST', `/channels/${general}/messages/2/deliveries`, { state: 'queued' }, fresh),
    ])
      expect([refused.status, refused.body.error.code]).toEqual([409, 'ORG_READ_ONLY'])
    expect(await last_seq()).toBe(before)
    await admin.in('POST', '/resume')
  })

  test('at once ten times has one effect', async () => {
    const headers = { 'Idempotency-Key': 'ten at once' }
    const made = await Promise.all(
      Array.from({ length: 10 }, () => admin.in<Task>('POST', '/tasks', { title: 'Ten' }, headers)),
    )
    expect(new Set(made.map(({ status, body }) => `${status} ${body.id}`)).size).toBe(1)
    const reports = await Promise.all(
      Array.from({ length: 10 }, () =>
        bot.in<{ updated_at: string }>(
          'POST',
          `/channels/${general}/messages/1/deliveries`,
          { state: 'answered' },
          headers,
        ),
      ),
    )
    expect(new Set(reports.map(({ status, body }) => `${status} ${body.updated_at}`)).size).toBe(1)
  })

  test('has 1 to 128 characters', async () => {
    const send = async (key: string) =>
      (await admin.in('POST', '/tasks', { title: 'x' }, { 'Idempotency-Key': key })).status
    expect([await send('k'.repeat(128)), await send('k'.repeat(129)), await send('')]).toEqual([
      201, 400, 400,
    ])
  })
})

test('an answer to no message is refused by its code', async () => {
  const content = { content: 'And?', reply_to: crypto.randomUUID() }
  const { status, body } = await admin.in<{ error: { code: string } }>(
    'POST',
    `/channels/${general}/messages`,
    content,
  )
  expect([status, body.error.code]).toEqual([404, 'MESSAGE_NOT_FOUND'])
})

test('a reserved address is refused by the name of its field', async () => {
  const { body } = await admin.call<Refused>('POST', '/api/v1/orgs', { name: 'x', slug: 'metrics' })
  expect(body.error.details?.map(({ path }) => path)).toEqual(['/slug'])
})
