import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import type { Project, SubAgent, Task } from '../../../src/contracts/resources.ts'
import type { Agent, Message } from '../../support/client.ts'
import { type CutProxy, startCutProxy } from '../../support/cut-proxy.ts'
import { until } from '../../support/streams.ts'
import { World } from './world.ts'

let world: World
let proxy: CutProxy
let scout: Agent
let project: Project

/** Short times for what a test waits for. */
const TIMES = { limits: { resume_ms: 60_000, quiet_ms: 1_000 } }

beforeAll(async () => {
  world = await World.open(async ({ port }) => {
    proxy = await startCutProxy(port)
    return `http://127.0.0.1:${proxy.port}`
  })
  scout = await world.agent('scout', { history_fetch_count: 0 })
  // Not a project of the host: a sub-agent speaks where its host does not.
  project = await made<Project>('/projects', { name: 'Depot', type: 'software' })
})
afterAll(async () => {
  await world.close()
  await proxy.stop()
})

beforeEach(async () => {
  proxy.mend()
  if (!world.gateway.running) await world.startGateway()
  if (!world.bridge.running) await world.startBridge(TIMES)
  await until(() => world.isListening(), 'the bridge to listen')
  // So that the loop brake does not take the sub-agents of one test after the other for a conversation.
  await world.say('Go on.', { channel_id: project.channel_id })
})

async function made<T>(path: string, body: unknown): Promise<T> {
  const answer = await world.admin.in<T>('POST', path, body)
  if (answer.status >= 300) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`)
  return answer.body
}

interface Spawn {
  model?: string
  project_ids?: string[]
}

async function spawn(instructions: string, { model = 'fake-1', ...more }: Spawn = {}): Promise<SubAgent> {
  const { id: task_id } = await made<Task>('/tasks', { title: 'Count', project_ids: [project.id], ...more })
  return await made<SubAgent>('/sub-agents', { task_id, model, instructions, host_agent_id: scout.user.id })
}

const now = async ({ id }: SubAgent) => (await world.admin.in<SubAgent>('GET', `/sub-agents/${id}`)).body

async function ended(sub_agent: SubAgent, status: SubAgent['status']): Promise<SubAgent> {
  await until(
    async () => (await now(sub_agent)).status === status,
    `the sub-agent to be ${status}; the bridge said:\n${world.bridge.output.slice(-4_000)}\n`,
  )
  return await now(sub_agent)
}

/** What a sub-agent said, oldest first. */
async function said({ id }: SubAgent): Promise<Message[]> {
  return (await world.messages(project.channel_id)).filter(({ sender }) => sender.id === id)
}

const turnsOf = async ({ id }: SubAgent) =>
  (await world.turns('')).filter(({ session_key }) => session_key.endsWith(`:sub:${id}`))

async function begun(sub_agent: SubAgent): Promise<void> {
  await until(async () => (await turnsOf(sub_agent)).length > 0, 'the turn to begin')
}

const sessionOf = ({ id }: SubAgent) => `agent:main:mc:${world.admin.org}:sub:${id}`
interface Session {
  key: string
  model: string | null
  archived: boolean
}
const sessionsOf = async (sub_agent: SubAgent) =>
  (await world.steer<Session[]>('/sessions')).filter(({ key }) => key === sessionOf(sub_agent))

async function archived(sub_agent: SubAgent): Promise<void> {
  await until(
    async () => (await sessionsOf(sub_agent)).some((one) => one.archived),
    `the session to be archived; the bridge said:\n${world.bridge.output.slice(-4_000)}\n`,
  )
}

/** How often the log says that it ended. */
async function ends({ id }: SubAgent): Promise<string[]> {
  const { body } = await world.admin.in<{ data: { type: string; payload: { sub_agent: SubAgent } }[] }>(
    'GET',
    '/events?type=sub_agent.*&limit=200',
  )
  return body.data
    .filter(({ type, payload }) => type !== 'sub_agent.created' && payload.sub_agent.id === id)
    .map(({ type }) => type)
}

describe('B110 a sub-agent that an agent hosts', () => {
  test('has one turn in a session of its own, answers under its name, completes, and leaves an archive', async () => {
    const sub_agent = await spawn('PIECES 5 ECHO 12 crates')
    const { summary } = await ended(sub_agent, 'completed')
    expect(summary).toBe('12 crates')
    const [message, ...others] = await said(sub_agent)
    expect(others).toEqual([])
    expect(message).toMatchObject({
      content: '12 crates',
      sender: { type: 'sub_agent', display_name: sub_agent.display_name },
    })
    const [turn] = await turnsOf(sub_agent)
    expect(turn?.prompt).toContain(`> PIECES 5 ECHO 12 crates`)
    expect(turn?.prompt).toContain('Title:\n> Count')
    expect(turn?.system_prompt).toContain('#Depot')
    await archived(sub_agent)
    expect(await sessionsOf(sub_agent)).toEqual([
      { key: sessionOf(sub_agent), model: 'fake-1', archived: true },
    ])
    expect(await ends(sub_agent)).toEqual(['sub_agent.completed'])
    await until(async () => (await world.health())?.agents[0]?.sub_agents === 0, 'none to be active')
  })

  test('speaks in the channel of a project that was made after its host began, and that the host is not assigned to', async () => {
    const late = await made<Project>('/projects', { name: 'Annex', type: 'docs' })
    const sub_agent = await spawn('ECHO from the annex', { project_ids: [late.id] })
    await ended(sub_agent, 'completed')
    const messages = await world.messages(late.channel_id)
    expect(messages.map(({ content, sender }) => [content, sender.id])).toEqual([
      ['from the annex', sub_agent.id],
    ])
    const [turn] = await turnsOf(sub_agent)
    expect(turn?.system_prompt).toContain('#Annex')
  })

  test('with a long answer posts it in parts, and its summary is the beginning', async () => {
    const sub_agent = await spawn('LONG 15000')
    const { summary } = await ended(sub_agent, 'completed')
    expect(summary?.length).toBeGreaterThan(1_900)
    expect(summary?.length).toBeLessThanOrEqual(2_000)
    expect((await said(sub_agent)).length).toBe(2)
  })

  test('without an answer completes, and says so', async () => {
    const sub_agent = await spawn('SILENT')
    expect((await ended(sub_agent, 'completed')).summary).toContain('without an answer')
    expect(await said(sub_agent)).toEqual([])
  })

  test('of a task without a project has its answer as summary alone', async () => {
    const sub_agent = await spawn('ECHO nowhere to say it', { project_ids: [] })
    expect((await ended(sub_agent, 'completed')).summary).toBe('nowhere to say it')
    await archived(sub_agent)
  })

  test('whose turn fails is terminated with the reason', async () => {
    const failed = await spawn('FAIL')
    await ended(failed, 'terminated')
    await archived(failed)
  })

  test.each([
    ['not-allowed-model', 0, 'The gateway refused'],
    ['no-such-model', 1, 'model was not found'],
    ['nowhere/model-1', 0, 'Unknown provider'],
    ['anthropic/claude-x', 1, 'Unknown model: anthropic/claude-x'],
  ])('whose model is %s is terminated with the reason, and not tried again', async (model, turns, reason) => {
    const refused = await spawn('ECHO never', { model })
    await ended(refused, 'terminated')
    expect(await turnsOf(refused)).toHaveLength(turns)
    const { body } = await world.admin.in<{ data: { payload: { reason: string } }[] }>(
      'GET',
      '/events?type=sub_agent.terminated&limit=1',
    )
    expect(body.data[0]?.payload.reason).toContain(reason)
    expect(await said(refused)).toEqual([])
  })

  test('that a person terminates stops at once: no answer, and the session is archived', async () => {
    const sub_agent = await spawn('HOLD terminated ECHO too late')
    await begun(sub_agent)
    await made(`/sub-agents/${sub_agent.id}/terminate`, { reason: 'Not needed' })
    await archived(sub_agent)
    await world.steer('/open', { gate: 'terminated' })
    await ended(await spawn('ECHO afterwards'), 'completed')
    expect(await said(sub_agent)).toEqual([])
    expect(await ends(sub_agent)).toEqual(['sub_agent.terminated'])
  })

  test('whose task is completed by a person ends with it', async () => {
    const sub_agent = await spawn('HOLD completed ECHO too late')
    await begun(sub_agent)
    for (const to_status of ['in-progress', 'in-review', 'complete'])
      await made(`/tasks/${sub_agent.task_id}/transition`, { to_status })
    await archived(sub_agent)
    await world.steer('/open', { gate: 'completed' })
    expect((await now(sub_agent)).status).not.toBe('active')
    expect(await said(sub_agent)).toEqual([])
  })

  test('says what the gateway says for it in between under its own name', async () => {
    const sub_agent = await spawn('HOLD between ECHO the end')
    await begun(sub_agent)
    await world.steer('/announce', { session_key: sessionOf(sub_agent), text: 'half of it is done' })
    await until(async () => (await said(sub_agent)).length === 1, 'the remark')
    await world.steer('/open', { gate: 'between' })
    await ended(sub_agent, 'completed')
    expect((await said(sub_agent)).map(({ content }) => content)).toEqual(['half of it is done', 'the end'])
  })

  test('leaves no key in the state file or in the log', async () => {
    await ended(await spawn('ECHO secretly'), 'completed')
    expect(world.bridge.output).not.toMatch(/mc_ak_tmp_\w{12}_\w{43}/)
    await world.bridge.kill()
    for (const file of [world.state_path, `${world.state_path}-wal`])
      expect(readFileSync(file).includes('mc_ak_')).toBe(false)
  })
})

describe('B111 whatever stops in the middle, a sub-agent has one session and one end', () => {
  test('the key is lost: another one is fetched', async () => {
    const sub_agent = await spawn('HOLD key ECHO with another key')
    await begun(sub_agent)
    expect((await scout.in('POST', `/sub-agents/${sub_agent.id}/key`)).status).toBe(201)
    await world.steer('/open', { gate: 'key' })
    await ended(sub_agent, 'completed')
    expect((await said(sub_agent)).map(({ content }) => content)).toEqual(['with another key'])
  })

  test('the bridge is killed: the turn goes on', async () => {
    const sub_agent = await spawn('HOLD killed ECHO still here')
    await begun(sub_agent)
    await world.bridge.kill()
    await world.startBridge(TIMES)
    await world.steer('/open', { gate: 'killed' })
    await ended(sub_agent, 'completed')
    expect((await said(sub_agent)).map(({ content }) => content)).toEqual(['still here'])
    expect(await turnsOf(sub_agent)).toHaveLength(1)
  })

  test('the bridge is away while it is spawned, and while another one is terminated', async () => {
    const terminated = await spawn('HOLD away ECHO too late')
    await begun(terminated)
    await world.bridge.kill()
    await made(`/sub-agents/${terminated.id}/terminate`, {})
    const spawned = await spawn('ECHO as soon as you are back')
    await world.startBridge(TIMES)
    await ended(spawned, 'completed')
    await archived(terminated)
    await world.steer('/open', { gate: 'away' })
    expect(await said(terminated)).toEqual([])
  })

  test('the state is lost: it is taken up from the server', async () => {
    const sub_agent = await spawn('HOLD lost ECHO found again')
    await begun(sub_agent)
    await world.bridge.kill()
    world.loseState()
    await world.startBridge(TIMES)
    await world.steer('/open', { gate: 'lost' })
    await ended(sub_agent, 'completed')
    expect((await said(sub_agent)).map(({ content }) => content)).toEqual(['found again'])
    expect(await turnsOf(sub_agent)).toHaveLength(1)
  })

  test('the gateway is away, and dies in mid-turn', async () => {
    await world.gateway.kill()
    const waiting = await spawn('ECHO when it is back')
    await world.startGateway()
    await ended(waiting, 'completed')
    const sub_agent = await spawn('SLOW 60000 ECHO resumed')
    await begun(sub_agent)
    await world.gateway.kill()
    await world.startGateway()
    await ended(sub_agent, 'completed')
    expect(await said(sub_agent)).toHaveLength(1)
    expect(await ends(sub_agent)).toEqual(['sub_agent.completed'])
  })

  test('the gateway is away when it is terminated: its session is archived later', async () => {
    const sub_agent = await spawn('SLOW 60000 ECHO too late')
    await begun(sub_agent)
    await world.gateway.kill()
    await made(`/sub-agents/${sub_agent.id}/terminate`, {})
    await world.startGateway()
    await archived(sub_agent)
    expect(await said(sub_agent)).toEqual([])
  })

  test('the server is away when the turn ends', async () => {
    const sub_agent = await spawn('HOLD server ECHO to a closed door')
    await begun(sub_agent)
    proxy.cut('reset')
    await world.steer('/open', { gate: 'server' })
    await until(async () => (await turnsOf(sub_agent)).every(({ final_ms }) => final_ms !== null), 'its end')
    proxy.mend()
    await ended(sub_agent, 'completed')
    expect((await said(sub_agent)).map(({ content }) => content)).toEqual(['to a closed door'])
  })

  const STEPS = ['received', 'submitted', 'accepted', 'answered', 'posted', 'done']
  test.each(STEPS.flatMap((step) => [`${step}:before`, `${step}:after`]))(
    'the bridge is killed at %s',
    async (place) => {
      await world.bridge.kill()
      await world.startBridge({ ...TIMES, die: `sub_agent:${place}` })
      const sub_agent = await spawn(`ECHO killed at ${place}`)
      await world.bridge.ended()
      await world.startBridge(TIMES)
      expect((await ended(sub_agent, 'completed')).summary).toBe(`killed at ${place}`)
      await archived(sub_agent)
      expect((await said(sub_agent)).map(({ content }) => content)).toEqual([`killed at ${place}`])
      expect(await turnsOf(sub_agent)).toHaveLength(1)
      expect(await ends(sub_agent)).toEqual(['sub_agent.completed'])
    },
  )
})
