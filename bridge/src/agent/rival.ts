import type { AgentClient } from '../../../src/contracts/resources.ts'
import type { Log } from '../log.ts'

/** The other bridge that has an agent, from the refusal until this bridge takes over; told to the log once each. */
export class Rival {
  readonly #log: Log
  #current: AgentClient | undefined

  constructor(log: Log) {
    this.#log = log
  }

  get current(): AgentClient | undefined {
    return this.#current
  }

  /** Why the agent is stopped, for people. */
  get reason(): string {
    return this.#current ? `another bridge has it: ${nameOf(this.#current)}` : ''
  }

  refused(by: AgentClient): void {
    if (!this.#current)
      this.#log.error(
        'Another bridge has this agent, so it is stopped here. Stop one of the two, or take the agent out of one configuration. This one takes over by itself when the other one has ended.',
        { other_bridge: nameOf(by) },
      )
    this.#current = by
  }

  /** True when there was one. */
  gone(): boolean {
    if (!this.#current) return false
    this.#log.warn('The other bridge has ended; this one takes over.', {
      other_bridge: nameOf(this.#current),
    })
    this.#current = undefined
    return true
  }
}

function nameOf({ name, version, reported_at }: AgentClient): string {
  return `${name} ${version}, reported at ${reported_at}`
}
