import { describe, expect, test } from 'bun:test'
import { IDBFactory } from 'fake-indexeddb'
import { IndexedDbOutboxStore } from '../src/realtime/outbox-idb.ts'
import { MemoryOutboxStore, type OutboxStore } from '../src/realtime/outbox-store.ts'
import { OUTBOX_STORE_RULES, outboxEntry } from './support/outbox-store-contract.ts'
import { ME } from './support/samples.ts'

/** Chromium's IndexedDB runs the same suite in tests/e2e/ports.test.ts. */
const kinds: [string, () => OutboxStore][] = [
  ['in memory', () => new MemoryOutboxStore()],
  ['in a simulated IndexedDB', () => new IndexedDbOutboxStore(new IDBFactory())],
]
describe.each(kinds)('the contract of an outbox store: %s', (_name, make) => {
  for (const [title, holds] of OUTBOX_STORE_RULES) test(title, () => holds(async () => ({ store: make() })))
})

test('unsent messages in IndexedDB survive a reload', async () => {
  const device = new IDBFactory()
  await new IndexedDbOutboxStore(device).put(outboxEntry(1))
  expect(await new IndexedDbOutboxStore(device).list('org', ME)).toEqual([outboxEntry(1)])
})
