import { describe, expect, test } from 'bun:test'
import { FakeClock } from '../../tests/support/fake-clock.ts'
import { Outbox, type OutboxPorts } from '../src/realtime/outbox.ts'
import { MemoryOutboxStore, type OutboxEntry, type OutboxStore } from '../src/realtime/outbox-store.ts'
import { CHANNEL, ME, NOON } from './support/samples.ts'

let ids = 0
const owner = { org_id: 'org', user_id: ME }

async function setUp(
  options: { store?: OutboxStore; tab_id?: string; alive?: string[]; load?: boolean } = {},
) {
  const sent: OutboxEntry[] = []
  const timers = new FakeClock()
  const seen = { live: true, stalled: 0, failures: [] as string[] }
  const ports: OutboxPorts = {
    store: options.store ?? new MemoryOutboxStore(),
    timers,
    random: () => 1,
    newId: () => `${options.tab_id ?? 'tab'}-${++ids}`,
    tab_id: options.tab_id ?? 'tab',
    openTabs: async () => new Set(options.alive ?? []),
    send(entry) {
      if (seen.live) sent.push(entry)
      return seen.live
    },
    changed: () => {},
    stalled: () => {
      seen.stalled++
    },
    failed: (stage) => seen.failures.push(stage),
  }
  const outbox = new Outbox(owner, ports)
  if (options.load !== false) await outbox.load()
  return { outbox, sent, timers, seen }
}

const text = (content: string) => ({ channel_id: CHANNEL, content, reply_to: null })
const ack = (client_id: string, seq = 1) => ({
  type: 'ack' as const,
  client_id,
  channel_id: CHANNEL,
  id: 'id',
  seq,
  created_at: NOON,
})
const refusal = (client_id: string, code: 'UNAVAILABLE' | 'ORG_READ_ONLY' | 'VALIDATION_FAILED') => ({
  type: 'error' as const,
  client_id,
  error: { code, message: 'No.', status: 400 },
})
/** Reads of the store are asynchronous. */
const settle = async () => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

describe('outbox', () => {
  test('shows a message at once and sends it when connected', async () => {
    const { outbox, sent } = await setUp()
    outbox.add(text('hello'))
    expect(outbox.items.map(({ state }) => state)).toEqual(['waiting'])
    expect(sent).toEqual([])
    outbox.connected()
    expect(sent.map(({ content }) => content)).toEqual(['hello'])
    expect(outbox.items[0]?.state).toBe('sending')
  })

  test('has one message under way at a time, in the order of writing', async () => {
    const { outbox, sent } = await setUp()
    outbox.connected()
    const entries = ['a', 'b', 'c'].map((content) => outbox.add(text(content)))
    expect(sent.map(({ content }) => content)).toEqual(['a'])
    outbox.acknowledged(ack(entries[0]?.client_id ?? ''))
    outbox.acknowledged(ack(entries[1]?.client_id ?? ''))
    expect(sent.map(({ content }) => content)).toEqual(['a', 'b', 'c'])
  })

  test('sends again under the same client_id after a lost connection', async () => {
    const { outbox, sent } = await setUp()
    outbox.connected()
    outbox.add(text('a'))
    outbox.disconnected()
    expect(outbox.items[0]?.state).toBe('waiting')
    outbox.connected()
    expect(sent).toHaveLength(2)
    expect(sent[0]?.client_id).toBe(sent[1]?.client_id ?? '')
  })

  test('does not send again what showed up in its channel, though the acknowledgement was lost', async () => {
    const { outbox, sent } = await setUp()
    outbox.connected()
    const entry = outbox.add(text('a'))
    outbox.disconnected()
    outbox.arrived(entry.client_id)
    outbox.connected()
    expect(sent).toHaveLength(1)
    expect(outbox.items).toEqual([])
  })

  test('forgets a message on the device once it is acknowledged', async () => {
    const store = new MemoryOutboxStore()
    const { outbox } = await setUp({ store })
    outbox.connected()
    const entry = outbox.add(text('a'))
    await outbox.settled()
    expect(await store.list('org', ME)).toHaveLength(1)
    outbox.acknowledged(ack(entry.client_id))
    await outbox.settled()
    expect(await store.list('org', ME)).toEqual([])
  })

  test('takes up after a reload what was not sent, in order, once', async () => {
    const store = new MemoryOutboxStore()
    const before = await setUp({ store })
    for (const content of ['a', 'b']) before.outbox.add(text(content))
    await before.outbox.settled()
    const after = await setUp({ store })
    after.outbox.connected()
    await after.outbox.load()
    for (let at = 0; at < 2; at++) after.outbox.acknowledged(ack(after.sent[at]?.client_id ?? ''))
    expect(after.sent.map(({ content }) => content)).toEqual(['a', 'b'])
    expect(after.sent.map(({ client_id }) => client_id)).toEqual(
      before.outbox.items.map(({ client_id }) => client_id),
    )
  })

  test('sends nothing new before it knows what was left from before', async () => {
    const store = new MemoryOutboxStore()
    const before = await setUp({ store })
    before.outbox.add(text('old'))
    await before.outbox.settled()
    const after = await setUp({ store, load: false })
    await after.timers.advance(1_000)
    after.outbox.add(text('new'))
    after.outbox.connected()
    expect(after.sent).toEqual([])
    await settle()
    expect(after.sent.map(({ content }) => content)).toEqual(['old'])
  })

  test('leaves alone what another tab that lives will send, and adopts what a closed tab left', async () => {
    const store = new MemoryOutboxStore()
    const other = await setUp({ store, tab_id: 'other' })
    other.outbox.add(text('of the other tab'))
    await other.outbox.settled()
    const beside = await setUp({ store, alive: ['other', 'tab'] })
    expect(beside.outbox.items).toEqual([])
    const after = await setUp({ store, alive: ['tab'] })
    await after.outbox.settled()
    expect(after.outbox.items.map(({ content }) => content)).toEqual(['of the other tab'])
    expect((await store.list('org', ME))[0]?.tab_id).toBe('tab')
  })

  test('a passing refusal keeps its turn and is sent again by itself', async () => {
    const { outbox, sent, timers } = await setUp()
    outbox.connected()
    const [first] = ['a', 'b'].map((content) => outbox.add(text(content)))
    outbox.refused(refusal(first?.client_id ?? '', 'UNAVAILABLE'))
    expect(sent.map(({ content }) => content)).toEqual(['a'])
    await timers.advance(60_000)
    expect(sent.map(({ content }) => content)).toEqual(['a', 'a'])
    expect(sent[1]?.client_id).toBe(sent[0]?.client_id ?? '')
  })

  test('a rate limit is waited for as long as the server says, however often', async () => {
    const { outbox, sent, timers } = await setUp()
    outbox.connected()
    const [first] = ['a', 'b'].map((content) => outbox.add(text(content)))
    const client_id = first?.client_id ?? ''
    const error = { code: 'RATE_LIMITED' as const, message: 'Slow down.', status: 429 }
    for (let refused = 1; refused <= 12; refused++) {
      outbox.refused({ client_id, error, retry_after_s: 30 })
      expect(outbox.items[0]).toMatchObject({ state: 'waiting', limited_until: timers.now() + 30_000 })
      await timers.advance(29_000)
      expect(sent).toHaveLength(refused)
      await timers.advance(1_000)
      expect(sent).toHaveLength(refused + 1)
    }
    outbox.acknowledged(ack(client_id))
    expect(sent.at(-1)?.content).toBe('b')
  })

  test('a lasting refusal stays with its reason and does not hold up the next', async () => {
    const store = new MemoryOutboxStore()
    const { outbox, sent } = await setUp({ store })
    outbox.connected()
    const [first] = ['a', 'b'].map((content) => outbox.add(text(content)))
    outbox.refused(refusal(first?.client_id ?? '', 'ORG_READ_ONLY'))
    expect(sent.map(({ content }) => content)).toEqual(['a', 'b'])
    expect(outbox.items[0]).toMatchObject({ state: 'failed', failed: { code: 'ORG_READ_ONLY' } })
    await outbox.settled()
    const after = await setUp({ store })
    expect(after.outbox.items[0]?.state).toBe('failed')
  })

  test('a refused message is sent again when its author says so, and gone when it is discarded', async () => {
    const { outbox, sent } = await setUp()
    outbox.connected()
    const [first, second] = ['a', 'b'].map((content) => outbox.add(text(content)))
    for (const entry of [first, second]) outbox.refused(refusal(entry?.client_id ?? '', 'VALIDATION_FAILED'))
    outbox.retry(first?.client_id ?? '')
    expect(sent.at(-1)?.content).toBe('a')
    expect(outbox.discard(second?.client_id ?? '')?.content).toBe('b')
    expect(outbox.items.map(({ content }) => content)).toEqual(['a'])
  })

  test('a message that is under way cannot be taken back', async () => {
    const { outbox } = await setUp()
    outbox.connected()
    const entry = outbox.add(text('a'))
    expect(outbox.discard(entry.client_id)).toBeUndefined()
    expect(outbox.items).toHaveLength(1)
  })

  test('without an acknowledgement in time the connection is given up', async () => {
    const { outbox, timers, seen } = await setUp()
    outbox.connected()
    outbox.add(text('a'))
    await timers.advance(60_000)
    expect(seen.stalled).toBe(1)
    expect(outbox.items[0]?.state).toBe('waiting')
  })

  test('a device that refuses to store is reported, and the message is sent all the same', async () => {
    const broken: OutboxStore = {
      note: () => {},
      list: () => Promise.reject(new Error('no')),
      put: () => Promise.reject(new Error('full')),
      remove: () => Promise.reject(new Error('full')),
      clear: async () => {},
    }
    const { outbox, sent, seen } = await setUp({ store: broken })
    outbox.connected()
    outbox.add(text('a'))
    await outbox.settled()
    await settle()
    expect(sent).toHaveLength(1)
    expect(seen.failures).toContain('store an unsent message')
  })
})
