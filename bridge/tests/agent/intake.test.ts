import { describe, expect, test } from 'bun:test'
import type { Project, User } from '../../../src/contracts/resources.ts'
import { Directory } from '../../src/agent/directory.ts'
import { Intake, type IntakePorts } from '../../src/agent/intake.ts'
import { systemClock } from '../../src/clock.ts'
import type { Incoming } from '../../src/server/port.ts'
import { MemoryState } from '../state/memory-state.ts'
import { eventOf, GENERAL, ME, PROJECT, subAgent } from '../support/samples.ts'

const nothing = () => undefined
const unasked = () => Promise.reject(new Error('Nothing of this is asked here.'))

type Gap = (life: AbortController, state: MemoryState) => Promise<void>

/** Takes one event of an agent whose projects are read as `reads` say, one after the other; what is known when its row is made. */
async function knownAt(
  host_agent_id: string,
  reads: Project[][],
): Promise<{ known: boolean; reads: number }> {
  const life = new AbortController()
  let done = 0
  const directory = new Directory({
    me: async () => ({ id: ME }) as User,
    users: async () => [],
    channels: async () => [],
    projects: async () => reads[Math.min(done++, reads.length - 1)] ?? [],
  })
  await directory.refresh()
  const sub_agent = subAgent({ host_agent_id, status: 'active' })
  const event = eventOf('sub_agent.created', { sub_agent, project_ids: [PROJECT] })
  let known = false
  const ports: IntakePorts = {
    agent: 'forge',
    server: {
      async *events() {
        yield { kind: 'event', event, cursor: 'log.41' }
        life.abort()
      },
    },
    state: new MemoryState(Date.now),
    directory,
    senders: { note: nothing, lookUp: unasked },
    rows: {
      ofEvent() {
        known = directory.project(PROJECT) !== undefined
        return undefined
      },
    },
    clock: systemClock,
    random: () => 0,
    crash: nothing,
    isOver: unasked,
    onGap: unasked,
    onRow: nothing,
    onEvent: nothing,
    onChange: nothing,
    onMode: nothing,
    onBlocked: nothing,
    failed: nothing,
  }
  await new Intake(ports, life.signal).run().catch((error: unknown) => expect(error).toBe(life.signal.reason))
  return { known, reads: done }
}

/** Takes one item; `onGap` sees the life and the state, and may end the life. Resolves with what is stored then. */
async function position(item: Incoming, onGap: Gap): Promise<string | null> {
  const life = new AbortController()
  const state = new MemoryState(Date.now)
  const ports: IntakePorts = {
    agent: 'forge',
    server: {
      async *events() {
        yield item
        life.abort()
      },
    },
    state,
    directory: new Directory({ me: unasked, users: unasked, channels: unasked, projects: unasked }),
    senders: { note: nothing, lookUp: unasked },
    rows: { ofEvent: nothing },
    clock: systemClock,
    random: () => 0,
    crash: nothing,
    isOver: unasked,
    onGap: () => onGap(life, state),
    onRow: nothing,
    onEvent: nothing,
    onChange: nothing,
    onMode: nothing,
    onBlocked: nothing,
    failed: nothing,
  }
  await new Intake(ports, life.signal).run().catch((error: unknown) => expect(error).toBe(life.signal.reason))
  return state.cursor('forge')
}

const ITEMS: Incoming[] = [
  { kind: 'opened', cursor: 'log.7' },
  { kind: 'reset', cursor: 'log.7', reason: 'another log' },
]

test.each(ITEMS)('B50 the position of $kind is stored once the gap is made up for', async (item) => {
  const seen: (string | null)[] = []
  const stored = await position(item, async (_, state) => void seen.push(state.cursor('forge')))
  expect([...seen, stored]).toEqual([null, 'log.7'])
})

test.each(ITEMS)(
  'B50 a life that ends before the gap of $kind is made up for stores no position',
  async (item) => {
    const stored = await position(item, async (life) => {
      life.abort()
      life.signal.throwIfAborted()
    })
    expect(stored).toBe(null)
  },
)

describe('B110 the project of a hosted sub-agent', () => {
  const project = { id: PROJECT, channel_id: GENERAL, assigned_user_ids: [] as string[] } as Project

  test('that the host does not know is looked up before its row is made', async () => {
    expect(await knownAt(ME, [[], [project]])).toEqual({ known: true, reads: 2 })
  })

  test('that the host knows is not asked for, and neither is that of another host', async () => {
    expect(await knownAt(ME, [[project]])).toEqual({ known: true, reads: 1 })
    expect(await knownAt(crypto.randomUUID(), [[], [project]])).toEqual({ known: false, reads: 1 })
  })
})
