import type { Row, State } from '../state/port.ts'
import type { CrashPoint } from './crash-points.ts'
import { allows, type Effect, type Outcome, type OutcomeType, transition } from './steps.ts'

export interface OpenRowPorts {
  state: State
  crash: CrashPoint
  onEffect(row: Row, effect: Effect): void
}

/** A row while it is worked on: always the version that is stored, whatever happens between two steps. */
export class OpenRow {
  /** An earlier life ended it, and may have reported that. */
  readonly ended_before: boolean
  readonly #ports: OpenRowPorts
  #row: Row
  #submitted_at: number
  /** The agent was seen to work on it: a report of a delay must not go behind that. */
  #working = false

  constructor(row: Row, ports: OpenRowPorts) {
    this.#row = row
    this.#ports = ports
    this.ended_before = row.step === 'posted'
    this.#submitted_at = row.updated_at
  }

  /** When the present attempt was submitted, milliseconds since 1970; for a row of an earlier life, when it last moved. */
  get submitted_at(): number {
    return this.#submitted_at
  }

  get row(): Row {
    return this.#row
  }

  allows(outcome: OutcomeType): boolean {
    return allows(this.#row, outcome)
  }

  /**
   * Stores where an outcome leads the row, then does what follows from it. Throws `MoveRefused` without such a move, and
   * `StateUnwritable`: the row then stays where it was.
   */
  apply(outcome: Outcome): void {
    const { state, crash, onEffect } = this.#ports
    if (outcome.type === 'started') this.#working = true
    const known = outcome.type === 'delayed' ? { ...outcome, working: this.#working } : outcome
    const { to, change, effects } = transition(this.#row, known)
    const place = `${this.#row.kind}:${outcome.type === 'part_posted' ? 'part' : to}`
    crash(`${place}:before`)
    this.#row = state.advance(this.#row, to, change)
    crash(`${place}:after`)
    if (outcome.type === 'submitted') this.#submitted_at = this.#row.updated_at
    for (const effect of effects) onEffect(this.#row, effect)
  }
}
