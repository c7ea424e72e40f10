import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import type { Agent, Channel, Message } from '../../support/client.ts'
import { type CutProxy, startCutProxy } from '../../support/cut-proxy.ts'
import { until } from '../../support/streams.ts'
import { World } from './world.ts'

let world: World
let proxy: CutProxy
let scout: Agent
let brief: Agent

/** Short times for what a test waits for. */
const TIMES = { limits: { resume_ms: 60_000, quiet_ms: 1_000 } }

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
  if (!world.bridge.running) await world.startBridge(TIMES)
  await until(() => world.isListening(), 'the bridge to listen')
})

/** Answers of a message when everything said before a later message has been worked on. */
async function settled(asked: Message): Promise<string[]> {
  await world.answer(await world.say('@scout ECHO settled'))
  return (await world.answersTo(asked)).map(({ content }) => content)
}

async function healthSays(words: string | RegExp): Promise<void> {
  await until(async () => {
    const reasons = (await world.health())?.reasons ?? []
    return reasons.some((reason) => (typeof words === 'string' ? reason.includes(words) : words.test(reason)))
  }, `the health to say ${words}`)
}

async function isWell(): Promise<void> {
  await until(async () => (await world.health())?.status === 'ok', 'the health to be good')
}

describe('the server', () => {
  test('B50 restarts: what is said before and right after is answered once', async () => {
    const before = await world.say('@scout ECHO before the restart')
    await world.server.restart()
    const after = await world.say('@scout ECHO after the restart')
    expect((await world.answer(before)).content).toBe('before the restart')
    expect((await world.answer(after)).content).toBe('after the restart')
    expect(await settled(before)).toHaveLength(1)
  })

  test('B11 is down when the answer comes: it is posted when the server is back', async () => {
    const asked = await world.say('@scout SLOW 700 ECHO to a closed door')
    await until(async () => (await world.turns('closed door')).length === 1, 'the turn')
    await world.server.kill()
    await healthSays('Mission Control is not reachable')
    await world.server.restart()
    expect((await world.answer(asked)).content).toBe('to a closed door')
    await world.delivered(asked, scout, 'answered')
    expect(await settled(asked)).toHaveLength(1)
    await isWell()
  })

  test.each(['reset', 'silent'] as const)(
    'B50 is cut off (%s) during a turn: one answer when it is back',
    async (how) => {
      const asked = await world.say(`@scout SLOW 500 ECHO over the gap ${how}`)
      await until(async () => (await world.turns(`over the gap ${how}`)).length === 1, 'the turn')
      proxy.cut(how)
      const meanwhile = await world.say(`@brief ECHO said meanwhile ${how}`)
      if (how === 'reset') await healthSays(/no event stream/)
      await until(async () =>
        (await world.turns(`over the gap ${how}`)).every(({ final_ms }) => final_ms !== null),
      )
      proxy.mend()
      expect((await world.answer(asked)).content).toBe(`over the gap ${how}`)
      expect((await world.answer(meanwhile)).content).toBe(`said meanwhile ${how}`)
      expect(await settled(asked)).toHaveLength(1)
      await isWell()
    },
  )
})

describe('the gateway', () => {
  test('B7 dies in mid-answer and comes back: the turn goes on, and what waited is answered', async () => {
    const asked = await world.say('@scout SLOW 60000 ECHO survives')
    await world.delivered(asked, scout, 'working')
    await world.gateway.kill()
    await healthSays('The gateway is away')
    const waiting = await world.say('@scout ECHO waits for it')
    const delivery = await world.delivered(waiting, scout, 'queued')
    expect(delivery.detail ?? 'Waits').toContain('Waits')
    await world.startGateway()
    await world.answer(asked)
    expect((await world.answer(waiting)).content).toBe('waits for it')
    expect(await settled(asked)).toHaveLength(1)
    // The gateway goes on by itself; the bridge asked for nothing again.
    expect((await world.turns('survives')).filter(({ run_id }) => run_id.startsWith('mc-'))).toEqual([])
    await isWell()
  })

  test('ends the connection in mid-turn: the answer that came meanwhile is asked for', async () => {
    const asked = await world.say('@scout SLOW 300 ECHO missed')
    await until(async () => (await world.turns('missed')).length === 1, 'the turn')
    await world.steer('/drop', { code: 1006 })
    expect((await world.answer(asked)).content).toBe('missed')
    expect(await world.turns('missed')).toHaveLength(1)
    expect(await settled(asked)).toHaveLength(1)
  })

  test.each(['final_twice', 'foreign_final', 'lost_final', 'out_of_order'])(
    'B13 with %s: one message',
    async (fault) => {
      await world.steer('/faults', { [fault]: true })
      const asked = await world.say(`@scout ECHO with ${fault}`)
      expect((await world.answer(asked)).content).toBe(`with ${fault}`)
      await world.steer('/faults', { [fault]: false })
      await settled(asked)
      const same = (await world.messages()).filter(({ content }) => content === `with ${fault}`)
      expect(same).toHaveLength(1)
    },
  )

  test('B10 refuses work before a restart: it is asked again, and answers once', async () => {
    await world.steer('/faults', { draining: true })
    const asked = await world.say('@scout ECHO drained')
    await world.delivered(asked, scout, 'queued')
    await until(
      async () => (await world.message(asked)).deliveries[0]?.detail?.startsWith('Waits') ?? false,
      'why it waits',
    )
    await world.steer('/faults', { draining: false })
    expect((await world.answer(asked)).content).toBe('drained')
    expect(await settled(asked)).toHaveLength(1)
  })

  test('B19 fails a turn: the delivery says why, and a person may ask again', async () => {
    await world.steer('/faults', { provider_down: true })
    const asked = await world.say('@scout ECHO second try')
    const failed = await world.delivered(asked, scout, 'failed')
    expect(failed.detail).toBeTruthy()
    await world.steer('/faults', { provider_down: false })
    const retried = await world.admin.in(
      'POST',
      `/channels/${asked.channel_id}/messages/${asked.seq}/deliveries/${scout.user.id}/retry`,
    )
    expect(retried.status).toBe(200)
    expect((await world.answer(asked)).content).toBe('second try')
    await world.delivered(asked, scout, 'answered')
  })

  test('B18 never answers: the turn is stopped at its deadline and the delivery says so', async () => {
    await world.bridge.kill()
    await world.startBridge({ limits: { ...TIMES.limits, turn_ms: 1_500 } })
    const asked = await world.say('@scout SLOW 600000 ECHO never')
    const next = await world.say('@scout ECHO after the deadline')
    expect((await world.delivered(asked, scout, 'failed')).detail).toContain('No answer within')
    expect((await world.answer(next)).content).toBe('after the deadline')
    expect(await world.answersTo(asked)).toEqual([])
    await world.bridge.kill()
  })

  test('B24 floods with progress and foreign events: the answer comes all the same', async () => {
    await world.steer('/faults', { flood: 3_000, noise: 500 })
    const asked = await world.say('@scout ECHO through the flood')
    expect((await world.answer(asked)).content).toBe('through the flood')
    await world.steer('/faults', { flood: 0, noise: 1 })
  })
})

describe('keys', () => {
  const key = (agent: Agent) =>
    world.admin.in<{ api_key: string }>('POST', `/users/${agent.user.id}/api-keys/rotate`, { grace_hours: 0 })

  test('B79 a revoked one stops its agent, the other goes on, and a new one is picked up', async () => {
    const { body } = await key(brief)
    await healthSays('Mission Control refuses the key of agent brief')
    const asked = await world.say('@brief ECHO with a new key')
    expect((await world.answer(await world.say('@scout ECHO not concerned'))).content).toBe('not concerned')
    expect((await world.health())?.status).toBe('degraded')
    world.configure({ brief: body.api_key })
    expect((await world.answer(asked)).content).toBe('with a new key')
    await isWell()
    expect(world.bridge.output).not.toContain(body.api_key)
  })
})

describe('a bridge that cannot work', () => {
  test('B61 with an OpenClaw that is too old ends, and names both versions', async () => {
    await world.bridge.kill()
    await world.gateway.kill()
    await world.startGateway({ version: '2026.6.11' })
    const from = world.bridge.output.length
    world.spawnBridge()
    expect(await world.bridge.ended()).not.toBe(0)
    const said = world.bridge.output.slice(from)
    expect(said).toContain('2026.6.11')
    expect(said).toContain('2026.8.1')
    await world.gateway.kill()
  })

  test('B99 as an agent that it serves under another name already: the second one is stopped, the first answers once', async () => {
    await world.bridge.kill()
    world.twin('twin', scout, { gateway_agent: 'eager' })
    world.spawnBridge()
    await healthSays('Another bridge listens for agent')
    const asked = await world.say('@scout ECHO only once')
    await world.delivered(asked, scout, 'answered')
    expect(await settled(asked)).toHaveLength(1)
    await world.bridge.kill()
    world.forgetLast()
  })
})

describe('the state file', () => {
  test('B73 is held by one bridge: a second one is refused and says why', async () => {
    const second = await world.second()
    expect(await second.ended()).toBe(1)
    expect(second.output).toMatch(/another|already|in use/i)
    expect((await world.answer(await world.say('@scout ECHO first one'))).content).toBe('first one')
  })

  test('B75 is damaged: it is moved aside, what waits is answered, what was answered is not again', async () => {
    const answered = await world.say('@scout ECHO long ago')
    await world.delivered(answered, scout, 'answered')
    await world.bridge.kill()
    const waiting = await world.say('@scout ECHO while it was damaged')
    rmSync(`${world.state_path}-wal`, { force: true })
    writeFileSync(world.state_path, 'this is no state file '.repeat(1_000))
    await world.startBridge(TIMES)
    expect((await world.answer(waiting)).content).toBe('while it was damaged')
    expect(await settled(answered)).toEqual(['long ago'])
    expect(await world.turns('long ago')).toHaveLength(1)
    await healthSays('The state file was damaged')
    expect(readdirSync(world.folder).some((name) => name.includes('damaged'))).toBe(true)
    await world.bridge.kill()
  })

  test('B72 cannot be written: no events are taken, health says so, and all is answered when it can', async () => {
    await world.limitFiles(1)
    const asked = await world.say('@scout ECHO on a full disk')
    await healthSays('not writable')
    await world.limitFiles('unlimited')
    expect((await world.answer(asked)).content).toBe('on a full disk')
    expect(await settled(asked)).toHaveLength(1)
    await isWell()
  })
})

describe('much at once', () => {
  test('B29 1,000 messages that waited are answered once each, in the order of their channel', async () => {
    await world.gateway.kill()
    const channels = [world.general]
    for (const name of ['north', 'south', 'west'])
      channels.push((await world.admin.in<Channel>('POST', '/channels', { name })).body.id)
    const asked = await Promise.all(
      channels.map(async (channel_id) => {
        const said: Message[] = []
        for (let n = 0; n < 250; n++) said.push(await world.say(`@scout ECHO number ${n}`, { channel_id }))
        return said
      }),
    )
    await until(async () => (await world.health())?.state.unfinished === 1_000, 'all of them to wait')
    await world.startGateway({ model_ms: 0 })
    await until(async () => (await world.health())?.state.unfinished === 0, 'all of them to be answered')
    for (const said of asked) {
      const channel_id = said[0]!.channel_id
      const pages = [
        await world.page(channel_id),
        await world.page(channel_id, 200),
        await world.page(channel_id, 400),
      ]
      const answers = pages
        .flat()
        .filter(({ sender, reply_to }) => sender.id === scout.user.id && reply_to !== null)
      const ours = answers
        .filter(({ reply_to }) => said.some(({ id }) => id === reply_to))
        .sort((a, b) => a.seq - b.seq)
      expect(ours.map(({ content }) => content)).toEqual(said.map((_, n) => `number ${n}`))
    }
  })
})
