import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Org, Project, Task } from '../../src/contracts/resources.ts'
import { type Agent, addAgent, join, type Message, type Person, setUp } from '../support/client.ts'
import { runJob } from '../support/run-job.ts'
import { databaseOf, startServer, type TestServer } from '../support/server.ts'
import { SseJournal, until, WsJournal } from '../support/streams.ts'

type Listed<T> = {
  data: T[]
  pagination: { page: number; per_page: number; total: number; total_pages: number }
}

let server: TestServer
let admin: Person
let ana: Person
let ben: Person
let bot: Agent

beforeAll(async () => {
  server = await startServer({ env: { DEPLOYMENT_MODE: 'multi-tenant' } })
  admin = await setUp(server)
  ana = await join(admin, 'Ana Lima')
  ben = await join(admin, 'Ben Ode')
  bot = await addAgent(admin, 'forge')
})
afterAll(() => server.stop())

const stream = (query = '') => `${server.url}/api/v1/orgs/fieldnote/events/stream${query}`
let projects = 0
const project = async (rest: Record<string, unknown> = {}) =>
  (
    await admin.in<Project>('POST', '/projects', {
      name: `Offline sync ${++projects}`,
      type: 'software',
      ...rest,
    })
  ).body
const task = async (rest: Record<string, unknown> = {}, who: Person | Agent = ana) =>
  (await who.in<Task>('POST', '/tasks', { title: 'Resume uploads', ...rest })).body

describe('projects', () => {
  test('an administrator makes one with its channel; owner and creator are assigned', async () => {
    const made = await admin.in<Project>('POST', '/projects', {
      name: 'Reports',
      type: 'docs',
      owner_id: ana.user_id,
      links: [{ label: 'Spec', url: 'https://example.com' }],
    })
    expect(made.status).toBe(201)
    expect(made.body).toMatchObject({
      stage: 'definition',
      owner_id: ana.user_id,
      version: 1,
      task_counts: { backlog: 0, 'in-progress': 0, 'in-review': 0, complete: 0 },
    })
    expect(made.body.assigned_user_ids.toSorted()).toEqual([ana.user_id, admin.user_id].toSorted())
    const channels = await ana.in<Listed<{ id: string; project_id: string }>>('GET', '/channels')
    expect(channels.body.data.find((c) => c.id === made.body.channel_id)).toMatchObject({
      name: 'Reports',
      type: 'project',
      project_id: made.body.id,
    })
    expect((await ana.in('POST', '/projects', { name: 'x', type: 'docs' })).body).toMatchObject({
      error: { code: 'FORBIDDEN' },
    })
  })

  test('stages go one forward or any back; a refusal lists what is allowed; the end of life is final', async () => {
    const { id } = await project()
    const move = (to_stage: string) =>
      ana.in<Project>('POST', `/projects/${id}/transition`, { to_stage, comment: 'because' })
    expect((await move('development')).body).toMatchObject({
      error: { code: 'INVALID_TRANSITION', details: { allowed: ['poc'] } },
    })
    for (const stage of ['poc', 'development', 'testing', 'definition', 'poc'])
      expect((await move(stage)).body.stage as string).toBe(stage)
    expect((await move('end-of-life')).status).toBe(409)
    expect((await ana.in('DELETE', `/projects/${id}`)).status).toBe(403)
    expect((await admin.in('DELETE', `/projects/${id}`)).status).toBe(204)
    expect((await admin.in('DELETE', `/projects/${id}`)).status).toBe(204)
    expect((await move('poc')).body).toMatchObject({
      error: { code: 'INVALID_TRANSITION', details: { allowed: [] } },
    })
    const listed = await ana.in<Listed<Project>>('GET', '/projects?per_page=100')
    expect(listed.body.data.some((p) => p.id === id)).toBe(false)
    expect(
      (await ana.in<Listed<Project>>('GET', '/projects?per_page=100&include_archived=true')).body.data.some(
        (p) => p.id === id,
      ),
    ).toBe(true)
  })

  test('an edit from a stale version is refused; without a version the last writer wins per field', async () => {
    const { id, version } = await project()
    const edit = (body: unknown, headers?: Record<string, string>) =>
      ana.in<Project>('PATCH', `/projects/${id}`, body, headers)
    const first = await edit({ name: 'Renamed' }, { 'If-Match': `"${version}"` })
    expect(first.body).toMatchObject({ name: 'Renamed', version: version + 1 })
    expect(first.headers.get('etag')).toBe(`"${version + 1}"`)
    expect((await edit({ name: 'Late' }, { 'If-Match': `"${version}"` })).body).toMatchObject({
      error: { code: 'VERSION_CONFLICT', details: { version: version + 1 } },
    })
    expect((await edit({ description: 'Words' })).body).toMatchObject({
      name: 'Renamed',
      description: 'Words',
      version: version + 2,
    })
    expect((await edit({ name: 'x' }, { 'If-Match': 'seven' })).status).toBe(400)
  })

  test('K4 renaming a project also emits channel.updated, with the seq of its last message', async () => {
    const { id, channel_id } = await project()
    await admin.in('POST', `/channels/${channel_id}/messages`, { content: 'one' })
    const sse = await SseJournal.open(stream(), { Cookie: admin.cookieHeader })
    await ana.in('PATCH', `/projects/${id}`, { description: 'Words only' })
    await ana.in('PATCH', `/projects/${id}`, { name: 'Uploads' })
    await until(() => sse.ofType('channel.updated').length > 0)
    expect(sse.ofType('channel.updated').map(({ payload }) => payload.channel)).toMatchObject([
      { id: channel_id, project_id: id, name: 'Uploads', last_seq: 1, unread_count: 0 },
    ])
    await sse.close()
    expect((await admin.in('GET', `/channels/${channel_id}`)).body).toMatchObject({ name: 'Uploads' })
  })

  test('assignment opens and closes the channel, its history and its live streams, at once', async () => {
    const p = await project()
    await admin.in('POST', `/channels/${p.channel_id}/messages`, { content: 'before Ben' })
    const read = () => ben.in<{ data: Message[] }>('GET', `/channels/${p.channel_id}/messages`)
    const random = await ben.in('GET', `/channels/${crypto.randomUUID()}/messages`)
    const hidden = await read()
    expect([hidden.status, hidden.body]).toEqual([404, random.body as never])
    const sse = await SseJournal.open(stream(), { Cookie: ben.cookieHeader })
    const ws = await WsJournal.open(`${server.url}/api/v1/orgs/fieldnote/channels/ws`, {
      Cookie: ben.cookieHeader,
      Origin: server.url,
    })

    expect((await ana.in('PUT', `/projects/${p.id}/users/${ben.user_id}`)).status).toBe(403)
    expect((await admin.in('PUT', `/projects/${p.id}/users/${ben.user_id}`)).status).toBe(200)
    expect((await read()).body.data.map((m) => m.content)).toEqual(['before Ben'])
    await until(() => ws.ofType('channel_added').length === 1)
    await admin.in('POST', `/channels/${p.channel_id}/messages`, { content: 'hello Ben' })
    await until(() => ws.messages(p.channel_id).length === 1 && sse.ofType('message.created').length === 1)
    // Assigned people may assign others.
    expect((await ben.in('PUT', `/projects/${p.id}/users/${ana.user_id}`)).status).toBe(200)
    expect(
      (await ben.in<Listed<{ id: string }>>('GET', `/projects/${p.id}/users`)).body.data
        .map((u) => u.id)
        .toSorted(),
    ).toEqual([admin.user_id, ana.user_id, ben.user_id].toSorted())

    expect((await admin.in('DELETE', `/projects/${p.id}/users/${ben.user_id}`)).status).toBe(204)
    await admin.in('POST', `/channels/${p.channel_id}/messages`, { content: 'not for Ben' })
    await until(() => ws.ofType('channel_removed').length === 1)
    expect((await read()).status).toBe(404)
    ws.send({ type: 'message', channel_id: p.channel_id, content: 'let me in', client_id: 'x' })
    await until(() => ws.ofType('error').length === 1)
    expect(ws.ofType('error')[0]).toMatchObject({ client_id: 'x', error: { code: 'CHANNEL_NOT_FOUND' } })
    const replay = await SseJournal.open(stream('?last_event_id=0'), { Cookie: ben.cookieHeader })
    await until(() =>
      replay.ofType('project.user_unassigned').some((e) => (e.payload.project as Project).id === p.id),
    )
    await admin.in('POST', '/channels', { name: 'a marker' })
    await until(() =>
      replay
        .ofType('channel.created')
        .some((e) => (e.payload.channel as { name: string }).name === 'a marker'),
    )
    for (const seen of [sse, replay])
      expect(
        seen.ofType('message.created').some((e) => (e.payload.message as Message).content === 'not for Ben'),
      ).toBe(false)
    expect(
      replay.ofType('message.created').some((e) => (e.payload.message as Message).content === 'hello Ben'),
    ).toBe(false)
    expect(ws.messages(p.channel_id).map((m) => m.content)).toEqual(['hello Ben'])
    ws.close()
    await Promise.all([sse.close(), replay.close()])
  })

  test('lists filter, sort and count', async () => {
    const names = ['Zeta list', 'Alpha list', 'Mid list']
    for (const name of names)
      await project({ name, type: 'launch', owner_id: name.startsWith('A') ? ben.user_id : null })
    const list = async (query: string) =>
      (await ana.in<Listed<Project>>('GET', `/projects?type=launch&${query}`)).body
    expect((await list('sort=name&order=asc')).data.map((p) => p.name)).toEqual([
      'Alpha list',
      'Mid list',
      'Zeta list',
    ])
    expect((await list('per_page=2&page=2&sort=name&order=asc')).data.map((p) => p.name)).toEqual([
      'Zeta list',
    ])
    expect((await list('per_page=2&page=9')).pagination).toEqual({
      page: 9,
      per_page: 2,
      total: 3,
      total_pages: 2,
    })
    expect((await list('q=alpha')).data).toHaveLength(1)
    expect((await list('q=100%25')).data).toHaveLength(0)
    expect((await list(`owner_id=${ben.user_id}`)).data.map((p) => p.name)).toEqual(['Alpha list'])
    expect(
      (await ben.in<Listed<Project>>('GET', '/projects?type=launch&assigned_to=me')).body.data.map(
        (p) => p.name,
      ),
    ).toEqual(['Alpha list'])
    expect((await ana.in('GET', '/projects?assigned_to=nobody')).status).toBe(400)
    expect((await ana.in('GET', '/projects?per_page=101')).status).toBe(400)
  })
})

describe('tasks', () => {
  test('begin with the org’s defaults, and tell their assignees', async () => {
    const p = await project()
    const sse = await SseJournal.open(stream(), bot.headers)
    const made = await ana.in<Task>('POST', '/tasks', {
      title: 'Fix it',
      project_ids: [p.id],
      assignee_ids: [bot.user.id, ana.user_id],
    })
    expect(made.status).toBe(201)
    expect(made.body).toMatchObject({
      status: 'backlog',
      priority: 'medium',
      type: 'feature',
      project_ids: [p.id],
      assignee_ids: [bot.user.id, ana.user_id],
      version: 1,
      created_by: ana.user_id,
      is_blocked: false,
    })
    await until(() => sse.ofType('notification.created').length === 1)
    expect(sse.ofType('notification.created')[0]?.payload.notification).toMatchObject({
      type: 'task.assigned',
      resource: { type: 'task', id: made.body.id },
    })
    expect(sse.ofType('task.created')[0]?.payload.task).toEqual(made.body as never)
    expect((await ana.in<Project>('GET', `/projects/${p.id}`)).body.task_counts.backlog).toBe(1)
    await sse.close()
  })

  test('complete only with the evidence and without open blockers; completing unblocks', async () => {
    const blocker = await task({ title: 'Blocker' })
    const t = await task({
      required_evidence_types: ['pr_link', 'test_results'],
      blocked_by_ids: [blocker.id],
      assignee_ids: [bot.user.id],
    })
    expect(t).toMatchObject({
      is_blocked: true,
      blocked_by: [{ id: blocker.id, title: 'Blocker', status: 'backlog' }],
    })
    const move = (id: string, to_status: string, rest = {}) =>
      ana.in<Task>('POST', `/tasks/${id}/transition`, { to_status, ...rest })
    expect((await move(t.id, 'complete')).body).toMatchObject({
      error: { code: 'EVIDENCE_REQUIRED', details: { missing: ['pr_link', 'test_results'] } },
    })
    await ana.in('POST', `/tasks/${t.id}/evidence`, { type: 'pr_link', url: 'https://example.com/pr/1' })
    const evidence = [{ type: 'test_results', url: 'https://example.com/run' }]
    expect((await move(t.id, 'complete', { evidence })).body).toMatchObject({
      error: { code: 'TASK_BLOCKED', details: { blockers: [{ id: blocker.id }] } },
    })
    // What was sent with a refused transition is not kept.
    expect((await ana.in<Task>('GET', `/tasks/${t.id}`)).body.evidence).toHaveLength(1)
    const sse = await SseJournal.open(stream(), bot.headers)
    await move(blocker.id, 'complete')
    await until(() => sse.ofType('task.unblocked').length === 1)
    expect((sse.ofType('task.unblocked')[0]!.payload.task as Task).id).toBe(t.id)
    const done = await move(t.id, 'complete', { evidence })
    expect(done.body).toMatchObject({
      status: 'complete',
      evidence: [{ type: 'pr_link' }, { type: 'test_results' }],
    })
    expect(done.body.completed_at).not.toBeNull()
    expect((await move(t.id, 'backlog')).body).toMatchObject({
      error: { code: 'INVALID_TRANSITION', details: { allowed: ['in-progress'] } },
    })
    expect((await move(t.id, 'in-progress')).body).toMatchObject({
      status: 'in-progress',
      completed_at: null,
    })
    const [item] = done.body.evidence
    expect((await ana.in('DELETE', `/tasks/${t.id}/evidence/${item!.id}`)).status).toBe(204)
    expect((await ana.in('DELETE', `/tasks/${t.id}/evidence/${item!.id}`)).status).toBe(404)
    await sse.close()
  })

  test('completing one that many wait for says of each that it is free, once, but of none that waits for another', async () => {
    const [blocker, other] = [await task(), await task()]
    const waiting = await Promise.all(
      Array.from({ length: 30 }, () => task({ blocked_by_ids: [blocker.id] })),
    )
    const still = await task({ blocked_by_ids: [blocker.id, other.id] })
    const done = await task({ blocked_by_ids: [other.id] })
    const sse = await SseJournal.open(stream('?types=task.unblocked,task.transitioned'), bot.headers)
    await ana.in('POST', `/tasks/${blocker.id}/transition`, { to_status: 'complete' })
    await ana.in('POST', `/tasks/${other.id}/transition`, { to_status: 'complete' })
    await until(() => sse.ofType('task.unblocked').length >= 32)
    const freed = sse.ofType('task.unblocked').map(({ payload }) => (payload.task as Task).id)
    expect(freed.slice(0, 30).toSorted()).toEqual(waiting.map(({ id }) => id).toSorted())
    expect(freed.slice(30).toSorted()).toEqual([still.id, done.id].toSorted())
    await sse.close()
  })

  test('of two clients that race to close a circle exactly one wins, every time', async () => {
    for (let round = 0; round < 15; round++) {
      const [a, b, c] = [await task(), await task(), await task()]
      await ana.in('PUT', `/tasks/${b!.id}/dependencies/${c!.id}`)
      const answers = await Promise.all([
        ana.in('PUT', `/tasks/${a!.id}/dependencies/${b!.id}`),
        admin.in('PUT', `/tasks/${c!.id}/dependencies/${a!.id}`),
      ])
      expect(answers.map((r) => r.status).toSorted()).toEqual([200, 409])
      const refused = answers.find((r) => r.status === 409)!.body as {
        error: { code: string; details: { cycle: string[] } }
      }
      expect(refused.error.code).toBe('CIRCULAR_DEPENDENCY')
      expect(new Set(refused.error.details.cycle)).toEqual(new Set([a!.id, b!.id, c!.id]))
    }
    const lone = await task()
    expect((await ana.in('PUT', `/tasks/${lone.id}/dependencies/${lone.id}`)).status).toBe(409)
  })

  test('dependencies come and go; taking the last open one away unblocks', async () => {
    const [t, other] = [await task(), await task()]
    expect((await ana.in<Task>('PUT', `/tasks/${t.id}/dependencies/${other.id}`)).body.is_blocked).toBe(true)
    expect((await ana.in('PUT', `/tasks/${t.id}/dependencies/${other.id}`)).status).toBe(200)
    expect((await ana.in<Task>('GET', `/tasks/${other.id}`)).body.blocks.map((b) => b.id)).toEqual([t.id])
    expect((await ana.in('DELETE', `/tasks/${t.id}/dependencies/${other.id}`)).status).toBe(204)
    expect((await ana.in('DELETE', `/tasks/${t.id}/dependencies/${other.id}`)).body).toMatchObject({
      error: { code: 'DEPENDENCY_NOT_FOUND' },
    })
    const { body } = await ana.in<{ data: { type: string }[] }>('GET', `/events?task_id=${t.id}&limit=10`)
    expect(body.data.map((e) => e.type).slice(0, 3)).toEqual([
      'task.unblocked',
      'task.dependency_removed',
      'task.dependency_added',
    ])
  })

  test('an edit says what was assigned and unassigned, and moves between projects', async () => {
    const [from, to] = [await project(), await project()]
    const t = await task({ project_ids: [from.id], assignee_ids: [ben.user_id] })
    const edited = await ana.in<Task>('PATCH', `/tasks/${t.id}`, {
      title: 'New title',
      project_ids: [to.id],
      assignee_ids: [bot.user.id],
      priority: 'critical',
    })
    expect(edited.body).toMatchObject({
      title: 'New title',
      project_ids: [to.id],
      assignee_ids: [bot.user.id],
      priority: 'critical',
      version: 2,
    })
    const { body } = await ana.in<{ data: { type: string; project_ids: string[] }[] }>(
      'GET',
      `/events?task_id=${t.id}&limit=3`,
    )
    expect(body.data.map((e) => e.type)).toEqual(['task.unassigned', 'task.assigned', 'task.updated'])
    expect(body.data[2]?.project_ids.toSorted()).toEqual([from.id, to.id].toSorted())
    expect(
      (await ana.in('PATCH', `/tasks/${t.id}`, { assignee_ids: [crypto.randomUUID()] })).body,
    ).toMatchObject({ error: { code: 'USER_NOT_FOUND' } })
    expect(
      (await ana.in('PATCH', `/tasks/${t.id}`, { project_ids: [crypto.randomUUID()] })).body,
    ).toMatchObject({ error: { code: 'PROJECT_NOT_FOUND' } })
  })

  test('lists filter, sort by meaning, search and page with right totals while others write', async () => {
    const p = await project()
    const titles = ['needle in AUTH-123', 'haystack', 'another needle']
    for (const [i, title] of titles.entries())
      await task({
        title,
        project_ids: [p.id],
        priority: ['low', 'critical', 'high'][i],
        type: i === 0 ? 'bug' : 'chore',
        assignee_ids: i === 2 ? [ben.user_id] : [],
      })
    const list = async (query: string, who: Person = ana) =>
      (await who.in<Listed<Task>>('GET', `/tasks?project_id=${p.id}&${query}`)).body
    expect((await list('sort=priority&order=desc')).data.map((t) => t.priority)).toEqual([
      'critical',
      'high',
      'low',
    ])
    expect((await list('sort=title&order=asc')).data.map((t) => t.title)).toEqual([
      'another needle',
      'haystack',
      'needle in AUTH-123',
    ])
    expect((await list('q=needle')).data).toHaveLength(2)
    expect((await list('q=need auth')).data.map((t) => t.title)).toEqual(['needle in AUTH-123'])
    expect((await list('q=%27%3B drop table tasks --')).data).toHaveLength(0)
    expect((await list('type=bug')).pagination.total).toBe(1)
    expect((await list('assigned_to=me', ben)).data.map((t) => t.title)).toEqual(['another needle'])
    expect((await list('blocked=true')).pagination.total).toBe(0)
    const writing = Promise.all(
      Array.from({ length: 30 }, (_, i) => task({ title: `w${i}`, project_ids: [p.id] })),
    )
    for (let i = 0; i < 20; i++) {
      const page = await list('per_page=100')
      expect(page.data.length).toBe(page.pagination.total)
    }
    await writing
    expect((await list('per_page=100')).pagination.total).toBe(33)
  })

  test('identifiers, versions and addresses in a text are found by what they begin with, and by their parts', async () => {
    for (const [title, ...asked] of [
      ['Close MC-4711 at last', 'MC-4711', 'MC-47', '4711', 'mc-4711 close'],
      ['Ship v1.22.3', 'v1.22.3', 'v1.2', '22'],
      ['Ask pat@harbour.example', 'pat@harbour.example', 'pat@harb', 'harbour'],
      ['Mend src/upload-queue.ts', 'src/upload-queue.ts', 'queue.ts', 'src/upl'],
      ['Prüfe Straßenüberführung', 'prüfe', 'Straßenüb'],
      ['待ち行列 を直す', '待ち行列', '待ち'],
    ] as const) {
      const { id } = (await ana.in<Task>('POST', '/tasks', { title })).body
      for (const q of asked) {
        const { body } = await ana.in<Listed<Task>>('GET', `/tasks?q=${encodeURIComponent(q)}`)
        expect(
          body.data.map((task) => task.id),
          `${q} in ${title}`,
        ).toContain(id)
      }
    }
    const { body } = await ana.in<Listed<Task>>('GET', '/tasks?q=MC-4712')
    expect(body.pagination.total).toBe(0)
  })

  test('a task has 500 blockers and 500 pieces of evidence at the most', async () => {
    const full = await task({ title: 'full' })
    const spare = await task({ title: 'one too many' })
    const sql = databaseOf(server)
    const [{ org_id, created_by } = {}] = await sql<
      { org_id: string; created_by: string }[]
    >`select org_id, created_by from tasks where id = ${full.id}`
    await sql`
      with made as (
        insert into tasks (org_id, id, title, description, type, priority, status, required_evidence_types, created_by)
        select ${org_id!}, uuidv7(), 'blocker ' || n, '', 'chore', 'low', 'backlog', '{}', ${created_by!}
        from generate_series(1, 499) n returning id
      ) insert into task_dependencies (org_id, task_id, blocked_by_id) select ${org_id!}, ${full.id}, id from made`
    await sql`
      insert into task_evidence (org_id, id, task_id, type, url, added_by)
      select ${org_id!}, uuidv7(), ${full.id}, 'doc_url', 'https://docs.example.com/' || n, ${created_by!} from generate_series(1, 499) n`
    await sql.end()
    const evidence = { type: 'doc_url', url: 'https://docs.example.com/last' }
    const block = (by: Task) => ana.in<Task>('PUT', `/tasks/${full.id}/dependencies/${by.id}`)
    const last = await task({ title: 'the last one' })
    expect((await block(last)).body.blocked_by).toHaveLength(500)
    expect(await block(spare)).toMatchObject({ status: 400, body: { error: { code: 'VALIDATION_FAILED' } } })
    expect((await block(last)).status).toBe(200)
    expect((await ana.in('POST', `/tasks/${full.id}/evidence`, evidence)).status).toBe(201)
    expect((await ana.in('POST', `/tasks/${full.id}/evidence`, evidence)).status).toBe(400)
    const moved = { to_status: 'in-review', evidence: [evidence] }
    expect((await ana.in('POST', `/tasks/${full.id}/transition`, moved)).status).toBe(400)
    const after = (await ana.in<Task>('GET', `/tasks/${full.id}`)).body
    expect([after.status, after.evidence.length, after.blocked_by.length]).toEqual(['backlog', 500, 500])
  })

  test('completed tasks older than twelve months are archived by the server', async () => {
    const t = await task({ title: 'ancient' })
    await ana.in('POST', `/tasks/${t.id}/transition`, { to_status: 'complete' })
    const sql = databaseOf(server)
    await sql`update tasks set completed_at = now() - interval '13 months' where id = ${t.id}`
    await runJob(sql, 'archive_tasks')
    await sql.end()
    expect((await ana.in<Task>('GET', `/tasks/${t.id}`)).body.archived_at).not.toBeNull()
    expect((await ana.in<Listed<Task>>('GET', '/tasks?q=ancient')).body.pagination.total).toBe(0)
    expect(
      (await ana.in<Listed<Task>>('GET', '/tasks?q=ancient&include_archived=true')).body.pagination.total,
    ).toBe(1)
  })
})

describe('organizations', () => {
  async function another(slug: string): Promise<Person> {
    expect((await admin.call('POST', '/api/v1/orgs', { name: slug, slug })).status).toBe(201)
    const there = Object.assign(Object.create(Object.getPrototypeOf(admin)) as Person, admin, { org: slug })
    return there
  }

  test('settings are merged and judged whole; unknown ones are refused', async () => {
    const org = await another('settings-org')
    const patched = await org.in<Org>('PATCH', '', {
      settings: {
        task_defaults: { priority: 'high', required_evidence_types: ['doc_url'] },
        deletion_grace_period_days: 7,
        backup: { schedule_cron: '*/20 1,13 1-7 jan-mar mon' },
      },
    })
    expect(patched.body.settings).toMatchObject({
      task_defaults: { priority: 'high' },
      deletion_grace_period_days: 7,
      retention: { message_months: 12 },
    })
    expect((await org.in<Task>('POST', '/tasks', { title: 'x' })).body).toMatchObject({
      priority: 'high',
      required_evidence_types: ['doc_url'],
    })
    for (const settings of [
      { unknown: 1 },
      { retention: { years: 2 } },
      { deletion_grace_period_days: 6 },
      { connection_limits: { sse: 0 } },
      { backup: 'yes' },
      { backup: { schedule_cron: '0 24 * * *' } },
      { backup: { schedule_cron: 'at noon on every day' } },
    ])
      expect((await org.in('PATCH', '', { settings })).body, JSON.stringify(settings)).toMatchObject({
        error: { code: 'VALIDATION_FAILED' },
      })
    // Before anything is merged.
    const bytes = 64 * 1024 - '{"pad":""}'.length
    for (const [length, path] of [
      [bytes / 2, '/settings/pad'],
      [bytes / 2 + 1, '/settings'],
    ] as const) {
      const { body } = await org.in<{ error: { details: { path: string }[] } }>('PATCH', '', {
        settings: { pad: 'é'.repeat(length) },
      })
      expect(body.error.details.map((problem) => problem.path)).toEqual([path])
    }
    expect((await org.in<Org>('GET', '')).body.settings.deletion_grace_period_days).toBe(7)
  })

  test('suspended is read-only on every way in, and resumes', async () => {
    const org = await another('suspended-org')
    const { body: channels } = await org.in<Listed<{ id: string }>>('GET', '/channels')
    const channel_id = channels.data[0]!.id
    const ws = await WsJournal.open(`${server.url}/api/v1/orgs/suspended-org/channels/ws`, {
      Cookie: org.cookieHeader,
      Origin: server.url,
    })
    expect((await org.in<Org>('POST', '/suspend')).body.status).toBe('suspended')
    for (const [method, where, body] of [
      ['POST', `/channels/${channel_id}/messages`, { content: 'x' }],
      ['POST', '/tasks', { title: 'x' }],
      ['POST', '/projects', { name: 'x', type: 'docs' }],
      ['POST', '/channels', { name: 'x' }],
      ['PATCH', '', { name: 'x' }],
      ['POST', '/users', { type: 'agent', identifier: 'x', display_name: 'x', role: 'contributor' }],
    ] as const)
      expect((await org.in(method, where, body)).body, where).toMatchObject({
        error: { code: 'ORG_READ_ONLY' },
      })
    ws.send({ type: 'message', channel_id, content: 'x', client_id: 'ro' })
    await until(() => ws.ofType('error').length === 1)
    expect(ws.ofType('error')[0]).toMatchObject({ error: { code: 'ORG_READ_ONLY' } })
    expect((await org.in('GET', '/tasks')).status).toBe(200)
    expect((await org.in('PUT', `/channels/${channel_id}/read`, { seq: 0 })).status).toBe(200)
    expect((await org.in<Org>('POST', '/resume')).body.status).toBe('active')
    expect((await org.in('POST', `/channels/${channel_id}/messages`, { content: 'x' })).status).toBe(201)
    ws.close()
  })

  test('a step that its state does not allow is refused with those it does', async () => {
    const org = await another('stepping-org')
    const refused = async (step: string) => {
      const { status, body } = await org.in<{ error: { code: string; details?: unknown } }>('POST', step)
      expect([status, body.error.code]).toEqual([409, 'INVALID_TRANSITION'])
      return body.error.details
    }
    const from_active = { from: 'active', to: 'active', allowed: ['suspended', 'pending_deletion'] }
    expect(await refused('/resume')).toEqual(from_active)
    expect(await refused('/restore')).toEqual(from_active)
    await org.in('POST', '/suspend')
    expect(await refused('/restore')).toMatchObject({ allowed: ['active', 'pending_deletion'] })
    await org.in('DELETE', '', { confirm: 'stepping-org' })
    expect(await refused('/resume')).toMatchObject({ from: 'pending_deletion', allowed: ['active'] })
    await org.in('POST', '/restore')
  })

  test('deletion: a grace period that can be taken back, then everything of it is gone and nothing else', async () => {
    const org = await another('doomed-org')
    const { body: made } = await org.in<Org>('GET', '')
    const only_here = await join(org, 'Only Here')
    await org.in('POST', '/tasks', { title: 'x' })
    expect((await org.in('DELETE', '', { confirm: 'wrong' })).status).toBe(400)
    expect((await org.in('DELETE', '', { confirm: 'doomed-org' })).status).toBe(204)
    const started = await org.in<Org>('GET', '')
    expect(started.body.status).toBe('pending_deletion')
    expect(Date.parse(started.body.deletion_at!) - Date.now()).toBeGreaterThan(29 * 86_400_000)
    expect((await org.in('POST', '/tasks', { title: 'y' })).body).toMatchObject({
      error: { code: 'ORG_READ_ONLY' },
    })
    expect((await org.in<Org>('POST', '/restore')).body).toMatchObject({
      status: 'active',
      deletion_at: null,
    })
    await org.in('DELETE', '', { confirm: 'doomed-org' })
    const sse = await SseJournal.open(`${server.url}/api/v1/orgs/doomed-org/events/stream`, {
      Cookie: only_here.cookieHeader,
    })
    await until(() => sse.events.length > 0)
    const sql = databaseOf(server)
    await sql`update organizations set deletion_at = now() where id = ${made.id}`
    await sql.end()
    await server.restart()
    await until(async () => (await org.in('GET', '')).status === 404, 'the deletion')
    const again = databaseOf(server)
    const left = async () => {
      const [counted] = await again<
        { n: number }[]
      >`select count(*)::int as n from events where org_id = ${made.id}`
      return counted?.n
    }
    // Its address is free at once, its rows go in steps.
    await until(async () => (await left()) === 0, 'the last of its events')
    await again.end()
    expect((await only_here.call('GET', '/auth/me')).status).toBe(401)
    expect(
      (
        await only_here.call('POST', '/auth/password', {
          email: 'only.here@example.com',
          password: 'a quiet harbour 42',
        })
      ).status,
    ).toBe(401)
    expect((await admin.in('GET', '/tasks')).status).toBe(200)
  })

  test('a member who goes leaves its projects and tasks behind, and the log says so', async () => {
    const leaving = await join(admin, 'Leo Gone')
    const made = await admin.in<Project>('POST', '/projects', {
      name: 'Left behind',
      type: 'docs',
      owner_id: leaving.user_id,
    })
    const task = await admin.in<Task>('POST', '/tasks', {
      title: 'left behind',
      project_ids: [made.body.id],
      assignee_ids: [leaving.user_id, admin.user_id],
    })
    const stream = await SseJournal.open(`${server.url}/api/v1/orgs/${admin.org}/events/stream`, {
      Cookie: admin.cookieHeader,
    })
    expect((await admin.in('DELETE', `/users/${leaving.user_id}`)).status).toBe(204)
    const project = (await admin.in<Project>('GET', `/projects/${made.body.id}`)).body
    expect([project.owner_id, project.assigned_user_ids]).toEqual([null, [admin.user_id]])
    expect(project.version).toBe(made.body.version + 1)
    expect((await admin.in<Task>('GET', `/tasks/${task.body.id}`)).body.assignee_ids).toEqual([admin.user_id])
    await until(() => stream.events.some(({ type }) => type === 'project.updated'))
    const updated = stream.events.find(({ type }) => type === 'project.updated')
    expect(updated?.payload).toMatchObject({
      project: { id: project.id, owner_id: null },
      changed: ['owner_id'],
    })
    await stream.close()
  })

  test('an org never loses its last administrator', async () => {
    for (const [method, body] of [
      ['PATCH', { role: 'contributor' }],
      ['DELETE', undefined],
    ] as const)
      expect((await admin.in(method, `/users/${admin.user_id}`, body)).body).toMatchObject({
        error: { code: 'LAST_ADMINISTRATOR' },
      })
    await admin.in('PATCH', `/users/${ana.user_id}`, { role: 'administrator' })
    expect((await ana.in('GET', `/users/${bot.user.id}/api-keys`)).status).toBe(200)
    await admin.in('PATCH', `/users/${ana.user_id}`, { role: 'contributor' })
    expect((await ana.in('GET', `/users/${bot.user.id}/api-keys`)).status).toBe(403)
  })

  test('of two administrators that leave at once one stays, every time', async () => {
    const org = await another('two-keys')
    const second = await join(org, 'Second Key', 'administrator')
    for (let round = 0; round < 8; round++) {
      const answers = await Promise.all(
        [org, second].map((who) => who.in('PATCH', `/users/${who.user_id}`, { role: 'contributor' })),
      )
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409])
      expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({
        error: { code: 'LAST_ADMINISTRATOR' },
      })
      const [stayed, left] = answers[0]?.status === 409 ? [org, second] : [second, org]
      await stayed.in('PATCH', `/users/${left.user_id}`, { role: 'administrator' })
    }
  })

  test('a role that is taken and given back acts at once: by REST, on open streams and sockets', async () => {
    const rae = await join(admin, 'Rae Oku', 'administrator')
    const p = await project()
    const sse = await SseJournal.open(stream(), { Cookie: rae.cookieHeader })
    const ws = await WsJournal.open(`${server.url}/api/v1/orgs/fieldnote/channels/ws`, {
      Cookie: rae.cookieHeader,
      Origin: server.url,
    })
    const say = (content: string) =>
      admin.in<Message>('POST', `/channels/${p.channel_id}/messages`, { content })
    const rotate = () => admin.in('POST', `/users/${bot.user.id}/api-keys/rotate`, { grace_hours: 24 })
    const allowed = async () => [
      (await rae.in('GET', `/channels/${p.channel_id}/messages`)).status,
      (await rae.in('GET', `/users/${bot.user.id}/api-keys`)).status,
      (await rae.in<{ data: unknown[] }>('GET', '/events?type=api_key.rotated')).body.data.length > 0,
    ]
    await say('to the administrator')
    await rotate()
    await until(() => ws.messages(p.channel_id).length === 1 && sse.ofType('api_key.rotated').length === 1)
    expect(await allowed()).toEqual([200, 200, true])

    expect((await admin.in('PATCH', `/users/${rae.user_id}`, { role: 'contributor' })).status).toBe(200)
    expect(await allowed()).toEqual([404, 403, false])
    await say('not to the contributor')
    await rotate()
    await until(() => ws.ofType('channel_removed').some(({ channel_id }) => channel_id === p.channel_id))

    expect((await admin.in('PATCH', `/users/${rae.user_id}`, { role: 'administrator' })).status).toBe(200)
    expect(await allowed()).toEqual([200, 200, true])
    await until(() =>
      ws.ofType('channel_added').some(({ channel }) => (channel as { id: string }).id === p.channel_id),
    )
    await say('to the administrator again')
    await rotate()
    await until(() => ws.messages(p.channel_id).length === 2 && sse.ofType('api_key.rotated').length === 2)
    const expected = ['to the administrator', 'to the administrator again']
    const contents = (messages: { content: string }[]) => messages.map(({ content }) => content)
    expect(contents(ws.messages(p.channel_id))).toEqual(expected)
    expect(contents(sse.ofType('message.created').map(({ payload }) => payload.message as Message))).toEqual(
      expected,
    )
    expect(sse.ofType('user.role_changed')).toHaveLength(2)
    ws.close()
    await sse.close()
  })

  test('another org’s resources are as unknown as random ones, also with a key', async () => {
    const org = await another('foreign-org')
    const foreign = (await org.in<Task>('POST', '/tasks', { title: 'secret' })).body
    const random = await ana.in('GET', `/tasks/${crypto.randomUUID()}`)
    const hidden = await ana.in('GET', `/tasks/${foreign.id}`)
    expect([hidden.status, hidden.body]).toEqual([random.status, random.body])
    const outside = await fetch(`${server.url}/api/v1/orgs/foreign-org/tasks`, { headers: bot.headers })
    const nowhere = await fetch(`${server.url}/api/v1/orgs/no-such-org/tasks`, { headers: bot.headers })
    expect([outside.status, await outside.text()]).toEqual([404, await nowhere.text()])
    expect(
      (await ana.in('PUT', `/tasks/${(await task()).id}/dependencies/${foreign.id}`)).body,
    ).toMatchObject({ error: { code: 'TASK_NOT_FOUND' } })
  })
})

test('agents that answer each other are stopped after twenty messages, until a person writes', async () => {
  const other = await addAgent(admin, 'echo')
  const channel = (await admin.in<{ id: string }>('POST', '/channels', { name: 'loop' })).body.id
  const statuses: number[] = []
  for (let i = 0; i < 24; i++)
    statuses.push(
      (
        await (i % 2 ? bot : other).in('POST', `/channels/${channel}/messages`, {
          content: `echo ${i}`,
          client_id: `loop-${i}`,
        })
      ).status,
    )
  expect(statuses.filter((s) => s === 201)).toHaveLength(20)
  expect(statuses.slice(20)).toEqual([429, 429, 429, 429])
  const refused = await bot.in('POST', `/channels/${channel}/messages`, { content: 'again' })
  expect(refused.body).toMatchObject({ error: { code: 'AGENT_LOOP' } })
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(500)
  // A repeat is answered all the same.
  expect(
    (await other.in('POST', `/channels/${channel}/messages`, { content: 'echo 0', client_id: 'loop-0' }))
      .status,
  ).toBe(200)
  expect((await ana.in('POST', `/channels/${channel}/messages`, { content: 'stop it, both' })).status).toBe(
    201,
  )
  await until(
    async () => (await bot.in('POST', `/channels/${channel}/messages`, { content: 'fine' })).status === 201,
    'the brake to be lifted',
  )
  const { body } = await admin.in<{ data: { type: string }[] }>(
    'GET',
    '/events?type=channel.loop_paused&type=channel.loop_resumed',
  )
  expect(body.data.map((e) => e.type)).toEqual(['channel.loop_resumed', 'channel.loop_paused'])
})
