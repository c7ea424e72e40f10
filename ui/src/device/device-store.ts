/** The answer of one query, kept on this device for a start without a connection. */
export interface KeptEntry {
  /** The account that read it. Nobody else is shown it. */
  user_id: string
  /** The query key, as JSON. */
  key: string
  data: unknown
  /** Epoch ms. */
  kept_at: number
}

/** Storage of kept answers. It belongs to one person at a time. Failures of the device reject. */
export interface DeviceStore {
  list(user_id: string): Promise<KeptEntry[]>
  /** Stores copies, made in the call. */
  put(entries: readonly KeptEntry[]): Promise<void>
  remove(user_id: string, keys: readonly string[]): Promise<void>
  /** Removes the entries of this user. */
  clear(user_id: string): Promise<void>
  /** Removes the entries of everybody else. */
  keepOnly(user_id: string): Promise<void>
}

/** For tests, and for browsers without IndexedDB: nothing survives a reload. */
export class MemoryDeviceStore implements DeviceStore {
  #entries: KeptEntry[] = []

  async list(user_id: string): Promise<KeptEntry[]> {
    return structuredClone(this.#entries.filter((entry) => entry.user_id === user_id))
  }

  async put(entries: readonly KeptEntry[]): Promise<void> {
    for (const entry of structuredClone(entries)) {
      this.#remove(entry.user_id, [entry.key])
      this.#entries.push(entry)
    }
  }

  async remove(user_id: string, keys: readonly string[]): Promise<void> {
    this.#remove(user_id, keys)
  }

  #remove(user_id: string, keys: readonly string[]): void {
    this.#entries = this.#entries.filter((entry) => entry.user_id !== user_id || !keys.includes(entry.key))
  }

  async clear(user_id: string): Promise<void> {
    this.#entries = this.#entries.filter((entry) => entry.user_id !== user_id)
  }

  async keepOnly(user_id: string): Promise<void> {
    this.#entries = this.#entries.filter((entry) => entry.user_id === user_id)
  }
}
