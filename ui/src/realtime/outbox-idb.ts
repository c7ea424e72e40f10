import { type OutboxEntry, type OutboxStore, sorted } from './outbox-store.ts'

const DATABASE = 'mission-control'
const STORE = 'outbox'
const BY_USER = 'by_user'

/** The outbox in IndexedDB, shared by all tabs of this browser. */
export class IndexedDbOutboxStore implements OutboxStore {
  readonly #factory: IDBFactory
  #database: Promise<IDBDatabase> | undefined

  constructor(factory: IDBFactory) {
    this.#factory = factory
  }

  async list(org_id: string, user_id: string): Promise<OutboxEntry[]> {
    const entries = await this.#run(
      'readonly',
      (store): IDBRequest<OutboxEntry[]> => store.index(BY_USER).getAll(user_id),
    )
    return sorted(entries.filter((entry) => entry.org_id === org_id))
  }

  async put(entry: OutboxEntry): Promise<void> {
    // Copied now: the transaction begins later.
    const copy = structuredClone(entry)
    await this.#run('readwrite', (store) => store.put(copy))
  }

  async remove(client_id: string): Promise<void> {
    await this.#run('readwrite', (store) => store.delete(client_id))
  }

  async clear(user_id: string): Promise<void> {
    const ids = await this.#run('readonly', (store) => store.index(BY_USER).getAllKeys(user_id))
    for (const id of ids) await this.#run('readwrite', (store) => store.delete(id))
  }

  /** Settles when the transaction completes, not the request: only then the write is durable. */
  async #run<T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    const database = await this.#opened()
    return await new Promise<T>((resolve, reject) => {
      const transaction = database.transaction(STORE, mode, { durability: 'strict' })
      const request = act(transaction.objectStore(STORE))
      transaction.oncomplete = () => resolve(request.result)
      transaction.onerror = () => reject(transaction.error)
      transaction.onabort = () => reject(transaction.error)
    })
  }

  #opened(): Promise<IDBDatabase> {
    this.#database ??= new Promise<IDBDatabase>((resolve, reject) => {
      const request = this.#factory.open(DATABASE, 1)
      request.onupgradeneeded = () => {
        const store = request.result.createObjectStore(STORE, { keyPath: 'client_id' })
        store.createIndex(BY_USER, 'user_id')
      }
      request.onsuccess = () => {
        // A tab with a newer version of the app upgrades the database.
        request.result.onversionchange = () => this.#forget(request.result)
        request.result.onclose = () => this.#forget()
        resolve(request.result)
      }
      request.onerror = () => reject(request.error)
      request.onblocked = () => reject(new Error('The message store is in use by an older tab.'))
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
