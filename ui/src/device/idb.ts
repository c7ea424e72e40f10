interface Shape {
  database: string
  store: string
  key_path: string | string[]
  /** Name of an index → its field. */
  indexes: Record<string, string>
  /** A write is durable when it settles; the browser's default may lose it in a crash of the machine. */
  durability: IDBTransactionDurability
}

/**
 * One object store of IndexedDB in a database of its own, shared by all tabs of this browser. It is opened with the first
 * use, and anew after another tab upgraded it or the browser closed it.
 */
export class IdbStore {
  readonly #factory: IDBFactory
  readonly #shape: Shape
  #database: Promise<IDBDatabase> | undefined

  constructor(factory: IDBFactory, shape: Shape) {
    this.#factory = factory
    this.#shape = shape
  }

  /**
   * Settles when the transaction completes, not the request: only then the write is done. Answers the result of the request
   * that `act` returns.
   */
  async run<T>(
    mode: IDBTransactionMode,
    act: (store: IDBObjectStore) => IDBRequest<T> | undefined,
  ): Promise<T | undefined> {
    const database = await this.#opened()
    const { store, durability } = this.#shape
    return await new Promise<T | undefined>((resolve, reject) => {
      const transaction = database.transaction(store, mode, { durability })
      const request = act(transaction.objectStore(store))
      transaction.oncomplete = () => resolve(request?.result)
      transaction.onerror = () => reject(transaction.error)
      transaction.onabort = () => reject(transaction.error)
    })
  }

  #opened(): Promise<IDBDatabase> {
    this.#database ??= this.#open().catch((error: unknown) => {
      this.#database = undefined
      throw error
    })
    return this.#database
  }

  #open(): Promise<IDBDatabase> {
    const { database, store, key_path, indexes } = this.#shape
    return new Promise<IDBDatabase>((resolve, reject) => {
      const request = this.#factory.open(database, 1)
      request.onupgradeneeded = () => {
        const made = request.result.createObjectStore(store, { keyPath: key_path })
        for (const [name, field] of Object.entries(indexes)) made.createIndex(name, field)
      }
      request.onsuccess = () => {
        // A tab with a newer version of the app upgrades the database.
        request.result.onversionchange = () => this.#forget(request.result)
        request.result.onclose = () => this.#forget()
        resolve(request.result)
      }
      request.onerror = () => reject(request.error)
      request.onblocked = () => reject(new Error('The store of this device is in use by an older tab.'))
    })
  }

  #forget(database?: IDBDatabase): void {
    database?.close()
    this.#database = undefined
  }
}
