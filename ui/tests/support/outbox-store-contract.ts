import assert from 'node:assert/strict'
import type { OutboxEntry, OutboxStore } from '../../src/realtime/outbox-store.ts'
import type { Rule } from './rule.ts'
import { CHANNEL, ME, NOON, OTHER } from './samples.ts'

export interface OutboxStoreUnderTest {
  store: OutboxStore
}

export const outboxEntry = (order: number, rest: Partial<OutboxEntry> = {}): OutboxEntry => ({
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

const ordersOf = async (store: OutboxStore, org_id = 'org', user_id = ME) =>
  (await store.list(org_id, user_id)).map(({ order }) => order)

export const OUTBOX_STORE_RULES: Rule<OutboxStoreUnderTest>[] = [
  [
    'entries come back in the order in which they were written, equal ones by client_id',
    async (make) => {
      const { store } = await make()
      for (const order of [3, 1, 2]) await store.put(outboxEntry(order))
      await store.put(outboxEntry(2, { client_id: 'a' }))
      assert.deepEqual(
        (await store.list('org', ME)).map(({ client_id }) => client_id),
        ['client-1', 'a', 'client-2', 'client-3'],
      )
    },
  ],
  [
    'entries belong to one user in one org',
    async (make) => {
      const { store } = await make()
      await store.put(outboxEntry(1))
      await store.put(outboxEntry(2, { user_id: OTHER }))
      await store.put(outboxEntry(3, { org_id: 'other org' }))
      assert.deepEqual(await store.list('org', ME), [outboxEntry(1)])
    },
  ],
  [
    'an entry is replaced under the same client_id',
    async (make) => {
      const { store } = await make()
      await store.put(outboxEntry(1))
      const failed = { code: 'ORG_READ_ONLY', message: 'No.' }
      await store.put(outboxEntry(1, { failed }))
      assert.deepEqual(await store.list('org', ME), [outboxEntry(1, { failed })])
    },
  ],
  [
    'an entry can be removed, a second time without effect',
    async (make) => {
      const { store } = await make()
      await store.put(outboxEntry(1))
      await store.remove('client-1')
      await store.remove('client-1')
      assert.deepEqual(await ordersOf(store), [])
    },
  ],
  [
    'clear removes all entries of a user, and no others',
    async (make) => {
      const { store } = await make()
      await store.put(outboxEntry(1))
      await store.put(outboxEntry(2, { org_id: 'other org' }))
      await store.put(outboxEntry(3, { user_id: OTHER }))
      await store.clear(ME)
      assert.deepEqual(await ordersOf(store), [])
      assert.deepEqual(await ordersOf(store, 'other org'), [])
      assert.deepEqual(await ordersOf(store, 'org', OTHER), [3])
    },
  ],
  [
    'what is stored is a copy of the entry at the time of the call, and so is what is listed',
    async (make) => {
      const { store } = await make()
      const entry = outboxEntry(1)
      const stored = store.put(entry)
      entry.content = 'changed after put'
      await stored
      const [listed] = await store.list('org', ME)
      assert.ok(listed)
      listed.content = 'changed after list'
      assert.deepEqual(await store.list('org', ME), [outboxEntry(1)])
    },
  ],
  [
    'calls that are not awaited take effect in their order',
    async (make) => {
      const { store } = await make()
      await Promise.all([
        store.put(outboxEntry(1)),
        store.put(outboxEntry(2)),
        store.remove('client-1'),
        store.clear(ME),
        store.put(outboxEntry(3)),
        store.put(outboxEntry(3, { content: 'last' })),
      ])
      assert.deepEqual(await store.list('org', ME), [outboxEntry(3, { content: 'last' })])
    },
  ],
  [
    'a noted entry is listed at once, once, and goes with remove and clear',
    async (make) => {
      const { store } = await make()
      for (const order of [1, 2, 3]) store.note(outboxEntry(order))
      store.note(outboxEntry(4, { user_id: OTHER }))
      assert.deepEqual(await ordersOf(store), [1, 2, 3])
      await store.put(outboxEntry(2))
      assert.deepEqual(await ordersOf(store), [1, 2, 3])
      await store.remove('client-1')
      await store.remove('client-2')
      assert.deepEqual(await ordersOf(store), [3])
      await store.clear(ME)
      assert.deepEqual(await ordersOf(store), [])
      assert.deepEqual(await ordersOf(store, 'org', OTHER), [4])
    },
  ],
  [
    'an entry that cannot be stored rejects and leaves the others alone',
    async (make) => {
      const { store } = await make()
      await store.put(outboxEntry(1))
      const broken: OutboxEntry = Object.assign(outboxEntry(2), { run: () => {} })
      await assert.rejects(store.put(broken), { name: 'DataCloneError' })
      assert.deepEqual(await ordersOf(store), [1])
    },
  ],
]
