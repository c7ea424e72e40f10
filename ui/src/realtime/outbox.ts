import type { ServerFrame } from '@contracts/frames.ts'
import { backoffMs } from './backoff.ts'
import type { OutboxEntry, OutboxStore } from './outbox-store.ts'
import type { Timers } from './timers.ts'

export type OutboxState = 'waiting' | 'sending' | 'stored' | 'failed'
export type OutboxItem = OutboxEntry & { state: OutboxState }

type Ack = Extract<ServerFrame, { type: 'ack' }>
type Refusal = Extract<ServerFrame, { type: 'error' }>

export interface OutboxPorts {
  store: OutboxStore
  timers: Timers
  random: () => number
  newId: () => string
  tab_id: string
  /** Ids of tabs that still live; undefined where the browser cannot tell. */
  aliveTabs(): Promise<ReadonlySet<string> | undefined>
  /** False without a live connection: the entry stays and is sent later. */
  send(entry: OutboxEntry): boolean
  changed(items: readonly OutboxItem[]): void
  /** No acknowledgement in time: the connection is not what it seems. */
  stalled(): void
  failed(stage: string, error: unknown): void
}

/** Refusals that pass by themselves: the same message is sent again under the same `client_id`. */
const PASSING = new Set(['RATE_LIMITED', 'UNAVAILABLE', 'OUTCOME_UNKNOWN', 'CONNECTION_LIMIT', 'INTERNAL'])
const ACK_WITHIN_MS = 15_000
const TRIES_MAX = 8
const AGAIN = { first_ms: 1_000, longest_ms: 30_000 }

/**
 * What this person wrote and the server has not acknowledged. One message is under way at a time, so that the order of
 * writing is the order of storing even when one is refused for a moment. Survives reloads; the server drops repeats.
 */
export class Outbox {
  readonly #ports: OutboxPorts
  readonly #owner: { org_id: string; user_id: string }
  #items: OutboxItem[] = []
  #live = false
  /** What was written before a reload goes first: nothing is sent until it is known. */
  #loaded = false
  #under_way: string | undefined
  #tries = 0
  #cancel_wait: (() => void) | undefined
  /** Writes to the device, one after another: a removal never overtakes the put of the same entry. */
  #writes: Promise<void> = Promise.resolve()

  constructor(owner: { org_id: string; user_id: string }, ports: OutboxPorts) {
    this.#owner = owner
    this.#ports = ports
  }

  get items(): readonly OutboxItem[] {
    return this.#items
  }

  /** Takes up what this tab left before a reload, and what tabs that are gone left for good. */
  async load(): Promise<void> {
    try {
      const [entries, alive] = await Promise.all([
        this.#ports.store.list(this.#owner.org_id, this.#owner.user_id),
        this.#ports.aliveTabs(),
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

  /** Queues a message and answers its entry; shown at once, sent when its turn comes. */
  add(message: { channel_id: string; content: string; reply_to: string | null }): OutboxEntry {
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
    this.#write('keep an unsent message', (store) => store.put(entry))
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
    this.#write('forget a sent message', (store) => store.remove(ack.client_id ?? ''))
    if (this.#under_way === ack.client_id) this.#release()
    this.#pump()
  }

  /** A message of this person showed up in its channel: it needs no place of its own any more. */
  arrived(client_id: string): void {
    if (!this.#find(client_id)) return
    this.#items = this.#items.filter((item) => item.client_id !== client_id)
    this.#write('forget a sent message', (store) => store.remove(client_id))
    if (this.#under_way === client_id) this.#release()
    this.#changed()
    this.#pump()
  }

  refused({ client_id, error }: Refusal): void {
    if (client_id === undefined || !this.#find(client_id)) return
    if (PASSING.has(error.code) && ++this.#tries < TRIES_MAX) {
      this.#againLater(client_id)
      return
    }
    this.#tries = 0
    const failed = { code: error.code, message: error.message }
    this.#update(client_id, { state: 'failed', failed })
    this.#keep(client_id)
    if (this.#under_way === client_id) this.#release()
    this.#pump()
  }

  retry(client_id: string): void {
    this.#update(client_id, { state: 'waiting', failed: null })
    this.#keep(client_id)
    this.#pump()
  }

  /** Takes a message back that was not sent; answers its text for whoever wants to edit it. */
  discard(client_id: string): OutboxEntry | undefined {
    const item = this.#find(client_id)
    if (!item || item.state === 'sending' || item.state === 'stored') return undefined
    this.#items = this.#items.filter((one) => one !== item)
    this.#write('discard an unsent message', (store) => store.remove(client_id))
    this.#changed()
    return item
  }

  #pump(): void {
    if (!this.#live || !this.#loaded || this.#under_way !== undefined) return
    const next = this.#items.find((item) => item.state === 'waiting')
    if (!next || !this.#ports.send(next)) return
    this.#under_way = next.client_id
    this.#update(next.client_id, { state: 'sending' })
    this.#wait(ACK_WITHIN_MS, () => {
      this.#release()
      this.#ports.stalled()
    })
  }

  /** Keeps its turn while it waits, so that nothing written later is stored before it. */
  #againLater(client_id: string): void {
    this.#update(client_id, { state: 'waiting' })
    this.#under_way = client_id
    this.#wait(backoffMs(this.#tries, this.#ports.random, AGAIN), () => {
      this.#release()
      this.#pump()
    })
  }

  #release(): void {
    this.#cancel_wait?.()
    this.#cancel_wait = undefined
    const client_id = this.#under_way
    this.#under_way = undefined
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

  #update(client_id: string, change: Partial<Pick<OutboxItem, 'state' | 'failed'>>): void {
    this.#items = this.#items.map((item) => (item.client_id === client_id ? { ...item, ...change } : item))
    this.#changed()
  }

  #keep(client_id: string): void {
    const item = this.#find(client_id)
    if (!item) return
    const { state: _state, ...entry } = item
    this.#write('keep an unsent message', (store) => store.put(entry))
  }

  #write(stage: string, act: (store: OutboxStore) => Promise<void>): void {
    this.#writes = this.#writes
      .then(() => act(this.#ports.store))
      .catch((error: unknown) => this.#ports.failed(stage, error))
  }

  /** Settles when everything so far is on the device. */
  async settled(): Promise<void> {
    await this.#writes
  }

  #changed(): void {
    this.#ports.changed(this.#items)
  }
}
