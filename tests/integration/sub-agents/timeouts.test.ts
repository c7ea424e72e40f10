import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type postgres from 'postgres'
import type { EventEnvelope } from '../../../src/contracts/events.ts'
import type { SubAgent, Task } from '../../../src/contracts/resources.ts'
import { type Agent, type Person, setUp } from '../../support/client.ts'
import { databaseOf, startServer, type TestServer } from '../../support/server.ts'
import { until } from '../../support/streams.ts'
import { spawnSubAgent } from '../../support/sub-agent.ts'

let server: TestServer
let admin: Person
let task: Task
let sql: postgres.Sql

beforeAll(async () => {
  server = await startServer()
  admin = await setUp(server)
  task = (await admin.in<Task>('POST', '/tasks', { title: 'Resume uploads' })).body
  sql = databaseOf(server)
})
afterAll(async () => {
  await sql?.end({ timeout: 1 })
  await server?.stop()
})

const spawn = () => spawnSubAgent(admin, { task_id: task.id, timeout_minutes: 5 })

/** As if it had been spawned with a shorter time: all that is stored of its end. */
async function endsIn(sub_agent: SubAgent, seconds: number): Promise<void> {
  await sql.begin(async (tx) => {
    const end = tx`now() + make_interval(secs => ${seconds})`
    await tx`update sub_agents set expires_at = ${end} where id = ${sub_agent.id}`
    await tx`update api_keys set expires_at = ${end} where sub_agent_id = ${sub_agent.id}`
    await tx`update alarms set due_at = ${end}, next_at = ${end} where target_id = ${sub_agent.id}`
  })
}

async function typesOf({ id }: SubAgent): Promise<string[]> {
  const path = `/events?order=asc&limit=200&type=sub_agent.*&task_id=${task.id}`
  const { data } = (await admin.in<{ data: EventEnvelope[] }>('GET', path)).body
  return data
    .filter(({ payload }) => (payload as { sub_agent: SubAgent }).sub_agent.id === id)
    .map(({ type }) => type)
}

const found = async ({ id }: SubAgent) => (await admin.in<SubAgent>('GET', `/sub-agents/${id}`)).body
const refused = async (agent: Agent) => (await agent.in('GET', '/users/me')).status === 401
const EXPIRED = ['sub_agent.created', 'sub_agent.expired']

describe('a sub-agent whose time is over', () => {
  test('is expired once when the server was killed before the deadline and started after it', async () => {
    const { sub_agent, agent } = await spawn()
    await endsIn(sub_agent, 3)
    await server.kill('SIGKILL')
    await until(async () => {
      const [row] = await sql<{ over: boolean }[]>`
        select expires_at <= now() as over from sub_agents where id = ${sub_agent.id}`
      return row?.over === true
    })
    await server.restart()
    expect(await refused(agent)).toBe(true)
    await until(async () => (await found(sub_agent)).status === 'expired', 'the alarm')
    expect(await typesOf(sub_agent)).toEqual(EXPIRED)
    const [rows] = await sql<{ alarms: number; keys: number }[]>`
      select (select count(*)::int from alarms where target_id = ${sub_agent.id}) as alarms,
        (select count(*)::int from api_keys where sub_agent_id = ${sub_agent.id} and revoked_at is null) as keys`
    expect(rows).toEqual({ alarms: 0, keys: 0 })
    await server.kill('SIGKILL')
    await server.restart()
    expect(await typesOf(sub_agent)).toEqual(EXPIRED)
  })

  test('is expired in an organization that is suspended', async () => {
    const { sub_agent, agent } = await spawn()
    await admin.in('POST', '/suspend')
    await endsIn(sub_agent, 0)
    // The node waits for the alarm that it knows of; a start asks at once.
    await server.restart()
    await until(async () => (await found(sub_agent)).status === 'expired', 'the alarm')
    expect(await refused(agent)).toBe(true)
    await admin.in('POST', '/resume')
    expect(await typesOf(sub_agent)).toEqual(EXPIRED)
  })

  test('has a dead key before anybody noticed', async () => {
    const { sub_agent, agent } = await spawn()
    await sql`update api_keys set expires_at = now() where sub_agent_id = ${sub_agent.id}`
    await sql`update sub_agents set expires_at = now() where id = ${sub_agent.id}`
    await until(() => refused(agent), 'the end of the cached row')
    expect((await found(sub_agent)).seconds_remaining).toBe(0)
  })

  test('gets its alarm back by the sweep when it has none', async () => {
    const { sub_agent } = await spawn()
    await sql`delete from alarms where target_id = ${sub_agent.id}`
    const sweep = async () => (await sql<{ n: number }[]>`select set_missing_timeouts(100) as n`)[0]?.n
    await sweep()
    const set = async () => (await sql`select from alarms where target_id = ${sub_agent.id}`).length
    expect(await set()).toBe(0)
    await sql`update sub_agents set expires_at = now() - interval '1 second' where id = ${sub_agent.id}`
    expect(await sweep()).toBe(1)
    expect(await sweep()).toBe(0)
    expect(await set()).toBe(1)
    await server.restart()
    await until(async () => (await found(sub_agent)).status === 'expired', 'the alarm')
    expect(await typesOf(sub_agent)).toEqual(EXPIRED)
  })
})

test('an end of another kind takes the alarm away', async () => {
  const { sub_agent } = await spawn()
  await admin.in('POST', `/sub-agents/${sub_agent.id}/terminate`)
  expect(await sql`select from alarms where target_id = ${sub_agent.id}`).toHaveLength(0)
})
