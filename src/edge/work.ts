import type { DeliveryState } from '../contracts/vocabulary.ts'

/** A message that an agent works on. */
export interface WorkOn {
  channel_id: string
  agent_id: string
  seq: number
}

/** Messages of a channel that are remembered at a time; with one more the oldest is forgotten. */
const MESSAGES_MAX = 200

/** What the agents of an org work on, by channel: from the stored deliveries, then from each report. */
export class Work {
  readonly #by_channel = new Map<string, Map<string, WorkOn>>()

  constructor(stored: readonly WorkOn[]) {
    for (const work of stored) this.follow({ ...work, state: 'working' })
  }

  /** Follows a delivery; true if it changes what is worked on. */
  follow({ state, channel_id, agent_id, seq }: WorkOn & { state: DeliveryState }): boolean {
    const key = `${seq} ${agent_id}`
    const known = this.#by_channel.get(channel_id)
    if (state !== 'working') {
      const changed = known?.delete(key) ?? false
      if (known?.size === 0) this.#by_channel.delete(channel_id)
      return changed
    }
    if (known?.has(key)) return false
    const works = known ?? new Map<string, WorkOn>()
    works.set(key, { channel_id, agent_id, seq })
    this.#by_channel.set(channel_id, works)
    const [oldest] = works.keys()
    if (works.size > MESSAGES_MAX && oldest !== undefined) works.delete(oldest)
    return true
  }

  in(channel_id: string): WorkOn[] {
    return [...(this.#by_channel.get(channel_id)?.values() ?? [])]
  }
}
