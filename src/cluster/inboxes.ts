import { setImmediate } from 'node:timers'
import type { Bus } from './bus.ts'

/** Messages that leave together, in bytes; one more begins another parcel. A large one delays all behind it. */
const PARCEL_BYTES_MAX = 256 * 1024

interface Parcel {
  texts: string[]
  bytes: number
  /** How many nodes have it: one or none. */
  receivers: Promise<number>
}

/**
 * Sends messages to the inboxes of nodes. What one turn of the event loop has for a node leaves in one PUBLISH, in order: each
 * costs a system call here, in Redis and there, whatever it carries.
 */
export class Inboxes {
  readonly #bus: Bus
  /** Those that leave at the end of this turn and have room. */
  readonly #parcels = new Map<string, Parcel>()

  constructor(bus: Bus) {
    this.#bus = bus
  }

  /** Takes the messages for a node, one by one; resolves to the end of it. A text that is no list is handed on as it is. */
  async open(node_id: string, take: (message: unknown) => void): Promise<() => void> {
    return await this.#bus.subscribe(topicOf(node_id), (text) => {
      const messages = parsed(text)
      if (Array.isArray(messages)) for (const message of messages) take(message)
      else take(messages)
    })
  }

  /** Answers how many nodes have it: one or none. Rejects when that is unknown. */
  send(node_id: string, message: unknown): Promise<number> {
    const text = JSON.stringify(message)
    const waiting = this.#parcels.get(node_id)
    const parcel = waiting && waiting.bytes + text.length <= PARCEL_BYTES_MAX ? waiting : this.#begin(node_id)
    parcel.texts.push(text)
    parcel.bytes += text.length
    return parcel.receivers
  }

  #begin(node_id: string): Parcel {
    const texts: string[] = []
    const turn = new Promise<void>((resolve) => setImmediate(resolve))
    const receivers = turn.then(() => {
      if (this.#parcels.get(node_id) === parcel) this.#parcels.delete(node_id)
      return this.#bus.publish(topicOf(node_id), `[${texts.join(',')}]`)
    })
    const parcel: Parcel = { texts, bytes: 0, receivers }
    this.#parcels.set(node_id, parcel)
    return parcel
  }
}

function topicOf(node_id: string): string {
  return `node:${node_id}`
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
