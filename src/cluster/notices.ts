import type { NodeMessage } from '../contracts/relay.ts'
import type { Bus } from './bus.ts'
import { encode, readNodeMessage } from './messages.ts'
import type { Relayed } from './relay.ts'

const TOPIC = 'nodes'

interface Options {
  node: string
  count(what: Relayed, kind: string): void
}

/** Tells all other nodes what they may know from caches and must know at once; each is found in PostgreSQL as well. */
export class NodeNotices {
  readonly #bus: Bus
  readonly #options: Options
  #unwatch: (() => void) | undefined

  constructor(bus: Bus, options: Options) {
    this.#bus = bus
    this.#options = options
  }

  /** `missed` is called when notices may have been missed. Neither may throw. */
  start(take: (notice: NodeMessage) => void, missed: () => void): void {
    this.#unwatch = this.#bus.onChange((up) => {
      if (up) missed()
    })
    void this.#bus.subscribe(TOPIC, (text) => {
      const received = readNodeMessage(text)
      const { count, node } = this.#options
      if (!received) count('invalid', 'nodes')
      else if (received.from !== node) {
        count('received', received.message.type)
        take(received.message)
      }
    })
  }

  tell(notice: NodeMessage): void {
    const { count, node } = this.#options
    this.#bus.publish(TOPIC, encode(node, notice)).then(
      () => count('sent', notice.type),
      // The bus is away: the others find it in PostgreSQL.
      () => count('lost', notice.type),
    )
  }

  stop(): void {
    this.#unwatch?.()
  }
}
