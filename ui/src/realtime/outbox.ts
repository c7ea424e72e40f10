import type { ServerFrame } from '@contracts/frames.ts'
import { ofServer } from '../i18n/server.ts'
import { backoffMs } from './backoff.ts'
import type { OutboxEntry, OutboxStore } from './outbox-store.ts'
import type { Timers } from './timers.ts'

export type OutboxState = 'waiting' | 'sending' | 'stored' | 'failed'
/** `limited_until`: the server takes no message of this user before then, epoch ms. */
export type OutboxItem = OutboxEntry & { state: OutboxState; limited_until?: number }

type Ack = Extract<ServerFrame, { type: 'ack' }>
export type Refusal = Pick<Extract<ServerFrame, { type: 'error' }>, 'client_id' | 'error'> & {
  /** The server's wait, if it named one. */
  retry_after_s?: number | undefined
}

export interface OutboxPorts {
  store: OutboxStore
  timers: Timers
  random: () => number
  newId: () => string
  tab_id: string
  /** Ids of the open tabs; undefined where the browser cannot list them. */
  openTabs(): Promise<ReadonlySet<string> | undefined>
  /** False without a live connection: the entry stays in the outbox. */
  send(entry: OutboxEntry): boolean
  changed(items: readonly OutboxItem[]): void
  /** No acknowledgement before the deadline: the connection may be dead. */
  stalled(): void
  failed(stage: string, error: unknown): void
}

/** Transient refusals: the message is retried under the same `client_id`. */
const TRANSIENT = new Set(['UNAVAILABLE', 'OUTCOME_UNKNOWN', 'CONNECTION_LIMIT', 'INTERNAL'])
const ACK_WITHIN_MS = 15_000
const TRIES_MAX = 8
const RETRY = { first_ms: 1_000, longest_ms: 30_000 }
/** Wait of a rate limit without a time; a longer one than the second is not believed. */
const LIMITED_MS = 5_000
const LIMITED_MS_MAX = 10 * 60_000

/**
 * The user's unacknowledged messages. One message is in flight at a time, so that the server stores them in the order of
 * writing even if one is refused transiently. The outbox survives reloads; the server drops duplicates.
 */
export class Outbox {
  readonly #ports: OutboxPorts
  readonly #owner: { org_id: string; user_id: string }
  #items: OutboxItem[] = []
  #live = false
  /** Sending starts after the stored entries are read, since they come first. */
  #loaded = false
  #in_flight: string | undefined
  #tries = 0
  #cancel_wait: (() => void) | undefined
  /** Serializes writes to the store, so that a removal never overtakes the put of the same entry. */
  #writes: Promise<void> = Promise.resolve()

  constructor(owner: { org_id: string; user_id: string }, ports: OutboxPorts) {
    this.#owner = owner
    this.#ports = ports
  }

  get items(): readonly OutboxItem[] {
    return this.#items
  }

  /** Reads the entries of this tab from before a reload, and adopts those of closed tabs. */
  async load(): Promise<void> {
    try {
      const [entries, alive] = await Promise.all([
        this.#ports.store.list(this.#owner.org_id, this.#owner.user_id),
        this.#ports.openTabs(),
      ])
      for (const entry of entries) {
        const mine = entry.tab_id === this.#ports.tab_id
        if ((!mine && alive?.has(entry.tab_id)) || this.#find(entry.client_id)) continue
        const adopted = { ...entry, tab_id: this.#ports.tab_id }
        if (!mine) this.#write('adopt an unsent message', (store) => store.put(adopted))
        this.#items.push({ ...adopted, state: adopted.failed ? 'failed' : 'waiting' })
      }
      this.#items.sort((a, b) => a.order - b.order)
    } catch (error) {
      this.#ports.failed('read unsent messages', error)
    }
    this.#loaded = true
    this.#changed()
    this.#pump()
  }

  /** Adds a message to the end of the queue. */
  add(message: Pick<OutboxEntry, 'channel_id' | 'content' | 'reply_to' | 'kind' | 'leave_out'>): OutboxEntry {
    const now = this.#ports.timers.now()
    const order = Math.max(now, (this.#items.at(-1)?.order ?? 0) + 1)
    const created_at = new Date(now).toISOString()
    const client_id = this.#ports.newId()
    const entry = {
      ...this.#owner,
      ...message,
      client_id,
      created_at,
      order,
      tab_id: this.#ports.tab_id,
      failed: null,
    }
    this.#items = [...this.#items, { ...entry, state: 'waiting' }]
    this.#ports.store.note(entry)
    this.#write('store an unsent message', (store) => store.put(entry))
    this.#changed()
    this.#pump()
    return entry
  }

  connected(): void {
    this.#live = true
    this.#pump()
    void this.load()
  }

  disconnected(): void {
    this.#live = false
    this.#release()
  }

  acknowledged(ack: Ack): void {
    if (ack.client_id === null) return
    this.#tries = 0
    this.#update(ack.client_id, { state: 'stored' })
    this.#write('remove a sent message', (store) => store.remove(ack.client_id ?? ''))
    if (this.#in_flight === ack.client_id) this.#release()
    this.#pump()
  }

  /** The message appeared in its channel: its entry is removed. */
  arrived(client_id: string): void {
    if (!this.#find(client_id)) return
    this.#items = this.#items.filter((item) => item.client_id !== client_id)
    this.#write('remove a sent message', (store) => store.remove(client_id))
    if (this.#in_flight === client_id) this.#release()
    this.#changed()
    this.#pump()
  }

  refused({ client_id, error, retry_after_s }: Refusal): void {
    if (client_id === undefined || !this.#find(client_id)) return
    // However often: the limit passes by itself.
    if (error.code === 'RATE_LIMITED') {
      const wait_ms = Math.min((retry_after_s ?? 0) * 1000 || LIMITED_MS, LIMITED_MS_MAX)
      this.#retryLater(client_id, wait_ms, this.#ports.timers.now() + wait_ms)
      return
    }
    if (TRANSIENT.has(error.code) && ++this.#tries < TRIES_MAX) {
      this.#retryLater(client_id, backoffMs(this.#tries, this.#ports.random, RETRY))
      return
    }
    this.#tries = 0
    const failed = { code: error.code, message: ofServer(error.message, { code: error.code }) }
    this.#update(client_id, { state: 'failed', failed })
    this.#keep(client_id)
    if (this.#in_flight === client_id) this.#release()
    this.#pump()
  }

  retry(client_id: string): void {
    this.#update(client_id, { state: 'waiting', failed: null })
    this.#keep(client_id)
    this.#pump()
  }

  /** Removes an unsent message and returns it; undefined if it is in flight or stored. */
  discard(client_id: string): OutboxEntry | undefined {
    const item = this.#find(client_id)
    if (!item || item.state === 'sending' || item.state === 'stored') return undefined
    this.#items = this.#items.filter((one) => one !== item)
    this.#write('discard an unsent message', (store) => store.remove(client_id))
    this.#changed()
    return item
  }

  #pump(): void {
    if (!this.#live || !this.#loaded || this.#in_flight !== undefined) return
    const next = this.#items.find((item) => item.state === 'waiting')
    if (!next || !this.#ports.send(next)) return
    this.#in_flight = next.client_id
    this.#update(next.client_id, { state: 'sending' })
    this.#wait(ACK_WITHIN_MS, () => {
      this.#release()
      this.#ports.stalled()
    })
  }

  /** Retries after a wait. The message stays in flight meanwhile, so that no later one overtakes it. */
  #retryLater(client_id: string, wait_ms: number, limited_until?: number): void {
    this.#update(client_id, { state: 'waiting', ...(limited_until === undefined ? {} : { limited_until }) })
    this.#in_flight = client_id
    this.#wait(wait_ms, () => {
      this.#release()
      this.#pump()
    })
  }

  #release(): void {
    this.#cancel_wait?.()
    this.#cancel_wait = undefined
    const client_id = this.#in_flight
    this.#in_flight = undefined
    if (client_id !== undefined && this.#find(client_id)?.state === 'sending')
      this.#update(client_id, { state: 'waiting' })
  }

  #wait(delay_ms: number, run: () => void): void {
    this.#cancel_wait?.()
    this.#cancel_wait = this.#ports.timers.after(delay_ms, run)
  }

  #find(client_id: string): OutboxItem | undefined {
    return this.#items.find((item) => item.client_id === client_id)
  }

  #update(client_id: string, change: Partial<Pick<OutboxItem, 'state' | 'failed' | 'limited_until'>>): void {
    this.#items = this.#items.map((item) => (item.client_id === client_id ? { ...item, ...change } : item))
    this.#changed()
  }

  #keep(client_id: string): void {
    const item = this.#find(client_id)
    if (!item) return
    const { state: _state, limited_until: _until, ...entry } = item
    this.#write('store an unsent message', (store) => store.put(entry))
  }

  #write(stage: string, act: (store: OutboxStore) => Promise<void>): void {
    this.#writes = this.#writes
      .then(() => act(this.#ports.store))
      .catch((error: unknown) => this.#ports.failed(stage, error))
  }

  /** Settles when all writes so far are durable. */
  async settled(): Promise<void> {
    await this.#writes
  }

  #changed(): void {
    this.#ports.changed(this.#items)
  }
}
