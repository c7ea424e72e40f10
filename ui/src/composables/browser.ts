import { IndexedDbOutboxStore } from '../realtime/outbox-idb.ts'
import { MemoryOutboxStore, type OutboxStore } from '../realtime/outbox-store.ts'
import type { LocksLike } from '../realtime/tabs.ts'

/** Web Locks, where the origin is secure enough to have them. */
export function webLocks(): LocksLike | undefined {
  return typeof navigator === 'undefined' ? undefined : navigator.locks
}

/** Storage of this tab alone; undefined where it is forbidden. */
export function tabStorage(): Storage | undefined {
  try {
    return sessionStorage
  } catch {
    // Storage is forbidden here.
    return undefined
  }
}

let store: OutboxStore | undefined

/** Where unsent messages live on this device. */
export function outboxStore(): OutboxStore {
  store ??= typeof indexedDB === 'undefined' ? new MemoryOutboxStore() : new IndexedDbOutboxStore(indexedDB)
  return store
}
