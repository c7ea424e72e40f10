import { IdbStore } from '../device/idb.ts'
import { type OutboxEntry, type OutboxStore, sorted } from './outbox-store.ts'

const BY_USER = 'by_user'

/** The outbox in IndexedDB, shared by all tabs of this browser. Its writes take time: see `AheadOutboxStore`. */
export class IndexedDbOutboxStore implements Omit<OutboxStore, 'note'> {
  readonly #store: IdbStore

  constructor(factory: IDBFactory) {
    this.#store = new IdbStore(factory, {
      database: 'mission-control',
      store: 'outbox',
      key_path: 'client_id',
      indexes: { [BY_USER]: 'user_id' },
      durability: 'strict',
    })
  }

  async list(org_id: string, user_id: string): Promise<OutboxEntry[]> {
    const entries = await this.#store.run(
      'readonly',
      (store): IDBRequest<OutboxEntry[]> => store.index(BY_USER).getAll(user_id),
    )
    return sorted((entries ?? []).filter((entry) => entry.org_id === org_id))
  }

  async put(entry: OutboxEntry): Promise<void> {
    // Copied now: the transaction begins later.
    const copy = structuredClone(entry)
    await this.#store.run('readwrite', (store) => store.put(copy))
  }

  async remove(client_id: string): Promise<void> {
    await this.#store.run('readwrite', (store) => store.delete(client_id))
  }

  async clear(user_id: string): Promise<void> {
    const ids = await this.#store.run('readonly', (store) => store.index(BY_USER).getAllKeys(user_id))
    for (const id of ids ?? []) await this.#store.run('readwrite', (store) => store.delete(id))
  }
}
