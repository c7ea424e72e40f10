import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Channel, Notification, Project, Task } from '../../src/contracts/resources.ts'
import {
  type Agent,
  addAgent,
  generalChannel,
  join,
  type Message,
  type Person,
  setUp,
} from '../support/client.ts'
import { runJob } from '../support/run-job.ts'
import { databaseOf, startServer, type TestServer } from '../support/server.ts'
import { SseJournal, until } from '../support/streams.ts'

type Member = Person | Agent
type Listed = { data: Notification[]; pagination: { total: number } }

let server: TestServer
let admin: Person
let ana: Person
let ben: Person
let bot: Agent
let general: Channel

beforeAll(async () => {
  server = await startServer()
  admin = await setUp(server)
  ana = await join(admin, 'Ana Lima')
  ben = await join(admin, 'Ben Ode')
  bot = await addAgent(admin, 'forge')
  general = await generalChannel(admin)
})
afterAll(() => server.stop())

const list = async (who: Member, query = '') => (await who.in<Listed>('GET', `/notifications${query}`)).body
const unread = async (who: Member) => (await list(who, '?unread=true')).data
/** Starts everybody without unread notifications. */
const clean = async () => {
  for (const who of [admin, ana, ben, bot]) await who.in('POST', '/notifications/read-all')
}
/** What is new for each: `type title`. */
const news = async (...members: Member[]) =>
  await Promise.all(
    members.map(async (who) => (await unread(who)).map(({ type, title }) => `${type} ${title}`)),
  )
const stream = (who: Person, query = '') =>
  SseJournal.open(`${server.url}/api/v1/orgs/${who.org}/events/stream${query}`, { Cookie: who.cookieHeader })

const make = async <T>(who: Member, path: string, body: unknown): Promise<T> => {
  const { status, body: made } = await who.in<T>('POST', path, body)
  if (status >= 300) throw new Error(`${status} ${JSON.stringify(made)}`)
  return made
}
const newTask = (who: Member, title: string, rest: object = {}) =>
  make<Task>(who, '/tasks', { title, ...rest })
const move = (who: Member, { id }: Task, to_status: string) =>
  make<Task>(who, `/tasks/${id}/transition`, { to_status })
let projects = 0
const newProject = (rest: object = {}) =>
  make<Project>(admin, '/projects', { name: `Harbour ${++projects}`, type: 'docs', ...rest })
const say = (who: Member, content: string, channel_id = general.id, rest: object = {}) =>
  make<Message>(who, `/channels/${channel_id}/messages`, { content, ...rest })

describe('T1 who is notified', () => {
  test('T1 of an assignment: each new assignee, at creation and by a change', async () => {
    await clean()
    const task = await newTask(admin, 'Paint', { assignee_ids: [ana.user_id, bot.user.id] })
    const assigned = 'task.assigned “Paint” was assigned to you'
    expect(await news(admin, ana, ben, bot)).toEqual([[], [assigned], [], [assigned]])
    await ana.in('PATCH', `/tasks/${task.id}`, { assignee_ids: [ana.user_id, ben.user_id] })
    expect(await news(admin, ana, ben, bot)).toEqual([[], [assigned], [assigned], [assigned]])
    expect((await unread(ben))[0]).toMatchObject({
      type: 'task.assigned',
      resource: { type: 'task', id: task.id, channel_id: null, seq: null },
      read_at: null,
    })
  })

  test('T1 of a transition and of the end of the last blocker: the assignees', async () => {
    const blocker = await newTask(admin, 'Dredge')
    const task = await newTask(admin, 'Moor', { assignee_ids: [ana.user_id], blocked_by_ids: [blocker.id] })
    await clean()
    await move(ben, task, 'in-progress')
    await move(bot, blocker, 'complete')
    expect(await news(admin, ana, ben, bot)).toEqual([
      [],
      ['task.unblocked “Moor” is not blocked any more', 'task.transitioned “Moor” is in-progress'],
      [],
      [],
    ])
  })

  test('T1 of a mention: by name, by id, and of an agent; its place is the message', async () => {
    await clean()
    const message = await say(ben, 'look, @ana-lima and @forge', general.id, { mentions: [admin.user_id] })
    const mentioned = 'message.mention Ben Ode mentioned you'
    expect(await news(admin, ana, ben, bot)).toEqual([[mentioned], [mentioned], [], [mentioned]])
    const { id, channel_id, seq } = message
    expect((await unread(ana))[0]?.resource).toEqual({ type: 'message', id, channel_id, seq })
  })

  test('T1 of a project’s transition and end: owner and assigned members', async () => {
    const project = await newProject({ owner_id: ana.user_id, assigned_user_ids: [ben.user_id] })
    await clean()
    await make(admin, `/projects/${project.id}/transition`, { to_stage: 'poc' })
    await admin.in('DELETE', `/projects/${project.id}`)
    const told = [
      `project.transitioned ${project.name} is at the end of its life`,
      `project.transitioned ${project.name} is in poc`,
    ]
    expect(await news(admin, ana, ben, bot)).toEqual([[], told, told, []])
  })
})

describe('T2 who is not notified', () => {
  test('T2 the principal of the action', async () => {
    await clean()
    const task = await newTask(ana, 'Mine', { assignee_ids: [ana.user_id] })
    await move(ana, task, 'in-progress')
    await say(ana, 'note to @ana-lima')
    const project = await newProject({ owner_id: admin.user_id })
    await make(admin, `/projects/${project.id}/transition`, { to_stage: 'poc' })
    expect(await news(admin, ana, ben, bot)).toEqual([[], [], [], []])
  })

  test('T2 members that may not read the message, that it leaves out, and names in code', async () => {
    const project = await newProject({ assigned_user_ids: [ben.user_id] })
    await clean()
    const hidden = await say(ben, 'here @ana-lima', project.channel_id)
    expect(hidden.ignored_mentions).toEqual([ana.user_id])
    await say(ben, 'and @ana-lima', general.id, { leave_out: [ana.user_id] })
    await say(ben, 'run `@ana-lima`')
    expect(await news(ana)).toEqual([[]])
  })

  test('T2 those who are no longer assigned, and other assignees of an assignment', async () => {
    const task = await newTask(admin, 'Swap', { assignee_ids: [ana.user_id] })
    await admin.in('PATCH', `/tasks/${task.id}`, { assignee_ids: [ben.user_id] })
    await clean()
    await move(admin, task, 'in-progress')
    expect(await news(ana, ben)).toEqual([[], ['task.transitioned “Swap” is in-progress']])
  })

  test('T2 a member who was removed', async () => {
    const gone = await join(admin, 'Gus Gone')
    const task = await newTask(admin, 'Left', { assignee_ids: [gone.user_id] })
    await admin.in('DELETE', `/users/${gone.user_id}`)
    await clean()
    expect((await say(admin, 'where is @gus-gone')).mentions).toEqual([])
    await move(admin, task, 'in-progress')
    expect((await gone.in('GET', '/notifications')).status).toBe(404)
  })

  test('T2 events that are no business of theirs: fields, evidence, dependencies, messages', async () => {
    const task = await newTask(admin, 'Quiet', { assignee_ids: [ana.user_id] })
    await clean()
    await admin.in('PATCH', `/tasks/${task.id}`, { title: 'Quieter', priority: 'high' })
    await admin.in('POST', `/tasks/${task.id}/evidence`, { type: 'doc_url', url: 'https://example.com/1' })
    await admin.in('PUT', `/tasks/${task.id}/dependencies/${(await newTask(admin, 'First')).id}`)
    await say(admin, 'ana-lima without the sign, ana@ana-lima.example')
    expect(await news(ana, ben)).toEqual([[], []])
  })
})

describe('T3 with their event', () => {
  test('T3 live after it, without an id; replayed with the reading as it is stored', async () => {
    await clean()
    const live = await stream(ana)
    const from = (await admin.in<{ next_cursor: string }>('GET', '/events?limit=1')).body.next_cursor
    await newTask(admin, 'One', { assignee_ids: [ana.user_id] })
    await newTask(admin, 'Two', { assignee_ids: [ana.user_id] })
    await until(() => live.ofType('notification.created').length === 2)
    const order = live.frames.flatMap<unknown>(({ id, data }) =>
      data && 'sequence' in data ? [[data.type, data.sequence === null ? null : id?.includes('.')]] : [],
    )
    const each = [
      ['task.created', true],
      ['task.assigned', true],
      ['notification.created', null],
    ]
    expect(order).toEqual([...each, ...each])
    const [first] = live.ofType('notification.created')
    const { notification } = first!.payload
    expect(live.ofType('task.assigned')[0]?.sequence).toBe(notification.event_sequence)
    const read = await ana.in<Notification>('PUT', `/notifications/${notification.id}/read`)
    const listed = (await list(ana)).data.slice(0, 2).toReversed()
    expect(listed[0]).toEqual(read.body)

    await server.restart()
    const log = from.split('.')[0]
    const replayed = await stream(ana, `?last_event_id=${log}.${notification.event_sequence - 2}`)
    await until(() => replayed.ofType('notification.created').length === 2)
    expect(replayed.ofType('notification.created').map(({ payload }) => payload.notification)).toEqual(listed)
    expect(replayed.problems).toEqual([])
    await live.close()
    await replayed.close()
  })

  test('T3 a command that is refused or repeated notifies nobody', async () => {
    await clean()
    const key = { 'Idempotency-Key': 'one assignment' }
    const body = { title: 'Once', assignee_ids: [ana.user_id] }
    await admin.in('POST', '/tasks', body, key)
    expect((await admin.in('POST', '/tasks', body, key)).headers.get('idempotent-replay')).toBe('true')
    const refused = await newTask(admin, 'No', {
      required_evidence_types: ['pr_link'],
      assignee_ids: [ana.user_id],
    })
    expect(
      (await admin.in('POST', `/tasks/${refused.id}/transition`, { to_status: 'complete' })).status,
    ).toBe(409)
    const said = { content: '@ana-lima once', client_id: 'once' }
    for (let i = 0; i < 2; i++) await admin.in('POST', `/channels/${general.id}/messages`, said)
    expect((await news(ana))[0]).toEqual([
      'message.mention Ines Carvalho mentioned you',
      'task.assigned “No” was assigned to you',
      'task.assigned “Once” was assigned to you',
    ])
  })
})

describe('the list', () => {
  test('T4 is the caller’s own, newest first, page by page, all or unread', async () => {
    await clean()
    const before = (await list(ben)).pagination.total
    for (let i = 1; i <= 5; i++) await newTask(admin, `Task ${i}`, { assignee_ids: [ben.user_id] })
    const titles = ({ data }: Listed) => data.map(({ title }) => title.slice(1, 7))
    expect(titles(await list(ben, '?per_page=3'))).toEqual(['Task 5', 'Task 4', 'Task 3'])
    expect(titles(await list(ben, '?per_page=3&page=2')).slice(0, 2)).toEqual(['Task 2', 'Task 1'])
    expect((await list(ben)).pagination.total).toBe(before + 5)
    await ben.in('PUT', `/notifications/${(await list(ben)).data[1]?.id}/read`)
    expect(titles(await list(ben, '?unread=true'))).toEqual(['Task 5', 'Task 3', 'Task 2', 'Task 1'])
    expect((await list(ben, '?unread=true&per_page=1')).pagination.total).toBe(4)
    expect((await list(ben, '?unread=false')).pagination.total).toBe(before + 5)
    expect((await list(bot)).data.every(({ title }) => !title.includes('Task '))).toBe(true)
  })

  test('T4 leaves out mentions in a channel that was taken away, and gives them back with it', async () => {
    const project = await newProject({ assigned_user_ids: [ben.user_id] })
    await clean()
    await say(admin, '@ben-ode here', project.channel_id)
    const [one] = await unread(ben)
    await admin.in('DELETE', `/projects/${project.id}/users/${ben.user_id}`)
    expect(await unread(ben)).toEqual([])
    expect((await ben.in('PUT', `/notifications/${one?.id}/read`)).status).toBe(404)
    expect((await ben.in('POST', '/notifications/read-all')).body).toEqual({ read_count: 0 })
    await admin.in('PUT', `/projects/${project.id}/users/${ben.user_id}`)
    expect(await unread(ben)).toEqual([one!])
  })
})

describe('T5 reading', () => {
  test('T5 keeps the first time; another’s and an unknown one are the same 404', async () => {
    await newTask(admin, 'Read me', { assignee_ids: [ana.user_id] })
    const id = (await unread(ana))[0]?.id
    const first = await ana.in<Notification>('PUT', `/notifications/${id}/read`)
    expect(first.status).toBe(200)
    expect(Date.parse(first.body.read_at ?? '')).toBeGreaterThan(0)
    expect((await ana.in<Notification>('PUT', `/notifications/${id}/read`)).body).toEqual(first.body)
    const refused = await Promise.all(
      [id, crypto.randomUUID()].map((one) => ben.in('PUT', `/notifications/${one}/read`)),
    )
    expect(refused.map(({ status, body }) => ({ status, body }))).toEqual([
      { status: 404, body: { error: expect.objectContaining({ code: 'NOTIFICATION_NOT_FOUND' }) } },
      { status: 404, body: refused[0]?.body },
    ])
    expect((await ana.in('PUT', '/notifications/one/read')).status).toBe(400)
  })

  test('T5 of all spares what came after the newest that was seen, and is done once for a key', async () => {
    await clean()
    for (const title of ['Seen', 'Seen too']) await newTask(admin, title, { assignee_ids: [ana.user_id] })
    const up_to = (await unread(ana))[0]?.event_sequence
    await newTask(admin, 'Not seen', { assignee_ids: [ana.user_id] })
    const key = { 'Idempotency-Key': 'all' }
    const read = await ana.in('POST', '/notifications/read-all', { up_to }, key)
    expect([read.status, read.body]).toEqual([200, { read_count: 2 }])
    expect((await unread(ana)).map(({ title }) => title)).toEqual(['“Not seen” was assigned to you'])
    const again = await ana.in('POST', '/notifications/read-all', { up_to }, key)
    expect([again.body, again.headers.get('idempotent-replay')]).toEqual([{ read_count: 2 }, 'true'])
    expect((await ana.in('POST', '/notifications/read-all')).body).toEqual({ read_count: 1 })
    expect(await unread(ana)).toEqual([])
  })
})

test('T6 reading messages reads their mentions up to the marker, of this channel and reader only', async () => {
  await clean()
  const other = await make<Channel>(admin, '/channels', { name: 'elsewhere' })
  const first = await say(admin, '1 @ana-lima @ben-ode')
  const second = await say(admin, '2 @ana-lima')
  await say(admin, '3 @ana-lima', other.id)
  await newTask(admin, 'Stays', { assignee_ids: [ana.user_id] })
  const places = async () =>
    (await unread(ana)).map(({ resource }) => [resource.channel_id ?? 'task', resource.seq])
  const rest = [
    ['task', null],
    [other.id, 1],
  ]
  expect(await places()).toEqual([...rest, [general.id, second.seq], [general.id, first.seq]])
  await ana.in('PUT', `/channels/${general.id}/read`, { seq: first.seq })
  expect(await places()).toEqual([...rest, [general.id, second.seq]])
  await ana.in('PUT', `/channels/${general.id}/read`, { seq: second.seq + 100 })
  expect(await places()).toEqual(rest)
  expect(await unread(ben)).toHaveLength(1)
  await ana.in('PUT', `/channels/${general.id}/unread`, { seq: first.seq })
  expect(await places()).toEqual(rest)
})

test('T7 what was read is told once to every stream of its user, and to nobody else', async () => {
  await clean()
  const [one, two, bens] = await Promise.all([stream(ana), stream(ana, '?types=notification.*'), stream(ben)])
  const none = await stream(ana, '?types=task.*')
  const mention = await say(admin, '@ana-lima now')
  for (const title of ['A', 'B', 'C']) await newTask(admin, title, { assignee_ids: [ana.user_id] })
  const ids = (await unread(ana)).map(({ id }) => id)
  await ana.in('PUT', `/channels/${general.id}/read`, { seq: mention.seq })
  for (let i = 0; i < 2; i++) await ana.in('PUT', `/notifications/${ids[0]}/read`)
  for (let i = 0; i < 2; i++) await ana.in('POST', '/notifications/read-all')
  const told = (journal: SseJournal) =>
    journal.ofType('notification.read').map(({ payload }) => payload.notification_ids.toSorted())
  const expected = [[ids[3]!], [ids[0]!], [ids[1]!, ids[2]!].toSorted()]
  await until(() => [one, two].every((journal) => told(journal).length >= expected.length))
  await newTask(ana, 'The last', { assignee_ids: [ben.user_id] })
  await until(() => bens.ofType('notification.created').length === 1)
  expect([told(one), told(two), told(bens), told(none)]).toEqual([expected, expected, [], []])
  for (const journal of [one, two, bens, none]) {
    expect(journal.problems).toEqual([])
    await journal.close()
  }
})

test('T8 nothing is kept for a member who was removed', async () => {
  const rita = await join(admin, 'Rita Turn')
  await newTask(admin, 'Before', { assignee_ids: [rita.user_id] })
  expect(await unread(rita)).toHaveLength(1)
  await admin.in('DELETE', `/users/${rita.user_id}`)
  const superuser = databaseOf(server)
  const rows = await superuser`select id from notifications where user_id = ${rita.user_id}`
  await superuser.end()
  expect(rows).toHaveLength(0)
})

test('T9 the end of a sub-agent notifies its creator, unless the creator ended it', async () => {
  const task = await newTask(admin, 'Sounding')
  await clean()
  const spawn = () =>
    make<{ id: string; ephemeral_api_key: string }>(ana, '/sub-agents', {
      task_id: task.id,
      model: 'sonar',
      instructions: 'Measure the depth.',
    })
  const [one, two, three] = [await spawn(), await spawn(), await spawn()]
  const url = `${server.url}/api/v1/orgs/${ana.org}/sub-agents/me/complete`
  const completed = await fetch(url, {
    method: 'POST',
    headers: { Authorization: `Bearer ${one.ephemeral_api_key}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ summary: 'Four fathoms.' }),
  })
  expect(completed.status).toBe(200)
  await make(ben, `/sub-agents/${two.id}/terminate`, {})
  await make(ana, `/sub-agents/${three.id}/terminate`, {})
  expect(await news(ana, ben)).toEqual([
    [
      'sub_agent.ended Your sub-agent (sonar) was terminated',
      'sub_agent.ended Your sub-agent (sonar) has completed its work',
    ],
    [],
  ])
  expect((await unread(ana))[1]?.resource).toMatchObject({ type: 'sub_agent', id: one.id })
})

test('T11 notifications are removed after twelve months, read or not', async () => {
  await clean()
  for (const title of ['First', 'Second', 'Third'])
    await newTask(admin, title, { assignee_ids: [ana.user_id] })
  const { data } = await list(ana)
  const [kept, former, older] = data.map(({ id }) => id)
  const sql = databaseOf(server)
  await ana.in('PUT', `/notifications/${older}/read`)
  await sql`update notifications set created_at = now() - interval '366 days' where id in (${former!}, ${older!})`
  await sql`update notifications set created_at = now() - interval '11 months' where id = ${kept!}`
  await runJob(sql, 'sweep_notifications')
  await sql.end()
  const left = (await list(ana)).data.map(({ id }) => id)
  expect(left[0]).toBe(kept!)
  expect(left.filter((id) => id === former || id === older)).toEqual([])
})
