import { expect, test } from 'bun:test'
import { Directory } from '../../src/agent/directory.ts'
import { Intake, type IntakePorts } from '../../src/agent/intake.ts'
import { systemClock } from '../../src/clock.ts'
import type { Incoming } from '../../src/server/port.ts'
import { MemoryState } from '../state/memory-state.ts'

const nothing = () => undefined
const unasked = () => Promise.reject(new Error('Nothing of this is asked here.'))

type Gap = (life: AbortController, state: MemoryState) => Promise<void>

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
