import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { EventEnvelope } from '../../../src/contracts/events.ts'
import type { Project, Task } from '../../../src/contracts/resources.ts'
import { type Agent, addAgent, generalChannel, type Person, setUp } from '../../support/client.ts'
import { startServer, type TestServer } from '../../support/server.ts'

type Slice = { data: EventEnvelope[]; next_cursor: string | null }

let server: TestServer
let admin: Person
let forge: Agent
let project: Project
let task: Task
let channel_id: string
/** The whole log, oldest first. */
let all: EventEnvelope[]

beforeAll(async () => {
  server = await startServer()
  admin = await setUp(server)
  forge = await addAgent(admin, 'forge')
  channel_id = (await generalChannel(admin)).id
  project = (await admin.in<Project>('POST', '/projects', { name: 'Harbour', type: 'docs' })).body
  await admin.in('PUT', `/projects/${project.id}/users/${forge.user.id}`)
  const create = async (title: string, rest: object = {}) =>
    (await admin.in<Task>('POST', '/tasks', { title, ...rest })).body
  task = await create('In the project', { project_ids: [project.id] })
  const other = await create('Elsewhere')
  for (const { id } of [task, other]) {
    await forge.in('POST', `/tasks/${id}/transition`, { to_status: 'in-progress' })
    await admin.in('PATCH', `/tasks/${id}`, { priority: 'high' })
  }
  for (const who of [admin, forge]) {
    await who.in('POST', `/channels/${channel_id}/messages`, { content: 'Hello' })
    await who.in('POST', `/channels/${project.channel_id}/messages`, { content: 'Hello' })
  }
  all = await every('order=asc')
})
afterAll(() => server.stop())

const page = async (query: string) => {
  const { status, body } = await admin.in<Slice>('GET', `/events?${query}`)
  expect([query, status]).toEqual([query, 200])
  return body
}
/** All pages of a query. */
async function every(query: string, limit = 200): Promise<EventEnvelope[]> {
  const found: EventEnvelope[] = []
  for (let cursor = ''; ; ) {
    const slice = await page(`${query}&limit=${limit}${cursor}`)
    found.push(...slice.data)
    if (slice.next_cursor === null) return found
    cursor = `&cursor=${slice.next_cursor}`
  }
}
const numbers = (events: readonly EventEnvelope[]) => events.map(({ sequence }) => sequence)

describe('E19 a filter of the log lets through exactly what it names', () => {
  const middle = () => all[Math.floor(all.length / 2)]?.timestamp ?? ''
  const filters: [string, () => string, (event: EventEnvelope) => boolean][] = [
    ['a project', () => `project_id=${project.id}`, (event) => event.project_ids.includes(project.id)],
    ['a task', () => `task_id=${task.id}`, (event) => event.task_id === task.id],
    ['a channel', () => `channel_id=${channel_id}`, (event) => event.channel_id === channel_id],
    ['a person', () => `user_id=${admin.user_id}`, (event) => event.actor.id === admin.user_id],
    ['an agent', () => `user_id=${forge.user.id}`, (event) => event.actor.id === forge.user.id],
    ['a type', () => 'type=task.updated', ({ type }) => type === 'task.updated'],
    ['a kind', () => 'type=task.*', ({ type }) => type.startsWith('task.')],
    [
      'several types and kinds, also twice',
      () => 'type=message.*&type=task.created&type=task.created',
      ({ type }) => type === 'task.created' || type.startsWith('message.'),
    ],
    ['times from', () => `from=${middle()}`, ({ timestamp }) => timestamp >= middle()],
    ['times to', () => `to=${middle()}`, ({ timestamp }) => timestamp < middle()],
    [
      'all of them',
      () =>
        `project_id=${project.id}&user_id=${forge.user.id}&type=task.*&type=message.*&from=${all[0]?.timestamp}&to=2200-01-01T00:00:00Z`,
      (event) =>
        event.project_ids.includes(project.id) &&
        event.actor.id === forge.user.id &&
        /^(task|message)\./.test(event.type),
    ],
  ]
  test.each(filters)('%s', async (_what, query, keeps) => {
    const expected = numbers(all.filter(keeps))
    expect(expected.length).toBeGreaterThan(0)
    expect(numbers(await every(`order=asc&${query()}`))).toEqual(expected)
    // Page by page, and in the other direction.
    expect(numbers(await every(`order=asc&${query()}`, 2))).toEqual(expected)
    expect(numbers(await every(`order=desc&${query()}`, 2))).toEqual(expected.toReversed())
  })

  test('nothing that fits nothing', async () => {
    expect(await every(`project_id=${project.id}&user_id=${crypto.randomUUID()}`)).toEqual([])
    expect(await every('from=2200-01-01T00:00:00Z')).toEqual([])
  })

  test('what is no type and no kind is refused', async () => {
    for (const type of ['task', '*', 'task.*.*'])
      expect([type, (await admin.in('GET', `/events?type=${type}`)).status]).toEqual([type, 400])
  })
})

describe('E20 pages of the log are stable while others write', () => {
  const write = (at: number) =>
    admin.in('POST', `/channels/${channel_id}/messages`, { content: `Meanwhile ${at}` })

  test('newest first: what is older than the first page comes whole and once', async () => {
    const head = (await page('limit=1')).data[0]?.sequence ?? 0
    const found: number[] = []
    let cursor = ''
    for (let at = 0; ; at++) {
      const slice = await page(`limit=3${cursor}`)
      found.push(...numbers(slice.data))
      await Promise.all([write(at), write(at)])
      if (slice.next_cursor === null) break
      cursor = `&cursor=${slice.next_cursor}`
    }
    expect(found).toEqual(Array.from({ length: head }, (_, at) => head - at))
  })

  test('oldest first: what is written meanwhile comes at the end, without a gap', async () => {
    const found: number[] = []
    let cursor = ''
    for (let at = 0; ; at++) {
      const slice = await page(`order=asc&limit=20${cursor}`)
      found.push(...numbers(slice.data))
      if (slice.next_cursor === null) break
      cursor = `&cursor=${slice.next_cursor}`
      if (at < 5) await Promise.all([write(at), write(at)])
    }
    const head = (await page('limit=1')).data[0]?.sequence ?? 0
    expect(found).toEqual(Array.from({ length: head }, (_, at) => at + 1))
  })
})
