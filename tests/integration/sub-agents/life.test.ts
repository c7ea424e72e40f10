import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { EventEnvelope } from '../../../src/contracts/events.ts'
import type { Project, SubAgent, Task } from '../../../src/contracts/resources.ts'
import { type Agent, addAgent, join, type Person, setUp } from '../../support/client.ts'
import { databaseOf, startServer, type TestServer } from '../../support/server.ts'
import { hostSubAgent, spawnSubAgent } from '../../support/sub-agent.ts'

let server: TestServer
let admin: Person
let ana: Person
let host: Agent
let project: Project
let task: Task

beforeAll(async () => {
  server = await startServer()
  admin = await setUp(server)
  ana = await join(admin, 'Ana Lima')
  host = await addAgent(admin, 'forge')
  project = await good(admin.in<Project>('POST', '/projects', { name: 'Offline sync', type: 'software' }))
  task = await newTask()
})
afterAll(() => server?.stop())

interface Refused {
  error: { code: string; details?: { path: string }[] }
}

async function good<T>(answer: Promise<{ status: number; body: T }>): Promise<T> {
  const { status, body } = await answer
  if (status >= 300) throw new Error(`${status} ${JSON.stringify(body)}`)
  return body
}

const newTask = (title = 'Resume uploads') =>
  good(admin.in<Task>('POST', '/tasks', { title, project_ids: [project.id] }))
const spawning = (more: object = {}) => ({
  task_id: task.id,
  model: 'fake-1',
  instructions: 'Do it.',
  ...more,
})
const refusal = ({ status, body }: { status: number; body: unknown }) => {
  const { code, details } = (body as Refused).error
  return [status, code, ...(Array.isArray(details) ? details.map(({ path }) => path) : [])]
}
const get = async (id: string) => (await admin.in<SubAgent>('GET', `/sub-agents/${id}`)).body
async function eventsOf(sub_agent: SubAgent): Promise<EventEnvelope[]> {
  const query = `/events?order=asc&limit=200&type=sub_agent.*&task_id=${sub_agent.task_id}`
  const { data } = await good(admin.in<{ data: EventEnvelope[] }>('GET', query))
  return data.filter(({ payload }) => (payload as { sub_agent: SubAgent }).sub_agent.id === sub_agent.id)
}
const settings = (agent_limits: object) => good(admin.in('PATCH', '', { settings: { agent_limits } }))

describe('a sub-agent is spawned', () => {
  test('by any member, with the timeout of the settings, a name of its own and its key once', async () => {
    const answer = await ana.in<SubAgent & { ephemeral_api_key: string }>('POST', '/sub-agents', spawning())
    const { ephemeral_api_key, ...sub_agent } = answer.body
    expect(answer.status).toBe(201)
    expect(ephemeral_api_key).toMatch(/^mc_ak_tmp_[A-Za-z0-9]{12}_[A-Za-z0-9_-]{43}$/)
    expect(sub_agent).toMatchObject({
      task_id: task.id,
      host_agent_id: null,
      model: 'fake-1',
      status: 'active',
      created_by: ana.user_id,
      seconds_remaining: 1800,
      summary: null,
      ended_at: null,
    })
    expect(sub_agent.display_name).toMatch(/^Sub-agent \d+$/)
    expect(Date.parse(sub_agent.expires_at) - Date.parse(sub_agent.created_at)).toBe(1_800_000)
    const found = await admin.in<SubAgent>('GET', `/sub-agents/${sub_agent.id}`)
    expect(found.body.seconds_remaining).toBeWithin(1_700, 1_801)
    const { sub_agents } = await good(admin.in<Task>('GET', `/tasks/${task.id}`))
    const { seconds_remaining: _, ...rest } = sub_agent
    expect(sub_agents).toEqual([{ ...rest, seconds_remaining: expect.any(Number) as number }])
    const [created, ...more] = await eventsOf(sub_agent)
    expect(more).toEqual([])
    expect(created).toMatchObject({
      type: 'sub_agent.created',
      actor: { id: ana.user_id },
      task_id: task.id,
      project_ids: [project.id],
      payload: { sub_agent, project_ids: [project.id] },
    })
  })

  test('with names that count up', async () => {
    const [one, two] = [await spawnSubAgent(ana, spawning()), await spawnSubAgent(host, spawning())]
    const number = ({ sub_agent }: typeof one) => Number(sub_agent.display_name.split(' ')[1])
    expect(number(two)).toBe(number(one) + 1)
    expect(two.sub_agent.created_by).toBe(host.user.id)
  })

  test('for a time from 5 to 1440 minutes', async () => {
    for (const timeout_minutes of [5, 1440]) {
      const { sub_agent } = await spawnSubAgent(admin, spawning({ timeout_minutes }))
      expect(sub_agent.seconds_remaining).toBe(timeout_minutes * 60)
    }
    for (const timeout_minutes of [4, 1441, 5.5, '30', null])
      expect(refusal(await admin.in('POST', '/sub-agents', spawning({ timeout_minutes })))).toEqual([
        400,
        'VALIDATION_FAILED',
        '/timeout_minutes',
      ])
    await settings({ sub_agent_default_timeout_minutes: 7 })
    expect((await spawnSubAgent(admin, spawning())).sub_agent.seconds_remaining).toBe(420)
    await settings({ sub_agent_default_timeout_minutes: 30 })
  })

  test('with a model that the organization allows', async () => {
    await settings({ allowed_models: ['claude-sonnet', 'fake-1'] })
    const post = (model: string) => admin.in('POST', '/sub-agents', spawning({ model }))
    expect((await post('fake-1')).status).toBe(201)
    for (const model of ['fake-2', 'FAKE-1', 'fake-1x'])
      expect(refusal(await post(model))).toEqual([400, 'VALIDATION_FAILED', '/model'])
    await settings({ allowed_models: [] })
    expect((await post('whatever it is called')).status).toBe(201)
  })

  test('not for a task that is unknown or complete, not with a host that is no agent', async () => {
    const post = (more: object) => admin.in('POST', '/sub-agents', spawning(more))
    const unknown = crypto.randomUUID()
    expect(refusal(await post({ task_id: unknown }))).toEqual([404, 'TASK_NOT_FOUND'])
    expect(refusal(await post({ host_agent_id: unknown }))).toEqual([404, 'USER_NOT_FOUND'])
    expect(refusal(await post({ host_agent_id: ana.user_id }))).toEqual([
      400,
      'VALIDATION_FAILED',
      '/host_agent_id',
    ])
    const { id } = await newTask('Soon over')
    await good(admin.in('POST', `/tasks/${id}/transition`, { to_status: 'complete' }))
    expect(refusal(await post({ task_id: id }))).toEqual([400, 'VALIDATION_FAILED', '/task_id'])
  })

  test('once per Idempotency-Key: a repeat shows no key', async () => {
    const headers = { 'Idempotency-Key': 'spawn once' }
    const send = () =>
      admin.in<SubAgent & { ephemeral_api_key: string | null }>('POST', '/sub-agents', spawning(), headers)
    const [first, again] = [await send(), await send()]
    expect(again.body).toEqual({ ...first.body, ephemeral_api_key: null })
    expect(again.headers.get('idempotent-replay')).toBe('true')
  })
})

describe('a host', () => {
  test('fetches a key with the instructions, a new one each time; the former dies', async () => {
    const spawned = await admin.in<SubAgent>('POST', '/sub-agents', spawning({ host_agent_id: host.user.id }))
    expect(spawned.body).not.toHaveProperty('ephemeral_api_key')
    const path = `/sub-agents/${spawned.body.id}/key`
    const fetchKey = () => host.in<SubAgent & { api_key: string; instructions: string }>('POST', path)
    const one = await fetchKey()
    expect([one.status, one.body.instructions, one.body.id]).toEqual([201, 'Do it.', spawned.body.id])
    const me = (key: string) =>
      host.in<{ id: string }>('GET', '/users/me', undefined, { Authorization: `Bearer ${key}` })
    expect((await me(one.body.api_key)).body.id).toBe(spawned.body.id)
    const two = await fetchKey()
    expect(refusal(await me(one.body.api_key))).toEqual([401, 'INVALID_API_KEY'])
    expect((await me(two.body.api_key)).status).toBe(200)
  })

  test('is the only one who gets it, and only while the sub-agent is active', async () => {
    const other = await addAgent(admin, 'other')
    const { sub_agent } = await hostSubAgent(admin, host, spawning())
    const path = `/sub-agents/${sub_agent.id}/key`
    for (const who of [admin, ana, other])
      expect(refusal(await who.in('POST', path))).toEqual([403, 'FORBIDDEN'])
    const own = await spawnSubAgent(host, spawning())
    expect(refusal(await host.in('POST', `/sub-agents/${own.sub_agent.id}/key`))).toEqual([403, 'FORBIDDEN'])
    expect(refusal(await host.in('POST', `/sub-agents/${crypto.randomUUID()}/key`))).toEqual([
      404,
      'SUB_AGENT_NOT_FOUND',
    ])
    await good(admin.in('POST', `/sub-agents/${sub_agent.id}/terminate`))
    for (const headers of [{}, { 'Idempotency-Key': 'to the command' }])
      expect(refusal(await host.in('POST', path, undefined, headers))).toEqual([409, 'INVALID_TRANSITION'])
  })

  test('finds those it runs', async () => {
    const { sub_agent } = await hostSubAgent(admin, host, spawning())
    const { data } = await good(
      host.in<{ data: SubAgent[] }>('GET', '/sub-agents?status=active&host_agent_id=me'),
    )
    expect(data.map(({ id }) => id)).toContain(sub_agent.id)
    expect(data.every((one) => one.host_agent_id === host.user.id && one.status === 'active')).toBe(true)
  })
})

describe('the instructions', () => {
  test('are for creator, host, administrators and the sub-agent itself', async () => {
    const secret = 'Only between us.'
    const { sub_agent, agent } = await hostSubAgent(ana, host, spawning({ instructions: secret }))
    const shown = async (who: Pick<Agent, 'in'>, id = sub_agent.id) =>
      (await who.in<{ instructions: string | null }>('GET', `/sub-agents/${id}`)).body.instructions
    const bea = await join(admin, 'Bea Other')
    for (const who of [ana, host, admin, agent]) expect(await shown(who)).toBe(secret)
    expect(await shown(agent, 'me')).toBe(secret)
    for (const who of [bea, await addAgent(admin, 'another')]) expect(await shown(who)).toBe(null)
    for (const path of ['/sub-agents', `/tasks/${task.id}`, '/events?limit=200'])
      expect(JSON.stringify((await admin.in('GET', path)).body)).not.toContain(secret)
  })
})

describe('a sub-agent ends', () => {
  const dead = async (agent: Agent) =>
    expect(refusal(await agent.in('GET', '/users/me'))).toEqual([401, 'INVALID_API_KEY'])

  test('when it completes itself, with a summary', async () => {
    const { sub_agent, agent } = await spawnSubAgent(ana, spawning())
    const done = await agent.in<SubAgent>('POST', '/sub-agents/me/complete', { summary: 'All uploaded.' })
    expect([done.status, done.body.status, done.body.summary, done.body.seconds_remaining]).toEqual([
      200,
      'completed',
      'All uploaded.',
      0,
    ])
    await dead(agent)
    expect(await get(sub_agent.id)).toMatchObject({
      status: 'completed',
      ended_at: expect.any(String) as string,
    })
    const [, completed] = await eventsOf(sub_agent)
    expect(completed).toMatchObject({
      type: 'sub_agent.completed',
      actor: { id: sub_agent.id, type: 'sub_agent', display_name: sub_agent.display_name },
      payload: { sub_agent: done.body },
    })
  })

  test('when a member terminates it, with a reason; once', async () => {
    const { sub_agent, agent } = await spawnSubAgent(ana, spawning())
    const path = `/sub-agents/${sub_agent.id}/terminate`
    const done = await host.in<SubAgent>('POST', path, { reason: 'It went astray.' })
    expect([done.status, done.body.status]).toEqual([200, 'terminated'])
    await dead(agent)
    expect(refusal(await host.in('POST', path))).toEqual([409, 'INVALID_TRANSITION'])
    const [, terminated, ...more] = await eventsOf(sub_agent)
    expect(more).toEqual([])
    expect(terminated).toMatchObject({
      type: 'sub_agent.terminated',
      payload: { reason: 'It went astray.', sub_agent: done.body },
    })
  })

  test('once, when it is terminated and completes at the same time', async () => {
    const { sub_agent, agent } = await spawnSubAgent(ana, spawning())
    const answers = await Promise.all([
      admin.in('POST', `/sub-agents/${sub_agent.id}/terminate`),
      agent.in('POST', '/sub-agents/me/complete', { summary: 'Done.' }),
      host.in('POST', `/sub-agents/${sub_agent.id}/terminate`),
    ])
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect((await eventsOf(sub_agent)).map(({ type }) => type)).toHaveLength(2)
  })

  test('with its task, in one transaction', async () => {
    const { id: task_id } = await newTask('With two helpers')
    const one = await spawnSubAgent(ana, spawning({ task_id }))
    const two = await hostSubAgent(admin, host, spawning({ task_id }))
    const moved = await good(
      admin.in<Task>('POST', `/tasks/${task_id}/transition`, { to_status: 'complete' }),
    )
    expect(moved.sub_agents.map(({ status }) => status)).toEqual(['terminated', 'terminated'])
    await dead(one.agent)
    await dead(two.agent)
    const { data } = await good(
      admin.in<{ data: EventEnvelope[] }>('GET', `/events?order=asc&task_id=${task_id}`),
    )
    expect(data.map(({ type }) => type)).toEqual([
      'task.created',
      'sub_agent.created',
      'sub_agent.created',
      'task.transitioned',
      'sub_agent.terminated',
      'sub_agent.terminated',
    ])
    const last = data.slice(3)
    expect(new Set(last.map(({ timestamp }) => timestamp)).size).toBe(1)
    expect(last[1]?.payload).toMatchObject({ reason: 'Its task was completed.' })
    expect(last[0]?.payload).toMatchObject({ task: { sub_agents: moved.sub_agents } })
    expect((await good(admin.in<Task>('GET', `/tasks/${task_id}`))).sub_agents).toEqual(moved.sub_agents)
  })

  test('as completed when it completed its task itself', async () => {
    const { id: task_id } = await newTask('Finished by its helper')
    const { sub_agent, agent } = await spawnSubAgent(ana, spawning({ task_id }))
    const body = { to_status: 'complete', comment: 'All of it.' }
    const moved = await agent.in<Task>('POST', `/tasks/${task_id}/transition`, body)
    expect([moved.status, moved.body.status]).toEqual([200, 'complete'])
    await dead(agent)
    expect(await get(sub_agent.id)).toMatchObject({ status: 'completed', summary: 'All of it.' })
  })

  test('with its creator and with its host', async () => {
    const { id: task_id } = await newTask('Of members that leave')
    const leaving = await addAgent(admin, 'leaving')
    const created = await spawnSubAgent(leaving, spawning({ task_id }))
    const hosted = await hostSubAgent(ana, leaving, spawning({ task_id }))
    await good(admin.in('DELETE', `/users/${leaving.user.id}`))
    await dead(created.agent)
    await dead(hosted.agent)
    const reason = async ({ sub_agent }: typeof created) => (await eventsOf(sub_agent))[1]?.payload
    expect(await reason(created)).toMatchObject({ reason: 'Its creator was removed.' })
    expect(await reason(hosted)).toMatchObject({ reason: 'Its host was removed.' })
  })

  test('with the keys of its creator or host', async () => {
    const leaking = await addAgent(admin, 'leaking')
    const created = await spawnSubAgent(leaking, spawning())
    const hosted = await hostSubAgent(ana, leaking, spawning())
    await good(admin.in('DELETE', `/users/${leaking.user.id}/api-keys`))
    for (const { agent, sub_agent } of [created, hosted]) {
      await dead(agent)
      expect((await get(sub_agent.id)).status).toBe('terminated')
    }
  })

  test('and its creator is notified, but not of its own action', async () => {
    const of = async (sub_agent: SubAgent) => {
      const sql = databaseOf(server)
      const rows = await sql<{ user_id: string; title: string }[]>`
        select user_id, title from notifications where type = 'sub_agent.ended' and resource->>'id' = ${sub_agent.id}`
      await sql.end({ timeout: 1 })
      return rows.map(({ user_id, title }) => [user_id, title])
    }
    const one = await spawnSubAgent(ana, spawning())
    await good(one.agent.in<SubAgent>('POST', '/sub-agents/me/complete', { summary: 'Done.' }))
    expect(await of(one.sub_agent)).toEqual([[ana.user_id, 'Your sub-agent (fake-1) has completed its work']])
    const two = await spawnSubAgent(ana, spawning())
    await good(ana.in('POST', `/sub-agents/${two.sub_agent.id}/terminate`))
    expect(await of(two.sub_agent)).toEqual([])
  })
})

describe('the list', () => {
  test('shows the newest first and is filtered by status, task, host and creator', async () => {
    const { id: task_id } = await newTask('Listed')
    const made: SubAgent[] = []
    for (let i = 0; i < 3; i++) made.push((await hostSubAgent(ana, host, spawning({ task_id }))).sub_agent)
    await good(admin.in('POST', `/sub-agents/${made[0]?.id}/terminate`))
    const ids = async (query: string) =>
      (await good(admin.in<{ data: SubAgent[] }>('GET', `/sub-agents?${query}`))).data.map(({ id }) => id)
    const newest = made.map(({ id }) => id).toReversed()
    expect(await ids(`task_id=${task_id}`)).toEqual(newest)
    expect(await ids(`task_id=${task_id}&status=active`)).toEqual(newest.slice(0, 2))
    expect(await ids(`task_id=${task_id}&status=terminated`)).toEqual(newest.slice(2))
    expect(await ids(`task_id=${task_id}&host_agent_id=${host.user.id}&created_by=${ana.user_id}`)).toEqual(
      newest,
    )
    expect(await ids(`task_id=${task_id}&created_by=me`)).toEqual([])
    expect(await ids(`task_id=${crypto.randomUUID()}`)).toEqual([])
    expect(refusal(await admin.in('GET', '/sub-agents?status=gone'))).toEqual([
      400,
      'VALIDATION_FAILED',
      '/status',
    ])
  })
})

describe('a suspended organization', () => {
  test('takes no spawn, no key, no end by request', async () => {
    const { sub_agent, agent } = await hostSubAgent(admin, host, spawning())
    await good(admin.in('POST', '/suspend'))
    const READ_ONLY = [409, 'ORG_READ_ONLY']
    expect(refusal(await admin.in('POST', '/sub-agents', spawning()))).toEqual(READ_ONLY)
    expect(refusal(await host.in('POST', `/sub-agents/${sub_agent.id}/key`))).toEqual(READ_ONLY)
    expect(refusal(await admin.in('POST', `/sub-agents/${sub_agent.id}/terminate`))).toEqual(READ_ONLY)
    expect(refusal(await agent.in('POST', '/sub-agents/me/complete', { summary: 'x' }))).toEqual(READ_ONLY)
    expect((await agent.in('GET', '/sub-agents/me')).status).toBe(200)
    await good(admin.in('POST', '/resume'))
    expect((await get(sub_agent.id)).status).toBe('active')
  })
})
