import type { DeviceStore, KeptEntry } from './device-store.ts'
import { IdbStore } from './idb.ts'

const BY_USER = 'by_user'

/** Kept answers in IndexedDB, shared by all tabs of this browser. */
export class IndexedDbDeviceStore implements DeviceStore {
  readonly #store: IdbStore

  constructor(factory: IDBFactory) {
    this.#store = new IdbStore(factory, {
      database: 'mission-control-device',
      store: 'answers',
      key_path: ['user_id', 'key'],
      indexes: { [BY_USER]: 'user_id' },
      // A loss costs another read.
      durability: 'default',
    })
  }

  async list(user_id: string): Promise<KeptEntry[]> {
    const entries = await this.#store.run(
      'readonly',
      (store): IDBRequest<KeptEntry[]> => store.index(BY_USER).getAll(user_id),
    )
    return entries ?? []
  }

  async put(entries: readonly KeptEntry[]): Promise<void> {
    const copies = structuredClone(entries)
    await this.#store.run('readwrite', (store) => {
      for (const copy of copies) store.put(copy)
      return undefined
    })
  }

  async remove(user_id: string, keys: readonly string[]): Promise<void> {
    await this.#store.run('readwrite', (store) => {
      for (const key of keys) store.delete([user_id, key])
      return undefined
    })
  }

  async clear(user_id: string): Promise<void> {
    await this.#store.run('readwrite', (store) => store.delete(IDBKeyRange.bound([user_id], [user_id, []])))
  }

  /** An array is greater than every text: all keys of this user lie between. */
  async keepOnly(user_id: string): Promise<void> {
    await this.#store.run('readwrite', (store) => {
      store.delete(IDBKeyRange.upperBound([user_id], true))
      return store.delete(IDBKeyRange.lowerBound([user_id, []]))
    })
  }
}
