import type { Clock } from '../clock.ts'
import { type Gateway, GatewayAway, GatewayRefused } from '../gateway/port.ts'
import type { CommandWay as RelayedWay } from '../relay/commands.ts'
import type { Row, State } from '../state/port.ts'
import { type Identity, runId } from './ids.ts'
import { type DeliveryLimits, within } from './limits.ts'
import { linked } from './linked.ts'
import type { OpenRow } from './open-row.ts'
import type { EndOutcome } from './turn-runner.ts'
import type { Heard, Turn, TurnWaits } from './turn-waits.ts'

/** How a command is carried out. `answer`: without the gateway. `once`: passed on, and not again when its outcome is unknown. */
export type CommandWay = RelayedWay | 'answer'

export interface CommandPorts {
  identity: Identity
  gateway: Gateway
  state: State
  waits: TurnWaits
  clock: Clock
  limits: DeliveryLimits
  wayOf(row: Row): CommandWay
  sessionKey(session: string, generation: number): string
  generation(session: string): number
  /** Name of the person who wrote a command, for people. */
  senderOf(row: Row): string
}

/** Brings a command to its output. Steps may be repeated: what a second time would harm is not run a second time. */
export class CommandRunner {
  readonly #ports: CommandPorts
  /** Rows that the gateway did not take at their last try: their key is unused. */
  readonly #refused = new WeakSet<OpenRow>()

  constructor(ports: CommandPorts) {
    this.#ports = ports
  }

  /** Rejects as `TurnRunner.run`. */
  async run(open: OpenRow, signal: AbortSignal): Promise<void> {
    const way = this.#ports.wayOf(open.row)
    if (way === 'answer') return open.apply({ type: 'answered', text: open.row.text })
    const { boot_id } = await linked(this.#ports.gateway, open, signal)
    if (way === 'stop') return await this.#stop(open)
    if (way === 'reset') return await this.#reset(open, boot_id)
    const unknown = open.row.step !== 'received' && !this.#refused.has(open)
    if (unknown && this.#isOver(open, way)) return
    open.apply(await this.#pass(open, boot_id, signal))
  }

  /** The outcome of an earlier try is not known: a command that may run twice is asked again under another key. */
  #isOver(open: OpenRow, way: CommandWay): boolean {
    if (way === 'once') {
      const text = `The outcome of ${nameOf(open.row)} is not known: the connection ended while it ran.`
      open.apply({ type: 'answered', text })
      return true
    }
    open.apply({ type: 'lost' })
    return !open.allows('submitted')
  }

  async #stop(open: OpenRow): Promise<void> {
    const { gateway, waits } = this.#ports
    const key = this.#key(open.row)
    const turn = waits.at(key)
    if (turn) turn.stopped_by = this.#ports.senderOf(open.row)
    const stopped = await gateway.abort(key)
    if (turn && !stopped) turn.stopped_by = null
    open.apply({ type: 'answered', text: stopped ? 'Stopped.' : 'Nothing is running here.' })
  }

  /** The generation is stored first: a repetition ends the same one, not the next. */
  async #reset(open: OpenRow, boot_id: string): Promise<void> {
    const { gateway, state } = this.#ports
    const { agent, session } = open.row
    if (open.row.step === 'received')
      open.apply({ type: 'submitted', boot_id, generation: state.generation(agent, session) })
    await gateway.archive(this.#key(open.row))
    if (state.generation(agent, session) === open.row.generation) state.nextGeneration(agent, session)
    open.apply({ type: 'answered', text: 'A new session begins with the next message.' })
  }

  async #pass(open: OpenRow, boot_id: string, signal: AbortSignal): Promise<EndOutcome> {
    const { gateway, identity, waits } = this.#ports
    const generation = this.#generation(open.row)
    if (open.row.step === 'received') open.apply({ type: 'submitted', boot_id, generation })
    const { row } = open
    const run_id = runId(identity, row)
    return await waits.command(run_id, async (turn) => {
      this.#refused.delete(open)
      try {
        await gateway.command({ session_key: this.#key(row), run_id, text: row.text })
      } catch (error) {
        if (error instanceof GatewayRefused) this.#refused.add(open)
        throw error
      }
      if (open.row.step === 'submitted') open.apply({ type: 'accepted', boot_id })
      return await this.#output(turn, signal)
    })
  }

  async #output(turn: Turn, signal: AbortSignal): Promise<EndOutcome> {
    const { limits, clock } = this.#ports
    const limit = within(limits.command_ms, signal, clock)
    try {
      for (;;) {
        const heard = await turn.next(limit.signal)
        signal.throwIfAborted()
        if (!heard) return { type: 'failed', reason: 'The gateway gave no output.' }
        const outcome = outcomeOf(heard)
        if (outcome) return outcome
      }
    } finally {
      limit.end()
    }
  }

  #key(row: Row): string {
    return this.#ports.sessionKey(row.session, this.#generation(row))
  }

  #generation({ session, generation }: Row): number {
    return generation ?? this.#ports.generation(session)
  }
}

function outcomeOf(heard: Heard): EndOutcome | undefined {
  switch (heard.type) {
    case 'lost':
      throw new GatewayAway('The connection to the gateway ended during a command.')
    case 'final':
      return { type: 'answered', text: heard.text }
    case 'failed':
      return { type: 'failed', reason: heard.reason }
    case 'aborted':
      return { type: 'failed', reason: 'The command was stopped at the gateway.' }
    case 'settled':
      return undefined
  }
}

function nameOf({ text }: Row): string {
  return text.split(/\s/, 1)[0] ?? text
}
