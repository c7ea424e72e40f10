import { beforeEach, describe, expect, test } from 'bun:test'
import { IDBFactory } from 'fake-indexeddb'
import { IndexedDbOutboxStore } from '../src/realtime/outbox-idb.ts'
import { MemoryOutboxStore, type OutboxEntry, type OutboxStore } from '../src/realtime/outbox-store.ts'
import { CHANNEL, ME, NOON, OTHER } from './support/samples.ts'

const entry = (order: number, rest: Partial<OutboxEntry> = {}): OutboxEntry => ({
  client_id: `client-${order}`,
  org_id: 'org',
  user_id: ME,
  channel_id: CHANNEL,
  content: `text ${order}`,
  reply_to: null,
  created_at: NOON,
  order,
  tab_id: 'tab',
  failed: null,
  ...rest,
})

/** One suite for the port: what holds for the memory holds for the device. */
const kinds: [string, () => OutboxStore][] = [
  ['in memory', () => new MemoryOutboxStore()],
  ['in IndexedDB', () => new IndexedDbOutboxStore(new IDBFactory())],
]
describe.each(kinds)('unsent messages %s', (_name, make) => {
  let store: OutboxStore
  beforeEach(() => {
    store = make()
  })

  test('come back in the order in which they were written', async () => {
    for (const order of [3, 1, 2]) await store.put(entry(order))
    expect((await store.list('org', ME)).map(({ order }) => order)).toEqual([1, 2, 3])
  })

  test('belong to one person in one org', async () => {
    await store.put(entry(1))
    await store.put(entry(2, { user_id: OTHER }))
    await store.put(entry(3, { org_id: 'other org' }))
    expect((await store.list('org', ME)).map(({ order }) => order)).toEqual([1])
  })

  test('are replaced, not doubled, under the same client_id', async () => {
    await store.put(entry(1))
    await store.put(entry(1, { failed: { code: 'ORG_READ_ONLY', message: 'No.' } }))
    const [only, ...others] = await store.list('org', ME)
    expect(only?.failed?.code).toBe('ORG_READ_ONLY')
    expect(others).toEqual([])
  })

  test('can be removed, twice without harm', async () => {
    await store.put(entry(1))
    await store.remove('client-1')
    await store.remove('client-1')
    expect(await store.list('org', ME)).toEqual([])
  })

  test('are gone after sign-out, those of others are not', async () => {
    await store.put(entry(1))
    await store.put(entry(2, { org_id: 'other org' }))
    await store.put(entry(3, { user_id: OTHER }))
    await store.clear(ME)
    expect(await store.list('org', ME)).toEqual([])
    expect(await store.list('other org', ME)).toEqual([])
    expect(await store.list('org', OTHER)).toHaveLength(1)
  })
})

test('unsent messages in IndexedDB survive a reload', async () => {
  const device = new IDBFactory()
  await new IndexedDbOutboxStore(device).put(entry(1))
  expect(await new IndexedDbOutboxStore(device).list('org', ME)).toEqual([entry(1)])
})
