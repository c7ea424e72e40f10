import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Project, SubAgent, Task } from '../../../src/contracts/resources.ts'
import { type BridgeProcess, startBridge } from '../../support/bridge-process.ts'
import {
  type Agent,
  addAgent,
  generalChannel,
  type Message,
  type Person,
  setUp,
} from '../../support/client.ts'
import { type GatewayProcess, startMockGateway } from '../../support/mock-gateway/process.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { until } from '../../support/streams.ts'

const TOKEN = 'mock-gateway-token'
/** A challenge takes as long as in production, so that a slow machine answers in time. */
const TIMES = { look_ms: 200, reassert_ms: 1_000, again_ms: 1_000, recover_ms: 1_000 }

/** A host: a gateway and a bridge with a state file of its own. */
interface Host {
  gateway: GatewayProcess
  bridge: BridgeProcess
}

let server: TestServer
let admin: Person
let scout: Agent
let general: string
let folder: string
let hosts: Host[] = []

beforeAll(async () => {
  server = await startServer()
  admin = await setUp(server)
  general = (await generalChannel(admin)).id
  folder = mkdtempSync(join(tmpdir(), 'mc-two-bridges-'))
})
afterEach(async () => {
  for (const { bridge, gateway } of hosts) await Promise.all([bridge.stop(), gateway.stop()])
  hosts = []
})
afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function host(name: string, ready: boolean): Promise<Host> {
  const at = join(folder, scout.user.username, name)
  const gateway = await startMockGateway({ folder: `${at}-gateway`, token: TOKEN })
  const bridge = await startBridge(
    {
      folder: at,
      server_url: server.url,
      gateway: { url: gateway.url, token: TOKEN },
      agents: [{ name: 'scout', key: scout.key, org: admin.org, history_fetch_count: 0 }],
      env: { MC_BRIDGE_TEST: JSON.stringify({ times: TIMES }) },
      sections: 'updates:\n  auto_check: false',
    },
    { ready },
  )
  const started = { gateway, bridge }
  hosts.push(started)
  return started
}

async function healthSays(bridge: BridgeProcess, words: string): Promise<void> {
  await until(async () => {
    const { body } = await bridge.health().catch(() => ({ body: {} as Record<string, unknown> }))
    return ((body.reasons as string[] | undefined) ?? []).some((reason) => reason.includes(words))
  }, `the health to say ${words}:\n${bridge.log()}`)
}

async function say(text: string): Promise<Message> {
  const content = `@${scout.user.username} ECHO ${text}`
  const { body } = await admin.in<Message>('POST', `/channels/${general}/messages`, { content })
  return body
}

async function answers({ id }: Message): Promise<string[]> {
  const { body } = await admin.in<{ data: Message[] }>('GET', `/channels/${general}/messages?limit=200`)
  return body.data.filter(({ reply_to }) => reply_to === id).map(({ content }) => content)
}

async function answered(message: Message, text: string): Promise<void> {
  await until(async () => (await answers(message)).length > 0, `the answer "${text}"`)
  expect(await answers(message)).toEqual([text])
}

/** Two hosts of one new agent: the first has it, the second is refused. */
async function two(name: string): Promise<[Host, Host]> {
  scout = await addAgent(admin, name)
  const first = await host('first', true)
  await answered(await say('alone'), 'alone')
  const second = await host('second', false)
  await healthSays(second.bridge, 'Another bridge listens for agent scout')
  return [first, second]
}

test('B99 a second bridge is refused and says so, messages are answered once, and it takes over when the first ends', async () => {
  const [first, second] = await two('scout')
  expect(second.bridge.log()).toContain('Another bridge has this agent')
  expect(second.bridge.log()).toMatch(/mc-bridge \S+ reported at 20/)
  expect(second.bridge.log()).not.toContain(scout.key)
  expect(((await first.bridge.health()).body as { status: string }).status).toBe('ok')
  const both = await say('with two of them')
  await answered(both, 'with two of them')
  expect(await second.gateway.turns()).toEqual([])

  expect(await first.bridge.kill('SIGTERM')).toBe(0)
  const between = await say('between the two')
  await answered(between, 'between the two')
  await second.bridge.ready()
  expect(second.bridge.log()).toContain('this one takes over')
  expect(await answers(both)).toEqual(['with two of them'])
  expect(await second.gateway.turns()).toHaveLength(1)

  await first.bridge.start()
  await healthSays(first.bridge, 'Another bridge listens for agent scout')
  await answered(await say('by the second'), 'by the second')
  expect(await answers(between)).toEqual(['between the two'])
})

test('B99 the first is killed in the middle of a turn: the second takes over, and answers that too', async () => {
  const [first, second] = await two('ranger')
  await first.gateway.set({ hang: true })
  const begun = await say('begun by the first')
  await until(async () => (await first.gateway.turns()).length === 2, 'the turn to begin')
  // The position of the second moves past the message: the first is known to have it.
  const challenged = second.bridge.log().length
  await first.bridge.kill('SIGKILL')
  const after = await say('after the kill')
  await answered(after, 'after the kill')
  await answered(begun, 'begun by the first')
  expect(second.bridge.log().slice(challenged)).toContain('this one takes over')
})

test('B111 the first is killed in the middle of the turn of a sub-agent: the second takes that up, with one end', async () => {
  const [first, second] = await two('pathfinder')
  const project = await admin.in<Project>('POST', '/projects', { name: 'Depot', type: 'software' })
  const { id: project_id, channel_id } = project.body
  const task = await admin.in<Task>('POST', '/tasks', { title: 'Count', project_ids: [project_id] })
  await first.gateway.set({ hang: true })
  const { body: sub_agent } = await admin.in<SubAgent>('POST', '/sub-agents', {
    ...{ task_id: task.body.id, model: 'fake-1', instructions: 'ECHO 12 crates' },
    host_agent_id: scout.user.id,
  })
  await until(async () => (await first.gateway.turns()).length === 2, 'the turn to begin')
  await first.bridge.kill('SIGKILL')
  const now = async () => (await admin.in<SubAgent>('GET', `/sub-agents/${sub_agent.id}`)).body
  await until(async () => (await now()).status === 'completed', `its end:\n${second.bridge.log()}`)
  expect((await now()).summary).toBe('12 crates')
  await first.bridge.start()
  await healthSays(first.bridge, 'Another bridge listens for agent scout')
  await answered(await say('by the second'), 'by the second')
  const { body } = await admin.in<{ data: Message[] }>('GET', `/channels/${channel_id}/messages`)
  const said = body.data.filter(({ sender }) => sender.id === sub_agent.id)
  expect(said.map(({ content }) => content)).toEqual(['12 crates'])
})
