import type { EventOf } from '../../../src/contracts/events.ts'

export type SubAgentEvent = EventOf<
  'sub_agent.created' | 'sub_agent.completed' | 'sub_agent.terminated' | 'sub_agent.expired'
>

/** What an agent does for the sub-agents that it hosts: sessions, replies under their names, the end of their runs. */
export interface SubAgents {
  /** Called once for each event about a sub-agent of this host. */
  handle(event: SubAgentEvent): void
  /** Sub-agents that are being relayed. */
  readonly active: number
}

export function isSubAgentEvent(event: { type: string }): event is SubAgentEvent {
  return event.type.startsWith('sub_agent.')
}

/** This version relays no sub-agents: it counts the active ones and says once that they are left alone. */
export class CountedSubAgents implements SubAgents {
  readonly #warn: (message: string) => void
  readonly #ids = new Set<string>()
  #said = false

  constructor(warn: (message: string) => void) {
    this.#warn = warn
  }

  get active(): number {
    return this.#ids.size
  }

  handle(event: SubAgentEvent): void {
    const { id } = event.payload.sub_agent
    if (event.type !== 'sub_agent.created') {
      this.#ids.delete(id)
      return
    }
    this.#ids.add(id)
    if (this.#said) return
    this.#said = true
    this.#warn('This version of the bridge does not relay sub-agents: they stay without a session.')
  }
}
