import { type OutboxEntry, type OutboxStore, sorted } from './outbox-store.ts'

/** Small texts that are stored in the call: local storage. */
export interface Notes {
  read(key: string): string | undefined
  write(key: string, value: string | undefined): void
  keys(prefix: string): string[]
}

const PREFIX = 'mc.unsent.'

/**
 * Write-ahead for a store whose writes take time: an entry is in local storage until the store has it. So a page that is
 * closed or reloaded right after Enter loses nothing.
 */
export class AheadOutboxStore implements OutboxStore {
  readonly #store: Omit<OutboxStore, 'note'>
  readonly #notes: Notes

  constructor(store: Omit<OutboxStore, 'note'>, notes: Notes) {
    this.#store = store
    this.#notes = notes
  }

  note(entry: OutboxEntry): void {
    this.#notes.write(PREFIX + entry.client_id, JSON.stringify(entry))
  }

  async list(org_id: string, user_id: string): Promise<OutboxEntry[]> {
    // Before the store is read: an entry that moves there meanwhile is found twice, not missed.
    const noted = this.#noted().filter((entry) => entry.org_id === org_id && entry.user_id === user_id)
    const stored = await this.#store.list(org_id, user_id)
    const ids = new Set(stored.map(({ client_id }) => client_id))
    return sorted([...stored, ...noted.filter(({ client_id }) => !ids.has(client_id))])
  }

  async put(entry: OutboxEntry): Promise<void> {
    await this.#store.put(entry)
    this.#forget(entry.client_id)
  }

  async remove(client_id: string): Promise<void> {
    this.#forget(client_id)
    await this.#store.remove(client_id)
  }

  async clear(user_id: string): Promise<void> {
    for (const entry of this.#noted()) if (entry.user_id === user_id) this.#forget(entry.client_id)
    await this.#store.clear(user_id)
  }

  #forget(client_id: string): void {
    this.#notes.write(PREFIX + client_id, undefined)
  }

  #noted(): OutboxEntry[] {
    return this.#notes.keys(PREFIX).flatMap((key) => {
      const entry = parsed(this.#notes.read(key))
      return entry ? [entry] : []
    })
  }
}

function parsed(text: string | undefined): OutboxEntry | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as OutboxEntry)
  } catch {
    // Not of this app: another program of the same origin.
    return undefined
  }
}
