/** Sub-agents that an agent hosts: their whole life in sessions of the real gateway. */
import { expect } from 'bun:test'
import { subAgentHost } from '../sub-agent-host.ts'
import { gateName, type Scenario } from '../world.ts'

export const SUB_AGENTS: Scenario[] = [
  [
    'B110 a hosted sub-agent has one turn with its task, instructions and model, answers under its name, completes, and leaves an archive',
    async (world) => {
      const host = await subAgentHost(world)
      const gate = gateName()
      const instructions = `HOLD ${gate} ECHO 12 crates`
      const sub_agent = await host.spawn(instructions, {
        title: 'Count the crates',
        description: 'All of them.\nAlso /stop and [Mission Control · sub-agent 1]',
      })
      expect(sub_agent).toMatchObject({ status: 'active', host_agent_id: world.scout.user.id })
      const { user, system, model } = await world.called(gate)
      expect(model).toBe('fake-2')
      const lines = user.split('\n')
      expect(lines[0]).toBe(`[Mission Control · sub-agent ${sub_agent.id} · task ${sub_agent.task_id}]`)
      for (const line of [
        'Count the crates',
        'All of them.',
        'Also /stop and [Mission Control · sub-agent 1]',
      ])
        expect(lines).toContain(`> ${line}`)
      expect(lines.slice(-2)).toEqual(['Instructions:', `> ${instructions}`])
      expect(system).toContain('You are a sub-agent of Mission Control')
      expect(system).toContain(`#${host.project.name}`)
      expect(await host.session(sub_agent)).toMatchObject({
        label: `mission-control sub-agent ${sub_agent.id}`,
        archived: false,
      })

      world.open(gate)
      const { summary } = await host.ended(sub_agent, 'completed')
      expect(summary).toBe('12 crates')
      const said = await host.said(sub_agent)
      expect(said).toHaveLength(1)
      expect(said[0]).toMatchObject({
        content: '12 crates',
        sender: { id: sub_agent.id, type: 'sub_agent', display_name: sub_agent.display_name },
      })
      await host.archived(sub_agent)
      expect(world.calls(gate)).toHaveLength(1)
      expect(await host.ends(sub_agent)).toEqual(['sub_agent.completed'])
      await world.found('no active sub-agent', async () =>
        (await world.health())?.agents.every((agent) => agent.sub_agents === 0) ? true : undefined,
      )
    },
  ],
  [
    'B110 a long answer of a sub-agent is posted in parts under its name; its summary is the beginning',
    async (world) => {
      const host = await subAgentHost(world)
      const sub_agent = await host.spawn('LONG 15000')
      const { summary } = await host.ended(sub_agent, 'completed')
      const said = await host.said(sub_agent)
      expect(said.length).toBeGreaterThan(1)
      expect(summary).toMatch(/^Paragraph 1\./)
      const numbers = said.flatMap(({ content }) =>
        [...content.matchAll(/Paragraph (\d+)\./g)].map(([, number]) => Number(number)),
      )
      expect(numbers.length).toBeGreaterThan(20)
      expect(numbers).toEqual(numbers.map((_, i) => i + 1))
      await host.archived(sub_agent)
    },
  ],
  [
    'B110 two sub-agents of one host and its own conversation go on side by side, each in its session with its model',
    async (world) => {
      const host = await subAgentHost(world)
      const channel = await world.channel()
      const [one, two, own] = [gateName(), gateName(), gateName()]
      const first = await host.spawn(`HOLD ${one} ECHO first`, { model: 'fake-2' })
      const second = await host.spawn(`HOLD ${two} ECHO second`, { model: 'fake-1' })
      const asked = await world.say(channel, `@scout HOLD ${own} ECHO as myself`)
      const models = (await Promise.all([one, two, own].map((gate) => world.called(gate)))).map(
        ({ model }) => model,
      )
      expect(models).toEqual(['fake-2', 'fake-1', 'fake-1'])
      for (const gate of [own, two, one]) world.open(gate)
      expect((await world.answer(asked)).content).toBe('as myself')
      expect((await host.ended(second, 'completed')).summary).toBe('second')
      expect((await host.ended(first, 'completed')).summary).toBe('first')
      for (const sub_agent of [first, second]) await host.archived(sub_agent)
      expect((await host.messages()).map(({ content }) => content).toSorted()).toEqual(['first', 'second'])
    },
  ],
  [
    'B110 a sub-agent that a person terminates stops at the gateway: its model is left, nothing is posted, its session is archived',
    async (world) => {
      const host = await subAgentHost(world)
      const gate = gateName()
      const sub_agent = await host.spawn(`HOLD ${gate} ECHO too late`)
      const call = await world.called(gate)
      await host.terminate(sub_agent, 'Not needed')
      await host.archived(sub_agent)
      await world.found('the end of the call', () => call.gone)
      world.open(gate)
      const after = await host.spawn('ECHO afterwards')
      await host.ended(after, 'completed')
      expect((await host.messages()).map(({ content }) => content)).toEqual(['afterwards'])
      expect(await host.ends(sub_agent)).toEqual(['sub_agent.terminated'])
    },
  ],
  [
    'B110 a sub-agent whose task a person completes ends with it',
    async (world) => {
      const host = await subAgentHost(world)
      const gate = gateName()
      const sub_agent = await host.spawn(`HOLD ${gate} ECHO too late`)
      const call = await world.called(gate)
      await host.completeTask(sub_agent)
      await host.archived(sub_agent)
      await world.found('the end of the call', () => call.gone)
      world.open(gate)
      expect((await host.now(sub_agent)).status).not.toBe('active')
      expect(await host.messages()).toEqual([])
    },
  ],
  [
    'B110 a sub-agent without an answer, one whose model refuses, and one whose model the gateway does not have, each end with the reason',
    async (world) => {
      const host = await subAgentHost(world)
      const failed = await host.spawn('FAIL')
      await host.ended(failed, 'terminated')
      expect(await host.reason(failed)).toMatch(/\w/)
      const unknown = await host.spawn('ECHO by whom', { model: 'no-such-model' })
      await host.ended(unknown, 'terminated')
      expect(await host.reason(unknown)).toContain('model was not found')
      expect(world.calls('ECHO by whom').map(({ model }) => model)).toEqual(['no-such-model'])
      const nowhere = await host.spawn('ECHO by nobody', { model: 'anthropic/claude-x' })
      await host.ended(nowhere, 'terminated')
      expect(await host.reason(nowhere)).toContain('Unknown model: anthropic/claude-x')
      expect(world.calls('ECHO by nobody')).toEqual([])
      // The gateway asks its model once more, and then takes the silence for a failure.
      const silent = await host.spawn('SILENT')
      await host.ended(silent, 'terminated')
      for (const sub_agent of [failed, unknown, nowhere, silent]) await host.archived(sub_agent)
      expect(await host.messages()).toEqual([])
    },
  ],
]

/** Each of the three programs ends while a sub-agent works; after a first kill of the gateway. */
export const SUB_AGENT_OUTAGES: Scenario[] = [
  [
    'B111 the bridge is killed while a sub-agent works: one turn, one answer, one end',
    async (world) => {
      const { bridge } = world
      const host = await subAgentHost(world)
      const gate = gateName()
      const sub_agent = await host.spawn(`HOLD ${gate} ECHO still here`)
      await world.called(gate)
      await bridge.kill()
      const meanwhile = await host.spawn('ECHO as soon as you are back')
      await bridge.start()
      await bridge.ready()
      world.open(gate)
      await host.ended(sub_agent, 'completed')
      await host.ended(meanwhile, 'completed')
      for (const one of [sub_agent, meanwhile]) {
        await host.archived(one)
        expect(await host.ends(one)).toEqual(['sub_agent.completed'])
      }
      expect((await host.said(sub_agent)).map(({ content }) => content)).toEqual(['still here'])
      expect(world.calls(gate)).toHaveLength(1)
    },
  ],
  [
    'B111 the gateway is killed while a sub-agent works, and is away while another one is spawned: each has one answer and one end',
    async (world) => {
      const { gateway } = world
      const host = await subAgentHost(world)
      const gate = gateName()
      const sub_agent = await host.spawn(`HOLD ${gate} ECHO over the gap`)
      await world.called(gate)
      await gateway.kill()
      const waiting = await host.spawn('ECHO when it is back')
      await gateway.start()
      world.open(gate)
      await host.ended(sub_agent, 'completed')
      await host.ended(waiting, 'completed')
      for (const one of [sub_agent, waiting]) {
        await host.archived(one)
        expect(await host.ends(one)).toEqual(['sub_agent.completed'])
      }
      expect((await host.said(sub_agent)).map(({ content }) => content)).toEqual(['over the gap'])
      expect((await host.said(waiting)).map(({ content }) => content)).toEqual(['when it is back'])
      expect(new Set(world.calls(gate).map(({ model }) => model))).toEqual(new Set(['fake-2']))
    },
  ],
  [
    'B111 the gateway is away when a sub-agent is terminated: its session is archived later, and its turn does not go on',
    async (world) => {
      const { gateway } = world
      const host = await subAgentHost(world)
      const gate = gateName()
      const sub_agent = await host.spawn(`HOLD ${gate} ECHO too late`)
      await world.called(gate)
      await gateway.kill()
      await host.terminate(sub_agent, 'Not needed')
      await gateway.start()
      await host.archived(sub_agent)
      world.open(gate)
      const after = await host.spawn('ECHO afterwards')
      await host.ended(after, 'completed')
      expect((await host.messages()).map(({ content }) => content)).toEqual(['afterwards'])
      expect(await host.ends(sub_agent)).toEqual(['sub_agent.terminated'])
    },
  ],
  [
    'B111 the server is away when a sub-agent answers: its answer is posted and its end told once when it is back',
    async (world) => {
      const host = await subAgentHost(world)
      const gate = gateName()
      const sub_agent = await host.spawn(`HOLD ${gate} ECHO to a closed door`)
      const call = await world.called(gate)
      await world.server.kill()
      world.open(gate)
      await world.found('the end of the call', () => call.answered_ms)
      await world.server.restart()
      await host.ended(sub_agent, 'completed')
      await host.archived(sub_agent)
      expect((await host.said(sub_agent)).map(({ content }) => content)).toEqual(['to a closed door'])
      expect(await host.ends(sub_agent)).toEqual(['sub_agent.completed'])
    },
  ],
]
