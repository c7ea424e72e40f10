import { describe, expect, test } from 'bun:test'
import type { StreamEnvelope } from '../../src/contracts/events.ts'
import type { StreamState } from '../src/realtime/event-stream.ts'
import { type BroadcastLike, SharedEvents, type StreamPort } from '../src/realtime/shared-events.ts'
import { openTabs, takeTabId } from '../src/realtime/tabs.ts'
import { FakeLocks } from './support/fake-locks.ts'
import { smallEvent } from './support/samples.ts'

/** A browser: what its tabs share, and the one server stream that each could open. */
class Browser {
  readonly locks = new FakeLocks()
  readonly channels = new Set<FakeBroadcast>()
  readonly streams: FakeStream[] = []
}

class FakeBroadcast implements BroadcastLike {
  onmessage: BroadcastLike['onmessage'] = null
  deaf = false
  readonly #browser: Browser
  constructor(browser: Browser) {
    this.#browser = browser
    browser.channels.add(this)
  }
  postMessage(message: unknown): void {
    for (const other of this.#browser.channels)
      if (other !== this && !other.deaf) other.onmessage?.({ data: structuredClone(message) })
  }
  close(): void {
    this.#browser.channels.delete(this)
  }
}

class FakeStream implements StreamPort {
  started_at: string | undefined | null = null
  stopped = false
  readonly handlers: {
    envelope(envelope: StreamEnvelope, cursor: string): void
    state(state: StreamState): void
  }
  constructor(handlers: FakeStream['handlers']) {
    this.handlers = handlers
  }
  start(cursor: string | undefined): void {
    this.started_at = cursor
    this.handlers.state('connecting')
  }
  stop(): void {
    this.stopped = true
  }
  retryNow(): void {}
  opens(head: number): void {
    this.handlers.state('live')
    this.handlers.envelope(
      { type: 'stream.opened', payload: { log: 'abcd', head, heartbeat_seconds: 15 } },
      `abcd.${head}`,
    )
  }
  says(sequence: number): void {
    this.handlers.envelope(smallEvent({ sequence }), `abcd.${sequence}`)
  }
}

function openTab(browser: Browser, tab_id: string, shared = true) {
  const heard: number[] = []
  const seen = { missed: 0, state: 'none' as string, leading: false }
  const broadcast = shared ? new FakeBroadcast(browser) : undefined
  const events = new SharedEvents(
    'mc-events:org:user',
    {
      tab_id,
      locks: shared ? browser.locks.ofTab(tab_id) : undefined,
      broadcast,
      stream: (handlers) => {
        const stream = new FakeStream(handlers)
        browser.streams.push(stream)
        return stream
      },
    },
    {
      envelope: (envelope) => {
        if ('sequence' in envelope && envelope.sequence !== null) heard.push(envelope.sequence)
      },
      state: (state, leading) => {
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
  return { events, heard, seen, broadcast, close }
}

const turn = async () => {
  for (let at = 0; at < 5; at++) await Promise.resolve()
}

describe('one event stream per browser', () => {
  test('eight tabs open one stream and hear the same', async () => {
    const browser = new Browser()
    const tabs = Array.from({ length: 8 }, (_, at) => openTab(browser, `tab-${at}`))
    await turn()
    expect(browser.streams).toHaveLength(1)
    browser.streams[0]?.opens(10)
    for (const sequence of [11, 12, 13]) browser.streams[0]?.says(sequence)
    for (const tab of tabs) expect(tab.heard).toEqual([11, 12, 13])
    expect(tabs.filter(({ seen }) => seen.leading)).toHaveLength(1)
    for (const tab of tabs) expect(tab.seen.state).toBe('live')
  })

  test('when the leader goes, the next one continues at the cursor it heard, and nobody misses anything', async () => {
    const browser = new Browser()
    const [first, second, third] = ['a', 'b', 'c'].map((id) => openTab(browser, id))
    await turn()
    browser.streams[0]?.opens(10)
    browser.streams[0]?.says(11)
    first?.close()
    await turn()
    expect(browser.streams).toHaveLength(2)
    expect(browser.streams[0]?.stopped).toBe(true)
    expect(browser.streams[1]?.started_at).toBe('abcd.11')
    browser.streams[1]?.opens(12)
    browser.streams[1]?.says(12)
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
    browser.streams[0]?.opens(10)
    expect(tab.seen.missed).toBe(1)
    browser.streams[0]?.opens(11)
    expect(tab.seen.missed).toBe(1)
  })

  test('a tab that joins later knows the state at once and has missed nothing', async () => {
    const browser = new Browser()
    openTab(browser, 'a')
    await turn()
    browser.streams[0]?.opens(10)
    const late = openTab(browser, 'b')
    expect(late.seen).toMatchObject({ state: 'live', leading: false, missed: 0 })
    browser.streams[0]?.says(11)
    expect(late.heard).toEqual([11])
  })

  test('a tab that slept through an event notices with the next one', async () => {
    const browser = new Browser()
    openTab(browser, 'a')
    const sleeper = openTab(browser, 'b')
    await turn()
    browser.streams[0]?.opens(10)
    if (sleeper.broadcast) sleeper.broadcast.deaf = true
    browser.streams[0]?.says(11)
    if (sleeper.broadcast) sleeper.broadcast.deaf = false
    browser.streams[0]?.says(12)
    expect(sleeper.heard).toEqual([12])
    expect(sleeper.seen.missed).toBe(1)
  })

  test('a tab that slept through a change of leaders notices', async () => {
    const browser = new Browser()
    const first = openTab(browser, 'a')
    openTab(browser, 'b')
    const sleeper = openTab(browser, 'c')
    await turn()
    browser.streams[0]?.opens(10)
    if (sleeper.broadcast) sleeper.broadcast.deaf = true
    browser.streams[0]?.says(11)
    first.close()
    await turn()
    if (sleeper.broadcast) sleeper.broadcast.deaf = false
    browser.streams[1]?.opens(11)
    expect(sleeper.seen.missed).toBe(1)
  })

  test('without locks every tab has a stream of its own', () => {
    const browser = new Browser()
    const tabs = ['a', 'b'].map((id) => openTab(browser, id, false))
    expect(browser.streams).toHaveLength(2)
    for (const { seen } of tabs) expect(seen.leading).toBe(true)
  })

  test('a strange message on the channel changes nothing', async () => {
    const browser = new Browser()
    const tab = openTab(browser, 'a')
    const listener = openTab(browser, 'b')
    await turn()
    for (const noise of [null, 7, 'x', {}, { kind: 'other' }])
      for (const channel of browser.channels) channel.onmessage?.({ data: noise })
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
