import type { Row } from '../state/port.ts'
import { Lane, type LanePorts } from './lane.ts'
import type { OpenRow } from './open-row.ts'

/** The lanes of one agent, by name. A lane exists while it has rows. */
export class Lanes {
  readonly #ports: LanePorts
  readonly #signal: AbortSignal
  readonly #lanes = new Map<string, Lane>()

  constructor(ports: LanePorts, signal: AbortSignal) {
    this.#ports = ports
    this.#signal = signal
  }

  push(name: string, open: OpenRow): void {
    const lane = this.#lanes.get(name) ?? new Lane(this.#ports, this.#signal)
    this.#lanes.set(name, lane)
    lane.push(open)
    void lane.idle().then(() => {
      if (lane.depth === 0 && this.#lanes.get(name) === lane) this.#lanes.delete(name)
    })
  }

  /** Rows that wait or are worked on. */
  get depth(): number {
    return [...this.#lanes.values()].reduce((sum, lane) => sum + lane.depth, 0)
  }

  count(which: (row: Row) => boolean): number {
    return [...this.#lanes.values()].reduce((sum, lane) => sum + lane.count(which), 0)
  }

  wake(): void {
    for (const lane of this.#lanes.values()) lane.wake()
  }

  /** Resolves when every lane has ended, after its signal aborted. */
  async ended(): Promise<void> {
    await Promise.all([...this.#lanes.values()].map((lane) => lane.idle()))
  }
}
