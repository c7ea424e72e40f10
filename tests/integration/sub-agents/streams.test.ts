import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { SubAgent, Task } from '../../../src/contracts/resources.ts'
import { type Agent, addAgent, type Person, setUp } from '../../support/client.ts'
import { databaseOf, startServer, type TestServer } from '../../support/server.ts'
import { SseJournal, until, WsJournal } from '../../support/streams.ts'
import { hostSubAgent, spawnSubAgent } from '../../support/sub-agent.ts'

let server: TestServer
let admin: Person
let host: Agent
let project: { id: string; channel_id: string }
let task: Task

beforeAll(async () => {
  server = await startServer()
  admin = await setUp(server)
  host = await addAgent(admin, 'forge')
  project = (await admin.in<typeof project>('POST', '/projects', { name: 'Offline sync', type: 'software' }))
    .body
  task = await newTask()
})
afterAll(() => server?.stop())

const newTask = async () =>
  (await admin.in<Task>('POST', '/tasks', { title: 'Resume', project_ids: [project.id] })).body
const at = (path: string) => `${server.url}/api/v1/orgs/${admin.org}${path}`

async function openBoth(agent: Agent) {
  const sse = await SseJournal.open(at('/events/stream'), agent.headers)
  const ws = await WsJournal.open(at('/channels/ws'), agent.headers)
  await until(() => sse.events.some(({ type }) => type === 'stream.opened'))
  return { sse, ws }
}

/** Both close with the reason, soon after what ends them. */
async function closed({ sse, ws }: Awaited<ReturnType<typeof openBoth>>, reason: string): Promise<void> {
  await until(() => sse.ended && ws.close_code !== undefined, 'the end of both')
  expect(sse.ofType('session.revoked').map(({ payload }) => payload.reason as string)).toEqual([reason])
  expect(ws.close_code).toBe(4001)
}

describe('the streams of a sub-agent close', () => {
  type End = (made: { sub_agent: SubAgent; agent: Agent }) => Promise<unknown>
  test.each([
    ['that completes', ({ agent }) => agent.in('POST', '/sub-agents/me/complete', { summary: 'Done.' })],
    ['that is terminated', ({ sub_agent }) => admin.in('POST', `/sub-agents/${sub_agent.id}/terminate`)],
    [
      'whose task is completed',
      ({ sub_agent }) =>
        admin.in('POST', `/tasks/${sub_agent.task_id}/transition`, { to_status: 'complete' }),
    ],
  ] satisfies [string, End][])('%s', async (_, end) => {
    const made = await spawnSubAgent(admin, { task_id: (await newTask()).id })
    const streams = await openBoth(made.agent)
    await end(made)
    await closed(streams, 'key')
  })

  test('whose key is replaced', async () => {
    const made = await hostSubAgent(admin, host, { task_id: task.id })
    const streams = await openBoth(made.agent)
    await host.in('POST', `/sub-agents/${made.sub_agent.id}/key`)
    await closed(streams, 'key')
  })

  test('whose time is over', async () => {
    const made = await spawnSubAgent(admin, { task_id: task.id })
    const sql = databaseOf(server)
    await sql`update api_keys set expires_at = now() + interval '2 seconds' where sub_agent_id = ${made.sub_agent.id}`
    await sql.end({ timeout: 1 })
    // The row of a key is remembered for a second.
    await Bun.sleep(1_100)
    await closed(await openBoth(made.agent), 'expired')
  })
})

describe('a stream', () => {
  test('of a host shows its sub-agents whatever it subscribed to', async () => {
    await host.in('PUT', '/subscriptions', { mode: 'topics', topics: [] })
    const sse = await SseJournal.open(at('/events/stream'), host.headers)
    const { sub_agent } = await hostSubAgent(admin, host, { task_id: task.id })
    await admin.in('POST', `/sub-agents/${sub_agent.id}/terminate`, { reason: 'Enough.' })
    await until(() => sse.ofType('sub_agent.terminated').length === 1)
    expect(sse.ofType('sub_agent.created').map(({ payload }) => payload.sub_agent.id)).toEqual([sub_agent.id])
    await host.in('PUT', '/subscriptions', { mode: 'all' })
    await sse.close()
  })

  test('of a sub-agent shows its task and itself, and nothing of other tasks', async () => {
    const { sub_agent, agent } = await spawnSubAgent(admin, { task_id: task.id })
    const other_task = await newTask()
    const sse = await SseJournal.open(`${at('/events/stream')}?last_event_id=0`, agent.headers)
    const other = await hostSubAgent(admin, host, { task_id: other_task.id })
    await admin.in('POST', `/channels/${project.channel_id}/messages`, { content: 'To the project' })
    await until(() => sse.messages.length > 0)
    const seen = sse.ofType('sub_agent.created').map(({ payload }) => payload.sub_agent)
    expect(seen.map(({ id }) => id)).toContain(sub_agent.id)
    expect(seen.every(({ task_id }) => task_id === task.id)).toBe(true)
    expect(JSON.stringify(sse.events)).not.toContain(other.sub_agent.id)
    await sse.close()
  })
})

describe('in the channel of its task', () => {
  test('a sub-agent speaks under its own name, mentions members and is no member itself', async () => {
    const { sub_agent, agent } = await spawnSubAgent(admin, { task_id: task.id })
    await admin.in('PUT', `/projects/${project.id}/users/${host.user.id}`)
    const path = `/channels/${project.channel_id}/messages`
    const said = await agent.in<{
      sender: unknown
      mentions: string[]
      deliveries: { agent_id: string; state: string }[]
    }>('POST', path, { content: `@${host.user.username} it is done` })
    expect([said.status, said.body.sender, said.body.mentions]).toEqual([
      201,
      { id: sub_agent.id, type: 'sub_agent', display_name: sub_agent.display_name },
      [host.user.id],
    ])
    const asked = await admin.in<{ mentions: string[]; ignored_mentions: string[] }>('POST', path, {
      content: `@sub-agent and ${sub_agent.display_name}, go on`,
      mentions: [sub_agent.id],
    })
    expect([asked.body.mentions, asked.body.ignored_mentions]).toEqual([[], [sub_agent.id]])
    const refused = await agent.in('POST', `${path}/1/deliveries`, { state: 'working' })
    expect(refused.status).toBe(404)
  })

  test('over a socket as well, and it is seen there while it is connected', async () => {
    const { sub_agent, agent } = await spawnSubAgent(admin, { task_id: task.id })
    const watching = await WsJournal.open(at('/channels/ws'), {
      Cookie: admin.cookieHeader,
      Origin: server.url,
    })
    const own = await WsJournal.open(at('/channels/ws'), agent.headers)
    expect(own.ofType('ready')[0]?.channels.map(({ id }) => id)).toEqual([project.channel_id])
    own.send({ type: 'message', channel_id: project.channel_id, content: 'By socket', client_id: 's-1' })
    await until(() => own.ofType('ack').length === 1)
    const sender = { id: sub_agent.id, type: 'sub_agent', display_name: sub_agent.display_name }
    await until(() =>
      watching.ofType('message').some(({ message }) => Bun.deepEquals(message.sender, sender)),
    )
    await until(() =>
      watching
        .ofType('presence')
        .some(
          ({ channel_id, user_ids }) => channel_id === project.channel_id && user_ids.includes(sub_agent.id),
        ),
    )
    watching.close()
    own.close()
  })

  test('the loop brake counts it as an agent', async () => {
    await admin.in('PATCH', '', { settings: { agent_limits: { loop_brake: { messages: 3, minutes: 2 } } } })
    const { agent } = await spawnSubAgent(admin, { task_id: task.id })
    const path = `/channels/${project.channel_id}/messages`
    await admin.in('POST', path, { content: 'Begin' })
    const codes: number[] = []
    for (let i = 0; i < 4; i++)
      codes.push((await (i % 2 ? host : agent).in('POST', path, { content: `round ${i}` })).status)
    expect(codes).toEqual([201, 201, 201, 429])
    expect((await agent.in('POST', path, { content: 'once more' })).status).toBe(429)
    await admin.in('POST', path, { content: 'Go on' })
    expect((await agent.in('POST', path, { content: 'thank you' })).status).toBe(201)
  })

  test('it loses the channels of projects that its task leaves, and gets those that it joins', async () => {
    const { id } = await newTask()
    const { agent } = await spawnSubAgent(admin, { task_id: id })
    const other = (await admin.in<typeof project>('POST', '/projects', { name: 'Maps', type: 'docs' })).body
    const ws = await WsJournal.open(at('/channels/ws'), agent.headers)
    await admin.in('PATCH', `/tasks/${id}`, { project_ids: [other.id] })
    await until(() => ws.ofType('channel_removed').length === 1 && ws.ofType('channel_added').length === 1)
    const channels = await agent.in<{ data: { id: string }[] }>('GET', '/channels')
    expect(channels.body.data.map((channel) => channel.id)).toEqual([other.channel_id])
    expect((await agent.in('GET', `/projects/${project.id}`)).status).toBe(404)
    ws.close()
  })
})
