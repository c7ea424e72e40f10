import { describe, expect, test } from 'bun:test'
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb'
import { type DeviceStore, MemoryDeviceStore } from '../src/device/device-store.ts'
import { IndexedDbDeviceStore } from '../src/device/device-store-idb.ts'
import { DEVICE_STORE_RULES, keptEntry } from './support/device-store-contract.ts'
import { ME } from './support/samples.ts'

// The key ranges of a simulated database are its own.
Object.assign(globalThis, { IDBKeyRange })

/** Chromium's IndexedDB runs the same suite in tests/e2e/ports.test.ts. */
const kinds: [string, () => DeviceStore][] = [
  ['in memory', () => new MemoryDeviceStore()],
  ['in a simulated IndexedDB', () => new IndexedDbDeviceStore(new IDBFactory())],
]
describe.each(kinds)('the contract of a device store: %s', (_name, make) => {
  for (const [title, holds] of DEVICE_STORE_RULES) test(title, () => holds(async () => ({ store: make() })))
})

test('kept answers in IndexedDB survive a reload', async () => {
  const device = new IDBFactory()
  await new IndexedDbDeviceStore(device).put([keptEntry('a')])
  expect(await new IndexedDbDeviceStore(device).list(ME)).toEqual([keptEntry('a')])
})
