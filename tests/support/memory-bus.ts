import type { Bus } from '../../src/cluster/bus.ts'

/** A node's end of a {@link MemoryBusHub}. */
export interface MemoryBus extends Bus {
  /** This node alone loses the bus, or has it again. */
  setAway(away: boolean): void
}

/** Publish and subscribe between nodes of one process. Messages arrive in a later microtask. */
export class MemoryBusHub {
  readonly #buses = new Set<Node>()
  #away = false

  /** The bus of one more node. */
  connect(): MemoryBus {
    const bus = new Node(this)
    this.#buses.add(bus)
    bus.judge()
    return bus
  }

  get away(): boolean {
    return this.#away
  }

  /** All nodes lose the bus, or have it again. */
  setAway(away: boolean): void {
    this.#away = away
    for (const bus of this.#buses) bus.judge()
  }

  send(topic: string, text: string): number {
    return [...this.#buses].filter((bus) => bus.deliver(topic, text)).length
  }

  leave(bus: Node): void {
    this.#buses.delete(bus)
  }
}

class Node implements MemoryBus {
  readonly #hub: MemoryBusHub
  readonly #takes = new Map<string, Set<{ take(text: string): void }>>()
  readonly #changed = new Set<(up: boolean) => void>()
  #away = false
  up = false

  constructor(hub: MemoryBusHub) {
    this.#hub = hub
  }

  setAway(away: boolean): void {
    this.#away = away
    this.judge()
  }

  judge(): void {
    const up = !this.#away && !this.#hub.away
    if (up === this.up) return
    this.up = up
    for (const changed of [...this.#changed]) changed(up)
  }

  /** False when nobody on this node takes the topic. */
  deliver(topic: string, text: string): boolean {
    const takes = this.#takes.get(topic)
    if (!this.up || !takes) return false
    queueMicrotask(() => {
      for (const { take } of this.up ? takes : []) take(text)
    })
    return true
  }

  async publish(topic: string, text: string): Promise<number> {
    if (!this.up) throw new Error('The bus is away')
    return this.#hub.send(topic, text)
  }

  async subscribe(topic: string, take: (text: string) => void): Promise<() => void> {
    const takes = this.#takes.get(topic) ?? new Set()
    this.#takes.set(topic, takes)
    const entry = { take }
    takes.add(entry)
    return () => {
      takes.delete(entry)
      if (takes.size === 0 && this.#takes.get(topic) === takes) this.#takes.delete(topic)
    }
  }

  onChange(changed: (up: boolean) => void): () => void {
    this.#changed.add(changed)
    return () => void this.#changed.delete(changed)
  }

  async close(): Promise<void> {
    this.up = false
    this.#takes.clear()
    this.#changed.clear()
    this.#hub.leave(this)
  }
}
