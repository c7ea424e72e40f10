/** A message without an acknowledgement, as stored on this device. */
export interface OutboxEntry {
  /** Unique; makes sending idempotent. */
  client_id: string
  org_id: string
  user_id: string
  channel_id: string
  content: string
  reply_to: string | null
  /** Set for a command that the server does not know by name. */
  kind?: 'command'
  /** Agents that it does not wake; absent when there is none. */
  leave_out?: string[]
  created_at: string
  /** Sort key of the sending order. */
  order: number
  /** The tab that sends it. Another tab adopts it when that one is gone. */
  tab_id: string
  /** Set if the server refused the message: it stays until the user decides. */
  failed: { code: string; message: string } | null
}

/** Storage of unsent messages across reloads. Failures of the device reject. */
export interface OutboxStore {
  /** All entries of this user in this org, in sending order. */
  list(org_id: string, user_id: string): Promise<OutboxEntry[]>
  /** Keeps an entry in the call, at least until `put` of the same entry has stored it. */
  note(entry: OutboxEntry): void
  /** Stores a copy, made in the call. */
  put(entry: OutboxEntry): Promise<void>
  remove(client_id: string): Promise<void>
  /** Removes all entries of a user, at sign-out. */
  clear(user_id: string): Promise<void>
}

/** Fallback for browsers without IndexedDB (some private windows): entries do not survive a reload. */
export class MemoryOutboxStore implements OutboxStore {
  readonly #entries = new Map<string, OutboxEntry>()

  async list(org_id: string, user_id: string): Promise<OutboxEntry[]> {
    const own = [...this.#entries.values()].filter(
      (entry) => entry.org_id === org_id && entry.user_id === user_id,
    )
    return sorted(structuredClone(own))
  }

  note(entry: OutboxEntry): void {
    this.#entries.set(entry.client_id, structuredClone(entry))
  }

  async put(entry: OutboxEntry): Promise<void> {
    this.note(entry)
  }

  async remove(client_id: string): Promise<void> {
    this.#entries.delete(client_id)
  }

  async clear(user_id: string): Promise<void> {
    for (const entry of this.#entries.values())
      if (entry.user_id === user_id) this.#entries.delete(entry.client_id)
  }
}

export function sorted(entries: OutboxEntry[]): OutboxEntry[] {
  return entries.sort((a, b) => a.order - b.order || (a.client_id < b.client_id ? -1 : 1))
}
