import { describe, expect, test } from 'bun:test'
import { IDBFactory } from 'fake-indexeddb'
import { AheadOutboxStore, type Notes } from '../src/realtime/outbox-ahead.ts'
import { IndexedDbOutboxStore } from '../src/realtime/outbox-idb.ts'
import { MemoryOutboxStore, type OutboxStore } from '../src/realtime/outbox-store.ts'
import { OUTBOX_STORE_RULES, outboxEntry } from './support/outbox-store-contract.ts'
import { ME } from './support/samples.ts'

function notesInMemory(): Notes {
  const values = new Map<string, string>()
  return {
    read: (key) => values.get(key),
    write: (key, value) => void (value === undefined ? values.delete(key) : values.set(key, value)),
    keys: (prefix) => [...values.keys()].filter((key) => key.startsWith(prefix)),
  }
}

/** Chromium's IndexedDB runs the same suite in tests/e2e/ports.test.ts. */
const kinds: [string, () => OutboxStore][] = [
  ['in memory', () => new MemoryOutboxStore()],
  [
    'in a simulated IndexedDB',
    () => new AheadOutboxStore(new IndexedDbOutboxStore(new IDBFactory()), notesInMemory()),
  ],
]
describe.each(kinds)('the contract of an outbox store: %s', (_name, make) => {
  for (const [title, holds] of OUTBOX_STORE_RULES) test(title, () => holds(async () => ({ store: make() })))
})

test('unsent messages in IndexedDB survive a reload', async () => {
  const device = new IDBFactory()
  await new IndexedDbOutboxStore(device).put(outboxEntry(1))
  expect(await new IndexedDbOutboxStore(device).list('org', ME)).toEqual([outboxEntry(1)])
})

test('a page that is reloaded before IndexedDB wrote a message still has it, once', async () => {
  const device = new IDBFactory()
  const notes = notesInMemory()
  const stuck = new MemoryOutboxStore()
  stuck.put = () => new Promise<never>(() => {})
  const dead = new AheadOutboxStore(stuck, notes)
  dead.note(outboxEntry(1))
  void dead.put(outboxEntry(1))
  const reloaded = new AheadOutboxStore(new IndexedDbOutboxStore(device), notes)
  expect(await reloaded.list('org', ME)).toEqual([outboxEntry(1)])
  await reloaded.put(outboxEntry(1))
  expect(await reloaded.list('org', ME)).toEqual([outboxEntry(1)])
  expect(notes.keys('')).toEqual([])
})
