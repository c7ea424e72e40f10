import { describe, expect, test } from 'bun:test'
import { TIMER_RULES } from '../../tests/support/clock-contract.ts'
import { LockBroker } from '../src/realtime/lock-broker.ts'
import { realTimers } from '../src/realtime/timers.ts'
import { BROADCAST_RULES } from './support/broadcast-contract.ts'
import { brokerTab } from './support/broker-tab.ts'
import { FakeBroadcast, FakeBroadcasts } from './support/fake-broadcast.ts'
import { FakeLocks } from './support/fake-locks.ts'
import { FakeSocket } from './support/fake-socket.ts'
import { FakeSource } from './support/fake-source.ts'
import { LOCKS_RULES } from './support/locks-contract.ts'
import { turn } from './support/rule.ts'
import { SOCKET_RULES, type SocketUnderTest } from './support/socket-contract.ts'
import { SOURCE_RULES, type SourceUnderTest } from './support/source-contract.ts'

/** The fakes of a browser's objects. The objects of Chromium run the same suites in tests/e2e/ports.test.ts. */

describe('the contract of timers: of this runtime', () => {
  const pass = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
  for (const [title, holds] of TIMER_RULES) test(title, () => holds({ clock: realTimers, pass }))
})

describe('the contract of a broadcast channel: fake', () => {
  async function make() {
    const all = new FakeBroadcasts()
    return { open: () => new FakeBroadcast(all) }
  }
  for (const [title, holds] of BROADCAST_RULES) test(title, () => holds(make))
})

describe('the contract of locks: fake', () => {
  async function make() {
    const locks = new FakeLocks()
    let tabs = 0
    const openTab = () => {
      const tab_id = `tab ${++tabs}`
      return { locks: locks.ofTab(tab_id), close: () => locks.closeTab(tab_id) }
    }
    return { name: 'lock', openTab }
  }
  for (const [title, holds] of LOCKS_RULES) test(title, () => holds(make))
})

describe('the contract of locks: of a broker, for origins without Web Locks', () => {
  for (const [title, holds] of LOCKS_RULES)
    test(title, async () => {
      const broker = new LockBroker()
      await holds(async () => ({ name: 'lock', openTab: () => brokerTab(broker) }))
    })

  test('a tab that answers no ping loses its lock, and hears so when it is back', async () => {
    const broker = new LockBroker()
    const [frozen, other] = [brokerTab(broker), brokerTab(broker)]
    const never = new Promise<never>(() => {})
    const lost = frozen.locks.request('lock', {}, () => never)
    let granted = false
    void other.locks.request('lock', {}, () => {
      granted = true
      return never
    })
    await turn()
    frozen.freeze(true)
    for (let pings = 0; pings < 4; pings++) {
      expect(granted).toBe(false)
      broker.ping()
      await turn()
    }
    expect(granted).toBe(true)
    frozen.freeze(false)
    // Requested before the loss is known.
    const again = frozen.locks.request('lock', { ifAvailable: true }, (lock) => lock)
    const outcomes = await Promise.allSettled([lost, again])
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(await frozen.locks.request('lock', { ifAvailable: true }, (lock) => lock)).toBeNull()
    other.close()
    await turn()
    expect(await frozen.locks.request('lock', { ifAvailable: true }, (lock) => lock)).not.toBeNull()
  })
})

describe('the contract of a socket: fake', () => {
  async function make(): Promise<SocketUnderTest> {
    const socket = new FakeSocket()
    return {
      socket,
      server: {
        accept: async () => socket.opened(),
        refuse: async () => socket.ends(1006),
        say: async (text) => socket.says(text),
        end: async (code) => socket.ends(code),
        cut: async () => socket.ends(1006),
        received: async () => socket.sent.map((frame) => JSON.stringify(frame)),
      },
    }
  }
  for (const [title, holds] of SOCKET_RULES) test(title, () => holds(make))
})

describe('the contract of an event source: fake', () => {
  async function make(): Promise<SourceUnderTest> {
    const source = new FakeSource()
    return {
      source,
      server: {
        accept: async () => source.opened(),
        refuse: async () => source.fails(2),
        say: async (data, id) => source.says(data, id),
        lose: async () => source.fails(0),
        lastEventId: async () => source.last_event_id,
      },
    }
  }
  for (const [title, holds] of SOURCE_RULES) test(title, () => holds(make))
})
