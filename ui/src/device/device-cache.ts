import { hashKey, type QueryClient } from '@tanstack/vue-query'
import type { SignedIn } from '../api/auth.ts'
import { keys } from '../api/keys.ts'
import type { Timers } from '../realtime/timers.ts'
import type { DeviceStore, KeptEntry } from './device-store.ts'
import { endsWith, KEPT_LOGS_MAX, type KeptKey, keptData, keptKey } from './kept.ts'

const KEEP_AFTER_MS = 2_000
/** Members change with every activity of theirs, and their list is long. */
const KEEP_MEMBERS_AFTER_MS = 60_000

export interface DevicePorts {
  store: DeviceStore
  timers: Timers
  /** The person whose answers are on this device. Shared by all tabs, so that none writes after a sign-out. */
  owner: { get(): string | undefined; set(user_id: string | undefined): void }
  failed(stage: string, error: unknown): void
}

/**
 * Keeps the answers of the query cache that a start without a connection needs. They belong to the person who is signed in,
 * and go with the session: at sign-out, when the server ends it, and when another person signs in.
 */
export class DeviceCache {
  readonly #client: QueryClient
  readonly #ports: DevicePorts
  /** Due times of the writes, by key. */
  readonly #due = new Map<string, number>()
  /** Keys on the device, with the times of their writes; read once. */
  #known: Map<string, number> | undefined
  #cancel: (() => void) | undefined
  #restoring = false
  /** Serializes writes, so that none follows the removal at sign-out. */
  #writes: Promise<void> = Promise.resolve()

  constructor(client: QueryClient, ports: DevicePorts) {
    this.#client = client
    this.#ports = ports
  }

  /** Follows the query cache. Returns a function that ends it. */
  start(): () => void {
    return this.#client.getQueryCache().subscribe((event) => {
      if (event.type !== 'updated' || event.action.type !== 'success' || this.#restoring) return
      const { queryHash, queryKey } = event.query
      const key = keptKey(queryKey)
      if (!key || this.#due.has(queryHash)) return
      const slow = key.is === 'members' && this.#known?.has(queryHash)
      this.#due.set(queryHash, this.#ports.timers.now() + (slow ? KEEP_MEMBERS_AFTER_MS : KEEP_AFTER_MS))
      this.#schedule()
    })
  }

  /** Makes a signed-in person the owner; the answers of others are removed. */
  own(user_id: string): void {
    if (this.#ports.owner.get() === user_id) return
    this.#ports.owner.set(user_id)
    this.#known = undefined
    this.#write('remove what others read', (store) => store.keepOnly(user_id))
  }

  /** Removes everything of a person. */
  async forget(user_id: string): Promise<void> {
    this.#due.clear()
    this.#known = undefined
    if (this.#ports.owner.get() === user_id) this.#ports.owner.set(undefined)
    this.#write('remove what was read', (store) => store.clear(user_id))
    await this.#writes
  }

  /**
   * Fills the query cache with what is kept, marked as stale. Answers whose it is; undefined when nothing is kept, or when
   * the session has ended since.
   */
  async restore(): Promise<string | undefined> {
    const user_id = this.#ports.owner.get()
    if (user_id === undefined) return undefined
    try {
      const entries = await this.#ports.store.list(user_id)
      const me = entries.find(({ key }) => key === hashKey(keys.me()))?.data as SignedIn | undefined
      if (me?.user.id !== user_id) return undefined
      if (Date.parse(me.session.expires_at) <= this.#ports.timers.now()) {
        await this.forget(user_id)
        return undefined
      }
      this.#fill(entries)
      return user_id
    } catch (error) {
      this.#ports.failed('read what is on this device', error)
      return undefined
    }
  }

  #fill(entries: readonly KeptEntry[]): void {
    this.#restoring = true
    for (const { key, data, kept_at } of entries) {
      const queryKey: readonly unknown[] = JSON.parse(key)
      if (!keptKey(queryKey) || this.#client.getQueryData(queryKey) !== undefined) continue
      this.#client.setQueryData(queryKey, data, { updatedAt: kept_at })
      void this.#client.invalidateQueries({ queryKey, exact: true, refetchType: 'none' })
    }
    this.#restoring = false
  }

  /** Writes what is due; everything when the page may be about to end. */
  flush(all = false): void {
    const now = this.#ports.timers.now()
    const hashes = [...this.#due].flatMap(([hash, at]) => (all || at <= now ? [hash] : []))
    for (const hash of hashes) this.#due.delete(hash)
    this.#schedule()
    if (hashes.length > 0) this.#write('keep what was read', (store) => this.#keep(store, hashes, now))
  }

  async #keep(store: DeviceStore, hashes: readonly string[], now: number): Promise<void> {
    const user_id = this.#client.getQueryData<SignedIn>(keys.me())?.user.id
    if (user_id === undefined || this.#ports.owner.get() !== user_id) return
    this.#known ??= new Map((await store.list(user_id)).map(({ key, kept_at }) => [key, kept_at]))
    const known = this.#known
    const gone = new Set<string>()
    const entries = hashes.flatMap((hash): KeptEntry[] => {
      const query = this.#client.getQueryCache().get(hash)
      const key = query && keptKey(query.queryKey)
      if (!key || query.state.data === undefined) return []
      for (const other of known.keys()) if (endsWith(key, query.state.data, keyOf(other))) gone.add(other)
      const data = keptData(key, query.state.data)
      if (data === undefined) return []
      known.set(hash, now)
      return [{ user_id, key: hash, data, kept_at: now }]
    })
    for (const hash of surplusLogs(known)) gone.add(hash)
    await store.put(entries.filter(({ key }) => !gone.has(key)))
    if (gone.size > 0) await store.remove(user_id, [...gone])
    for (const hash of gone) known.delete(hash)
  }

  #schedule(): void {
    this.#cancel?.()
    this.#cancel = undefined
    if (this.#due.size === 0) return
    const next = Math.min(...this.#due.values())
    this.#cancel = this.#ports.timers.after(Math.max(0, next - this.#ports.timers.now()), () => this.flush())
  }

  #write(stage: string, act: (store: DeviceStore) => Promise<void>): void {
    this.#writes = this.#writes
      .then(() => act(this.#ports.store))
      .catch((error: unknown) => this.#ports.failed(stage, error))
  }

  /** Settles when all writes so far are done. */
  async settled(): Promise<void> {
    await this.#writes
  }
}

function keyOf(hash: string): KeptKey {
  return keptKey(JSON.parse(hash)) ?? { is: 'me' }
}

/** The logs over the limit, least recently written first. */
function surplusLogs(known: ReadonlyMap<string, number>): string[] {
  const logs = [...known].filter(([hash]) => keyOf(hash).is === 'messages').sort((a, b) => b[1] - a[1])
  return logs.slice(KEPT_LOGS_MAX).map(([hash]) => hash)
}
