import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { SubAgent, Task } from '../../../src/contracts/resources.ts'
import { type Agent, addAgent, type Person, setUp } from '../../support/client.ts'
import { databaseOf, startServer, type TestServer } from '../../support/server.ts'

let server: TestServer
let admin: Person
let host: Agent
let task: Task

beforeAll(async () => {
  server = await startServer()
  admin = await setUp(server)
  host = await addAgent(admin, 'forge')
  task = (await admin.in<Task>('POST', '/tasks', { title: 'Resume uploads' })).body
})
afterAll(() => server?.stop())

const cap = (max: number | null) =>
  admin.in('PATCH', '', { settings: { agent_limits: { max_concurrent_sub_agents: max } } })

/** With a host no key is hashed, so that many are decided at once. */
const spawn = (timeout_minutes = 30, host_agent_id: string | undefined = host.user.id) =>
  admin.in<SubAgent & { error: { code: string } }>('POST', '/sub-agents', {
    task_id: task.id,
    model: 'fake-1',
    instructions: 'Do it.',
    timeout_minutes,
    ...(host_agent_id ? { host_agent_id } : {}),
  })

async function active(): Promise<SubAgent[]> {
  const { body } = await admin.in<{ data: SubAgent[] }>('GET', '/sub-agents?status=active&per_page=100')
  return body.data
}

async function endAll(): Promise<void> {
  for (const { id } of await active()) await admin.in('POST', `/sub-agents/${id}/terminate`)
}

test('of 100 spawns at once exactly as many succeed as the organization allows, in every round', async () => {
  await cap(7)
  for (let round = 0; round < 3; round++) {
    const answers = await Promise.all(Array.from({ length: 100 }, () => spawn()))
    const refused = answers.filter(({ status }) => status === 429)
    expect([answers.filter(({ status }) => status === 201).length, refused.length]).toEqual([7, 93])
    expect(refused.every(({ body }) => body.error.code === 'SUB_AGENT_LIMIT')).toBe(true)
    const running = await active()
    expect(running).toHaveLength(7)
    expect(new Set(running.map(({ display_name }) => display_name)).size).toBe(7)
    await endAll()
  }
})

test('one that ends makes room for exactly one, and one that does not end leaves none', async () => {
  await cap(2)
  const one = await spawn()
  await spawn()
  expect((await spawn()).status).toBe(429)
  await admin.in('POST', `/sub-agents/${one.body.id}/terminate`)
  expect((await spawn()).status).toBe(201)
  expect((await spawn()).status).toBe(429)
  await endAll()
})

test('Retry-After is the time until there is room: with a host and without, and under a lowered cap', async () => {
  await cap(3)
  for (const minutes of [60, 10, 20]) expect((await spawn(minutes)).status).toBe(201)
  const wait = async (host_agent_id?: string) => {
    const { status, headers } = await spawn(30, host_agent_id)
    expect(status).toBe(429)
    return Number(headers.get('retry-after'))
  }
  expect(await wait(host.user.id)).toBeWithin(9 * 60, 10 * 60 + 1)
  expect(await wait('')).toBeWithin(9 * 60, 10 * 60 + 1)
  await cap(2)
  expect(await wait(host.user.id)).toBeWithin(19 * 60, 20 * 60 + 1)
  await cap(0)
  expect(await wait(host.user.id)).toBe(3600)
  await endAll()
})

test('one whose time is over does not count, whether its alarm was delivered or not', async () => {
  await cap(1)
  const { body } = await spawn()
  const sql = databaseOf(server)
  await sql`update sub_agents set expires_at = now() - interval '1 second' where id = ${body.id}`
  await sql.end({ timeout: 1 })
  expect((await spawn()).status).toBe(201)
  await endAll()
})

test('a repeat by its key is answered at the cap too, and without a cap there is none', async () => {
  await cap(1)
  const body = { task_id: task.id, model: 'fake-1', instructions: 'Do it.' }
  const send = () => admin.in('POST', '/sub-agents', body, { 'Idempotency-Key': 'at the cap' })
  expect((await send()).status).toBe(201)
  expect((await spawn()).status).toBe(429)
  const again = await send()
  expect([again.status, again.headers.get('idempotent-replay')]).toEqual([201, 'true'])
  await cap(null)
  expect((await spawn()).status).toBe(201)
  await endAll()
})
