import { describe, expect, test } from 'bun:test'
import { FakeClock } from '../../tests/support/fake-clock.ts'
import { EventStream } from '../src/realtime/event-stream.ts'
import { SharedEvents } from '../src/realtime/shared-events.ts'
import { openTabs, takeTabId } from '../src/realtime/tabs.ts'
import { FakeBroadcast, FakeBroadcasts } from './support/fake-broadcast.ts'
import { FakeLocks } from './support/fake-locks.ts'
import { FakeSource } from './support/fake-source.ts'
import { turn } from './support/rule.ts'
import { smallEvent } from './support/samples.ts'

/** A browser: what its tabs share, and the event source that each could open. */
class Browser {
  readonly locks = new FakeLocks()
  readonly broadcasts = new FakeBroadcasts()
  readonly sources: FakeSource[] = []

  /** Opens the latest stream at this head of the log. */
  opens(head: number): void {
    this.#last.opened()
    this.#last.says(
      { type: 'stream.opened', payload: { log: 'abcd', head, heartbeat_seconds: 15 } },
      `abcd.${head}`,
    )
  }

  /** The latest stream brings an event. */
  says(sequence: number): void {
    this.#last.says(smallEvent({ sequence }), `abcd.${sequence}`)
  }

  get #last(): FakeSource {
    const source = this.sources.at(-1)
    if (!source) throw new Error('no stream was opened')
    return source
  }
}

function openTab(browser: Browser, tab_id: string, shared = true) {
  const heard: number[] = []
  const states: string[] = []
  const seen = { missed: 0, state: 'none' as string, leading: false }
  const broadcast = shared ? new FakeBroadcast(browser.broadcasts) : undefined
  const events = new SharedEvents(
    'mc-events:org:user',
    {
      tab_id,
      locks: shared ? browser.locks.ofTab(tab_id) : undefined,
      broadcast,
      stream: (handlers) =>
        new EventStream(
          (cursor) => {
            const source = new FakeSource(cursor)
            browser.sources.push(source)
            return source
          },
          handlers,
          new FakeClock(),
          () => 1,
        ),
    },
    {
      envelope: (envelope) => {
        if ('sequence' in envelope && envelope.sequence !== null) heard.push(envelope.sequence)
      },
      state: (state, leading) => {
        states.push(state)
        seen.state = state
        seen.leading = leading
      },
      missed: () => {
        seen.missed++
      },
    },
  )
  events.start()
  const close = () => {
    events.stop()
    browser.locks.closeTab(tab_id)
  }
  return { events, heard, states, seen, broadcast, close }
}

describe('one event stream per browser', () => {
  test('eight tabs open one stream and hear the same', async () => {
    const browser = new Browser()
    const tabs = Array.from({ length: 8 }, (_, at) => openTab(browser, `tab-${at}`))
    await turn()
    expect(browser.sources).toHaveLength(1)
    browser.opens(10)
    for (const sequence of [11, 12, 13]) browser.says(sequence)
    await turn()
    for (const tab of tabs) expect(tab.heard).toEqual([11, 12, 13])
    expect(tabs.filter(({ seen }) => seen.leading)).toHaveLength(1)
    for (const tab of tabs) expect(tab.seen.state).toBe('live')
  })

  test('when the leader goes, the next one continues at the cursor it heard, and nobody misses anything', async () => {
    const browser = new Browser()
    const [first, second, third] = ['a', 'b', 'c'].map((id) => openTab(browser, id))
    await turn()
    browser.opens(10)
    browser.says(11)
    await turn()
    first?.close()
    await turn()
    expect(browser.sources).toHaveLength(2)
    expect(browser.sources[0]?.closed).toBe(true)
    expect(browser.sources[1]?.cursor).toBe('abcd.11')
    browser.opens(12)
    browser.says(12)
    await turn()
    expect(second?.heard).toEqual([11, 12])
    expect(third?.heard).toEqual([11, 12])
    expect(second?.seen.missed).toBe(0)
    expect(third?.seen.missed).toBe(0)
  })

  test('a leader that started without a place reads again what it loaded before', async () => {
    const browser = new Browser()
    const tab = openTab(browser, 'a')
    await turn()
    expect(tab.seen.missed).toBe(0)
    browser.opens(10)
    await turn()
    expect(tab.seen.missed).toBe(1)
    // The browser came back by itself.
    browser.sources[0]?.fails(0)
    browser.opens(11)
    expect(tab.seen.missed).toBe(1)
  })

  test('a tab that joins later knows the state at once and has missed nothing', async () => {
    const browser = new Browser()
    openTab(browser, 'a')
    await turn()
    browser.opens(10)
    await turn()
    const late = openTab(browser, 'b')
    await turn()
    expect(late.seen).toMatchObject({ state: 'live', leading: false, missed: 0 })
    browser.says(11)
    await turn()
    expect(late.heard).toEqual([11])
  })

  test('a tab that slept through an event notices with the next one', async () => {
    const browser = new Browser()
    openTab(browser, 'a')
    const sleeper = openTab(browser, 'b')
    await turn()
    browser.opens(10)
    await turn()
    if (sleeper.broadcast) sleeper.broadcast.deaf = true
    browser.says(11)
    await turn()
    if (sleeper.broadcast) sleeper.broadcast.deaf = false
    browser.says(12)
    await turn()
    expect(sleeper.heard).toEqual([12])
    expect(sleeper.seen.missed).toBe(1)
  })

  test('a tab that slept through a change of leaders notices', async () => {
    const browser = new Browser()
    const first = openTab(browser, 'a')
    openTab(browser, 'b')
    const sleeper = openTab(browser, 'c')
    await turn()
    browser.opens(10)
    await turn()
    if (sleeper.broadcast) sleeper.broadcast.deaf = true
    browser.says(11)
    await turn()
    first.close()
    await turn()
    if (sleeper.broadcast) sleeper.broadcast.deaf = false
    browser.opens(11)
    await turn()
    expect(sleeper.seen.missed).toBe(1)
  })

  test('a leader whose lock was given away follows the next one, and reads again what it may have missed', async () => {
    const browser = new Browser()
    const [first, second] = ['a', 'b'].map((id) => openTab(browser, id))
    await turn()
    browser.opens(10)
    browser.says(11)
    await turn()
    browser.locks.takeAway('a')
    await turn()
    expect(browser.sources.map(({ closed }) => closed)).toEqual([true, false])
    expect(browser.sources[1]?.cursor).toBe('abcd.11')
    browser.opens(12)
    browser.says(12)
    await turn()
    expect([first?.heard, second?.heard]).toEqual([
      [11, 12],
      [11, 12],
    ])
    expect([first?.seen.leading, second?.seen.leading]).toEqual([false, true])
    expect(first?.seen.state).toBe('live')
    second?.close()
    await turn()
    browser.opens(13)
    expect(first?.seen.leading).toBe(true)
  })

  test('followers of a leader that leaves do not hear that the stream ended', async () => {
    const browser = new Browser()
    const [first, second] = ['a', 'b'].map((id) => openTab(browser, id))
    await turn()
    browser.opens(10)
    await turn()
    first?.events.stop()
    await turn()
    expect(first?.seen).toMatchObject({ state: 'ended', leading: false })
    expect(second?.states).not.toContain('ended')
    expect(second?.seen).toMatchObject({ state: 'connecting', leading: true })
  })

  test('after a stop nothing is asked of the others', async () => {
    const browser = new Browser()
    const [first, second] = ['a', 'b'].map((id) => openTab(browser, id))
    await turn()
    for (const tab of [second, first]) {
      tab?.events.stop()
      tab?.events.retryNow()
      await turn()
    }
    expect(browser.sources).toHaveLength(1)
  })

  test('without locks every tab has a stream of its own', () => {
    const browser = new Browser()
    const tabs = ['a', 'b'].map((id) => openTab(browser, id, false))
    expect(browser.sources).toHaveLength(2)
    for (const { seen } of tabs) expect(seen.leading).toBe(true)
  })

  test('a strange message on the channel changes nothing', async () => {
    const browser = new Browser()
    const tab = openTab(browser, 'a')
    const listener = openTab(browser, 'b')
    await turn()
    for (const noise of [null, 7, 'x', {}, { kind: 'other' }])
      for (const channel of browser.broadcasts.open) channel.onmessage?.({ data: noise })
    expect(tab.heard.concat(listener.heard)).toEqual([])
  })
})

describe('tab ids', () => {
  const storage = (): Storage => {
    const values = new Map<string, string>()
    return {
      length: 0,
      clear: () => values.clear(),
      key: () => null,
      getItem: (name) => values.get(name) ?? null,
      setItem: (name, value) => void values.set(name, value),
      removeItem: (name) => void values.delete(name),
    }
  }

  test('a reloaded tab keeps its id', async () => {
    const locks = new FakeLocks()
    const own = storage()
    const before = await takeTabId(own, locks.ofTab('page 1'))
    locks.closeTab('page 1')
    expect(await takeTabId(own, locks.ofTab('page 2'))).toBe(before)
  })

  test('a duplicated tab gets another id', async () => {
    const locks = new FakeLocks()
    const own = storage()
    const original = await takeTabId(own, locks.ofTab('page 1'))
    const copy = storage()
    copy.setItem('mc.tab_id', original)
    expect(await takeTabId(copy, locks.ofTab('page 2'))).not.toBe(original)
  })

  test('tells which tabs live', async () => {
    const locks = new FakeLocks()
    const one = await takeTabId(storage(), locks.ofTab('page 1'))
    const two = await takeTabId(storage(), locks.ofTab('page 2'))
    locks.closeTab('page 1')
    const alive = await openTabs(locks.ofTab('page 3'))
    expect(alive?.has(two)).toBe(true)
    expect(alive?.has(one)).toBe(false)
    expect(await openTabs(undefined)).toBeUndefined()
  })
})
