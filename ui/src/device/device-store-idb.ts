import type { DeviceStore, KeptEntry } from './device-store.ts'

const DATABASE = 'mission-control-device'
const STORE = 'answers'
const BY_USER = 'by_user'

/** Kept answers in IndexedDB, shared by all tabs of this browser. */
export class IndexedDbDeviceStore implements DeviceStore {
  readonly #factory: IDBFactory
  #database: Promise<IDBDatabase> | undefined

  constructor(factory: IDBFactory) {
    this.#factory = factory
  }

  async list(user_id: string): Promise<KeptEntry[]> {
    const entries = await this.#run(
      'readonly',
      (store): IDBRequest<KeptEntry[]> => store.index(BY_USER).getAll(user_id),
    )
    return entries ?? []
  }

  async put(entries: readonly KeptEntry[]): Promise<void> {
    const copies = structuredClone(entries)
    await this.#run('readwrite', (store) => {
      for (const copy of copies) store.put(copy)
      return undefined
    })
  }

  async remove(user_id: string, keys: readonly string[]): Promise<void> {
    await this.#run('readwrite', (store) => {
      for (const key of keys) store.delete([user_id, key])
      return undefined
    })
  }

  async clear(user_id: string): Promise<void> {
    await this.#run('readwrite', (store) => store.delete(IDBKeyRange.bound([user_id], [user_id, []])))
  }

  /** An array is greater than every text: all keys of this user lie between. */
  async keepOnly(user_id: string): Promise<void> {
    await this.#run('readwrite', (store) => {
      store.delete(IDBKeyRange.upperBound([user_id], true))
      return store.delete(IDBKeyRange.lowerBound([user_id, []]))
    })
  }

  /** Settles when the transaction completes, with the result of the request that `act` returns. */
  async #run<T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T> | undefined) {
    const database = await this.#opened()
    return await new Promise<T | undefined>((resolve, reject) => {
      const transaction = database.transaction(STORE, mode)
      const request = act(transaction.objectStore(STORE))
      transaction.oncomplete = () => resolve(request?.result)
      transaction.onerror = () => reject(transaction.error)
      transaction.onabort = () => reject(transaction.error)
    })
  }

  #opened(): Promise<IDBDatabase> {
    this.#database ??= new Promise<IDBDatabase>((resolve, reject) => {
      const request = this.#factory.open(DATABASE, 1)
      request.onupgradeneeded = () => {
        const store = request.result.createObjectStore(STORE, { keyPath: ['user_id', 'key'] })
        store.createIndex(BY_USER, 'user_id')
      }
      request.onsuccess = () => {
        // A tab with a newer version of the app upgrades the database.
        request.result.onversionchange = () => this.#forget(request.result)
        request.result.onclose = () => this.#forget()
        resolve(request.result)
      }
      request.onerror = () => reject(request.error)
      request.onblocked = () => reject(new Error('The store of this device is in use by an older tab.'))
    }).catch((error: unknown) => {
      this.#database = undefined
      throw error
    })
    return this.#database
  }

  #forget(database?: IDBDatabase): void {
    database?.close()
    this.#database = undefined
  }
}
