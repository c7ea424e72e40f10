/** Each of the three programs ends while a turn is under way. */
import { expect } from 'bun:test'
import { gateName, type Scenario } from '../world.ts'

export const OUTAGES: Scenario[] = [
  [
    'an answer that comes while Mission Control is down is posted once when it is back',
    async (world) => {
      const channel = await world.channel()
      const gate = gateName()
      const asked = await world.say(channel, `@scout HOLD ${gate} ECHO to a closed door`)
      const call = await world.called(gate)
      await world.server.kill()
      world.open(gate)
      await world.found('the end of the call', () => call.answered_ms)
      await world.isHealthy('degraded', /Mission Control is not reachable/)
      await world.server.restart()
      expect((await world.answer(asked)).content).toBe('to a closed door')
      await world.delivery(asked, world.scout, 'answered')
      expect(await world.answers(asked)).toEqual(['to a closed door'])
      expect(world.calls(gate)).toHaveLength(1)
      await world.isHealthy('ok')
    },
  ],
  // Before any kill: from then on a gateway of 2026.8 drains for five minutes.
  [
    'the gateway is told to end in mid-turn: the turn ends, and what waits is answered by the next gateway',
    async (world) => {
      const { gateway, brief } = world
      const channel = await world.channel()
      const gate = gateName()
      const asked = await world.say(channel, `@scout HOLD ${gate} ECHO before the end`)
      await world.called(gate)
      const behind = await world.say(channel, '@scout ECHO behind it')
      gateway.terminate()
      const late = await world.say(await world.channel(), '@brief ECHO too late')
      await world.delivery(late, brief, 'queued', /^Waits: the gateway of the agent/)
      world.open(gate)
      expect((await world.answer(asked)).content).toBe('before the end')
      await gateway.ended()
      await gateway.start()
      expect((await world.answer(behind)).content).toBe('behind it')
      expect((await world.answer(late)).content).toBe('too late')
      expect(await world.answers(asked)).toEqual(['before the end'])
      expect(world.calls(gate)).toHaveLength(1)
      await world.isHealthy('ok')
    },
  ],
  [
    'the gateway is killed in mid-answer: one answer after its restart, and what was said meanwhile is answered',
    async (world) => {
      const channel = await world.channel()
      const gate = gateName()
      const asked = await world.say(channel, `@scout HOLD ${gate} ECHO over the gap`)
      await world.called(gate)
      await world.delivery(asked, world.scout, 'working')
      await world.gateway.kill()
      await world.isHealthy('degraded', /The gateway is away since/)
      const meanwhile = await world.say(channel, '@scout ECHO said meanwhile')
      const elsewhere = await world.say(await world.channel(), '@brief ECHO said elsewhere')
      await world.delivery(
        elsewhere,
        world.brief,
        'queued',
        /^Waits: the gateway of the agent is not connected/,
      )
      await world.gateway.start()
      world.open(gate)
      expect((await world.answer(asked)).content).toBe('over the gap')
      expect((await world.answer(meanwhile)).content).toBe('said meanwhile')
      expect((await world.answer(elsewhere)).content).toBe('said elsewhere')
      expect(await world.answers(asked)).toEqual(['over the gap'])
      expect((await world.saidAfter(asked)).map(({ content }) => content)).toEqual([
        'over the gap',
        'said meanwhile',
        'that was all',
      ])
      await world.isHealthy('ok')
    },
  ],
  [
    'the bridge is killed in mid-turn: one turn at the model, and one answer',
    async (world) => {
      const { bridge } = world
      const channel = await world.channel()
      const gate = gateName()
      const asked = await world.say(channel, `@scout HOLD ${gate} ECHO once and for all`)
      await world.called(gate)
      await bridge.kill()
      const meanwhile = await world.say(channel, '@scout ECHO said to nobody')
      await bridge.start()
      await bridge.ready()
      world.open(gate)
      expect((await world.answer(asked)).content).toBe('once and for all')
      expect((await world.answer(meanwhile)).content).toBe('said to nobody')
      expect(await world.answers(asked)).toEqual(['once and for all'])
      expect(world.calls(gate)).toHaveLength(1)
    },
  ],
  [
    'the bridge is down when the answer comes: it is posted when the bridge is back',
    async (world) => {
      const { bridge } = world
      const channel = await world.channel()
      const gate = gateName()
      const asked = await world.say(channel, `@scout HOLD ${gate} ECHO heard by nobody`)
      const call = await world.called(gate)
      await bridge.kill()
      world.open(gate)
      await world.found('the end of the call', () => call.answered_ms)
      await bridge.start()
      await bridge.ready()
      expect((await world.answer(asked)).content).toBe('heard by nobody')
      expect(await world.answers(asked)).toEqual(['heard by nobody'])
      expect(world.calls(gate)).toHaveLength(1)
    },
  ],
]
