/** What people and operators see of a fault: the health report, the client of the agent in the app, the delivery of a message. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { User } from '../../../src/contracts/resources.ts'
import type { Agent, Message } from '../../support/client.ts'
import { type CutProxy, startCutProxy } from '../../support/cut-proxy.ts'
import { Program } from '../../support/program.ts'
import { freePort } from '../../support/server.ts'
import { until } from '../../support/streams.ts'
import { World } from './world.ts'

let world: World
let proxy: CutProxy
let scout: Agent
let brief: Agent

beforeAll(async () => {
  world = await World.open(async ({ port }) => {
    proxy = await startCutProxy(port)
    return `http://127.0.0.1:${proxy.port}`
  })
  scout = await world.agent('scout', { history_fetch_count: 0 })
  brief = await world.agent('brief', { history_fetch_count: 0, gateway_agent: 'scout' })
})
afterAll(async () => {
  await world.close()
  await proxy.stop()
})

beforeEach(async () => {
  if (!world.gateway.running) await world.startGateway()
  if (!world.bridge.running) await world.startBridge()
  await isWell()
})

async function healthSays(words: string): Promise<void> {
  await until(
    async () => ((await world.health())?.reasons ?? []).some((reason) => reason.includes(words)),
    `the health to say ${words}`,
  )
}

async function isWell(): Promise<void> {
  await until(async () => (await world.health())?.status === 'ok', 'the health to be good')
}

/** What the app shows of an agent's bridge. */
async function client(agent: Agent): Promise<NonNullable<User['client']> | undefined> {
  return (await world.admin.in<User>('GET', `/users/${agent.user.id}`)).body.client ?? undefined
}

async function clientIs(agent: Agent, state: 'ready' | 'degraded', words = ''): Promise<void> {
  await until(async () => {
    const shown = await client(agent)
    return shown?.state === state && (shown.detail ?? '').includes(words)
  }, `the client of ${agent.user.username} to be ${state} ${words}`)
}

/** Waits until the delivery of a message says something. */
async function deliverySays(message: Message, agent: Agent, state: string, words: string): Promise<void> {
  await until(async () => {
    const { deliveries } = await world.message(message)
    const one = deliveries.find(({ agent_id }) => agent_id === agent.user.id)
    return one?.state === state && (one.detail ?? '').includes(words)
  }, `the delivery to be ${state} ${words}`)
}

/** The answers of a message when everything before a later message has been worked on. */
async function answers(asked: Message, agent = 'scout'): Promise<string[]> {
  await world.answer(asked)
  await world.answer(await world.say(`@${agent} ECHO afterwards`))
  return (await world.answersTo(asked)).map(({ content }) => content)
}

async function metric(line: string): Promise<boolean> {
  return (await (await fetch(`${world.health_url}/metrics`)).text()).split('\n').includes(line)
}

/** Another bridge beside the first, with changes in its configuration. */
function bridgeLike(name: string, changes: [string | RegExp, string][]): Program {
  let text = readFileSync(join(world.folder, 'comms-bridge.yaml'), 'utf8')
  for (const [from, to] of [...changes, [/ {2}port: \d+/, `  port: ${freePort()}`] as const])
    text = text.replace(from, to)
  const config = join(world.folder, `${name}.yaml`)
  writeFileSync(config, text)
  const program = new Program([process.execPath, 'bridge/src/main.ts', 'run', '--config', config], {
    HOME: world.folder,
  })
  program.spawn()
  return program
}

describe('B97 a fault is seen in health and in the app, and passes without a loss:', () => {
  test('the gateway is away', async () => {
    await clientIs(scout, 'ready')
    expect(await client(scout)).toMatchObject({ gateway: { version: '2026.9.6', connected: true } })
    await world.gateway.kill()
    const asked = await world.say('@scout ECHO without a gateway')
    await healthSays('The gateway is away')
    await until(async () => (await client(scout))?.gateway?.connected === false, 'the app to show it')
    await deliverySays(asked, scout, 'queued', 'Waits: the gateway of the agent is not connected')
    await world.startGateway()
    expect(await answers(asked)).toEqual(['without a gateway'])
    await until(async () => (await client(scout))?.gateway?.connected === true, 'the app to show its end')
  })

  test('the network to the server is cut', async () => {
    proxy.cut('reset')
    await healthSays('Mission Control is not reachable')
    await healthSays('Agent scout has no event stream')
    const asked = await world.say('@scout ECHO behind the cut')
    await deliverySays(asked, scout, 'queued', 'not connected since')
    proxy.mend()
    expect(await answers(asked)).toEqual(['behind the cut'])
    await isWell()
  })

  test('a key is revoked', async () => {
    const path = `/users/${brief.user.id}/api-keys/rotate`
    const { body } = await world.admin.in<{ api_key: string }>('POST', path, { grace_hours: 0 })
    await healthSays('Mission Control refuses the key of agent brief')
    const asked = await world.say('@brief ECHO by the new key')
    await deliverySays(asked, brief, 'queued', 'not connected since')
    world.configure({ brief: body.api_key })
    expect(await answers(asked, 'brief')).toEqual(['by the new key'])
    await clientIs(brief, 'ready')
    await isWell()
  })

  test('the disk is full', async () => {
    await world.limitFiles(1)
    const asked = await world.say('@scout ECHO after the disk')
    await healthSays('The state file is not writable')
    expect((await world.health())?.status).toBe('failing')
    await clientIs(scout, 'degraded', 'The disk does not take the state of the bridge')
    await world.limitFiles('unlimited')
    expect(await answers(asked)).toEqual(['after the disk'])
    await until(async () => (await client(scout))?.state === 'ready', 'the app to show its end')
  })

  test('too much waits', async () => {
    await world.bridge.kill()
    await world.gateway.kill()
    await world.startBridge({ state_limits: { unfinished_rows: 5 } })
    const asked: Message[] = []
    for (let n = 0; n < 8; n++) asked.push(await world.say(`@scout ECHO of many ${n}`))
    await healthSays('Too much work waits')
    await clientIs(scout, 'degraded', '5 messages (1 MiB) wait for agents, which is the limit')
    expect(await metric('bridge_alarms_active{kind="queue_full"} 1')).toBe(true)
    const told = async () =>
      (await world.messages()).filter(({ content }) =>
        content.includes('wait for agents, which is the limit'),
      )
    await until(async () => (await told()).length > 0, 'the channel to be told')
    await world.startGateway()
    for (const [n, one] of asked.entries()) expect((await world.answer(one)).content).toBe(`of many ${n}`)
    expect(await answers(asked[7]!)).toEqual(['of many 7'])
    await isWell()
    await clientIs(scout, 'ready')
    await world.bridge.kill()
  })

  test('the gateway takes a turn and never answers', async () => {
    const asked = await world.say('@scout SLOW 600000 ECHO never')
    await world.delivered(asked, scout, 'working')
    await until(async () => {
      const report = await world.health()
      return (
        report?.agents[0]?.working_turns === 1 &&
        report.agents[0].queue === 1 &&
        (report.state.oldest_unsent_seconds ?? 0) >= 1
      )
    }, 'the turn in the report')
    await world.answer(await world.say('/stop @scout'))
    await deliverySays(asked, scout, 'failed', 'Stopped by Ines Carvalho.')
    expect(await world.answersTo(asked)).toEqual([])
  })

  test('the gateway does not even take turns', async () => {
    await world.steer('/faults', { mute: ['agent'] })
    const asked = await world.say('@scout ECHO taken late')
    await until(async () => {
      const report = await world.health()
      return report?.agents[0]?.queue === 1 && (report.state.oldest_unsent_seconds ?? 0) >= 1
    }, 'the row in the report')
    await world.delivered(asked, scout, 'queued')
    await world.steer('/faults', { mute: [] })
    await world.steer('/drop', { code: 1006 })
    expect(await answers(asked)).toEqual(['taken late'])
    expect(await world.turns('taken late')).toHaveLength(1)
  })

  test('the state file is damaged', async () => {
    const before = await world.say('@scout ECHO before the damage')
    await world.delivered(before, scout, 'answered')
    await world.bridge.kill()
    const asked = await world.say('@scout ECHO during the damage')
    rmSync(`${world.state_path}-wal`, { force: true })
    writeFileSync(world.state_path, 'no state file '.repeat(1_000))
    await world.startBridge()
    await healthSays('The state file was damaged')
    await clientIs(scout, 'degraded', 'The state file of the bridge was damaged')
    expect(await metric('bridge_alarms_active{kind="state_damaged"} 1')).toBe(true)
    expect(await answers(asked)).toEqual(['during the damage'])
    expect((await world.answersTo(before)).map(({ content }) => content)).toEqual(['before the damage'])
    await world.bridge.kill()
    await world.startBridge()
    await clientIs(scout, 'ready')
  })
})

test('B24 a flood of events that ask nothing of the agent leaves no work behind, and a message in it is answered once', async () => {
  const inbound = async () => {
    const text = await (await fetch(`${world.health_url}/metrics`)).text()
    const line = /^bridge_messages_inbound_total\{agent="scout",kind="message"\} (\d+)$/m.exec(text)
    return Number(line?.[1])
  }
  const before = await inbound()
  let asked: Message | undefined
  for (let n = 0; n < 50; n++) {
    await Promise.all(Array.from({ length: 20 }, (_, i) => world.say(`talk of people ${n} ${i}`)))
    if (n === 25) asked = await world.say('@scout ECHO in the flood')
  }
  expect((await world.answer(asked!)).content).toBe('in the flood')
  await world.answer(await world.say('@scout ECHO behind the flood'))
  expect(await inbound()).toBe(before + 2)
  // The answer is in the channel before the row of its message is finished.
  await until(async () => (await world.health())?.state.unfinished === 0, 'no work to be left')
  expect(await world.turns('in the flood')).toHaveLength(1)
})

describe('a start is refused, and both versions are named:', () => {
  test.each([
    [{ version: '2026.7.4' }, ['OpenClaw 2026.7.4', 'OpenClaw 2026.8.1']],
    [{ protocol: 5 }, ['protocol 5', 'protocol 4']],
  ])('B61 by a gateway of %j', async (faults, names) => {
    await world.bridge.kill()
    await world.gateway.kill()
    await world.startGateway(faults)
    const from = world.bridge.output.length
    world.bridge.spawn()
    // Not 1: the service manager would try again.
    expect(await world.bridge.ended()).toBe(2)
    for (const name of names) expect(world.bridge.output.slice(from)).toContain(name)
    await world.gateway.kill()
  })

  test('B102 by a server of another API', async () => {
    const version = { version: '9.0.0', api_version: '2999.1', min_bridge_version: '9.0.0' }
    const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => Response.json(version) })
    const bridge = bridgeLike('other-api', [
      [/db_path: .*/, `db_path: ${join(world.folder, 'other-api.db')}`],
      [/url: http:\S+/, `url: http://127.0.0.1:${server.port}`],
    ])
    expect(await bridge.ended()).toBe(2)
    expect(bridge.output).toContain('Install mc-bridge 9.0.0 or newer')
    await server.stop(true)
  })
})

describe('B100 the end of the bridge', () => {
  test('by SIGTERM during a turn is in order, and the turn is answered after the next start', async () => {
    const asked = await world.say('@scout SLOW 1500 ECHO across the end')
    await world.delivered(asked, scout, 'working')
    world.bridge.signal('SIGTERM')
    expect(await world.bridge.ended()).toBe(0)
    await world.startBridge()
    expect(await answers(asked)).toEqual(['across the end'])
    expect(await world.turns('across the end')).toHaveLength(1)
  })
})
