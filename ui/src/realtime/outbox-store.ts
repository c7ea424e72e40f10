/** One message that is not acknowledged yet, as it is kept on this device. */
export interface OutboxEntry {
  /** Unique; the server stores a message once per `client_id`, however often it is sent. */
  client_id: string
  org_id: string
  user_id: string
  channel_id: string
  content: string
  reply_to: string | null
  created_at: string
  /** Sending order on this device. */
  order: number
  /** The tab that sends it; another takes over when that tab is gone. */
  tab_id: string
  /** Set when the server refused it: it stays until its author decides. */
  failed: { code: string; message: string } | null
}

/** Where unsent messages survive a reload. Every method settles; a failing device is reported by rejection. */
export interface OutboxStore {
  /** All entries of this user in this org, in sending order. */
  list(org_id: string, user_id: string): Promise<OutboxEntry[]>
  put(entry: OutboxEntry): Promise<void>
  remove(client_id: string): Promise<void>
  /** Everything of one user, at sign-out. */
  clear(user_id: string): Promise<void>
}

/** For browsers without IndexedDB (some private windows): nothing survives a reload, everything else works. */
export class MemoryOutboxStore implements OutboxStore {
  readonly #entries = new Map<string, OutboxEntry>()

  async list(org_id: string, user_id: string): Promise<OutboxEntry[]> {
    return inOrder(
      [...this.#entries.values()].filter((entry) => entry.org_id === org_id && entry.user_id === user_id),
    )
  }

  async put(entry: OutboxEntry): Promise<void> {
    this.#entries.set(entry.client_id, structuredClone(entry))
  }

  async remove(client_id: string): Promise<void> {
    this.#entries.delete(client_id)
  }

  async clear(user_id: string): Promise<void> {
    for (const entry of this.#entries.values())
      if (entry.user_id === user_id) this.#entries.delete(entry.client_id)
  }
}

export function inOrder(entries: OutboxEntry[]): OutboxEntry[] {
  return entries.sort((a, b) => a.order - b.order || (a.client_id < b.client_id ? -1 : 1))
}
