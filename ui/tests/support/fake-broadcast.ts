import type { BroadcastLike } from '../../src/realtime/shared-events.ts'
import { task } from './rule.ts'

/** The BroadcastChannels of one name in one browser. */
export class FakeBroadcasts {
  readonly open = new Set<FakeBroadcast>()
}

export class FakeBroadcast implements BroadcastLike {
  onmessage: BroadcastLike['onmessage'] = null
  /** A tab that sleeps: what is posted meanwhile is lost to it. */
  deaf = false
  readonly #all: FakeBroadcasts

  constructor(all: FakeBroadcasts) {
    this.#all = all
    all.open.add(this)
  }

  postMessage(message: unknown): void {
    if (!this.#all.open.has(this)) throw new DOMException('Channel is closed.', 'InvalidStateError')
    const data: unknown = structuredClone(message)
    for (const other of this.#all.open)
      if (other !== this && !other.deaf)
        task(() => {
          if (this.#all.open.has(other)) other.onmessage?.({ data })
        })
  }

  close(): void {
    this.#all.open.delete(this)
  }
}
