import type { Clock } from '../clock.ts'
import { type Gateway, GatewayAway, GatewayRefused } from '../gateway/port.ts'
import type { Row, State } from '../state/port.ts'
import { findTurn } from './find-turn.ts'
import { type Identity, runId } from './ids.ts'
import type { DeliveryLimits } from './limits.ts'
import { linked } from './linked.ts'
import type { OpenRow } from './open-row.ts'
import type { Outcome } from './steps.ts'
import { type Ended, TurnFollower } from './turn-follower.ts'
import type { Final, Turn, TurnWaits } from './turn-waits.ts'

/** Rows of a transcript in which a turn is looked for: more than one turn at a time adds. */
const HISTORY_ROWS = 200

/** What a turn is told. */
export interface Prompt {
  text: string
  /** Position up to which earlier messages are in the text; null when there are none. */
  primed_seq: number | null
}

export interface TurnPorts {
  identity: Identity
  gateway: Gateway
  state: State
  waits: TurnWaits
  clock: Clock
  limits: DeliveryLimits
  /** Text for the gateway: the row's, in a new session after the channel's earlier messages. */
  prompt(row: Row): Promise<Prompt>
  /** Stable per session; empty for none. */
  systemPrompt(row: Row): string
  /** Makes the session ready for its turn. Rejects as `prompt` does, and as the gateway does. */
  prepare(row: Row, session_key: string): Promise<{ timeout_seconds?: number }>
  sessionKey(session: string, generation: number): string
  /** The generation in which a session is used from now on. */
  generation(session: string): number
  /** What the answer of a row was, and which run gave it. */
  onAnswered(answer: { session_key: string; run_id: string | null; text: string }): void
  /** Finals of a row's session that turned out not to be its answer. */
  onSpeech(finals: Final[]): void
}

/** Brings a row from wherever it stopped to its answer, or to the reason why there is none. */
export class TurnRunner {
  readonly #ports: TurnPorts

  constructor(ports: TurnPorts) {
    this.#ports = ports
  }

  /**
   * Rejects with `GatewayAway` or a passing `GatewayRefused` when a later try may succeed, with another `GatewayRefused` when
   * the gateway does not take the turn, and with the signal's reason when that aborts.
   */
  async run(open: OpenRow, signal: AbortSignal): Promise<void> {
    const { boot_id } = await linked(this.#ports.gateway, open, signal)
    const ended = await this.#end(open, boot_id, signal)
    const { row } = open
    if (ended.outcome.type !== 'lost') open.apply(ended.outcome)
    else this.#tryAnew(open, ended.reason)
    if (ended.outcome.type === 'answered')
      this.#ports.onAnswered({ session_key: this.#key(row), run_id: ended.run_id, text: ended.outcome.text })
    this.release(row, ended.run_id)
    if (open.row.step === 'received')
      throw new GatewayAway(`The gateway did not run the turn: ${ended.reason}`)
  }

  /** Claims the session of a row that was submitted in an earlier life, before any event of it arrives. */
  claim(row: Row): void {
    if (row.generation !== null) this.#turn(row)
  }

  /** Ends the row's claim on its session; what else was said there is the agent's own speech. */
  release(row: Row, answered_by: string | null): void {
    if (row.generation === null) return
    const speech = this.#ports.waits.release(this.#key(row), answered_by)
    if (speech.length > 0) this.#ports.onSpeech(speech)
  }

  async #end(open: OpenRow, boot_id: string, signal: AbortSignal): Promise<Ended> {
    if (open.row.step === 'received') return await this.#ask(open, boot_id, signal)
    if (open.row.boot_id !== boot_id) return await this.#afterRestart(open, boot_id, signal)
    try {
      return await this.#ask(open, boot_id, signal)
    } catch (error) {
      // A key that was used up: the gateway forgot the turn, and its transcript did not.
      if (!(error instanceof GatewayRefused) || error.passing) throw error
      return await this.#follower(open).fromTranscript(error.message, true)
    }
  }

  /** After another start of the gateway the key means nothing, and only the transcript tells what happened. */
  async #afterRestart(open: OpenRow, boot_id: string, signal: AbortSignal): Promise<Ended> {
    const turn = this.#turn(open.row)
    turn.reopen()
    const found = await this.#find(open)
    switch (found.state) {
      case 'answered':
        return { outcome: { type: 'answered', text: found.text }, run_id: found.run_id, reason: '' }
      case 'taken':
        turn.expectAny()
        // The boot stays the old one: a further recovery has to read the transcript as well.
        if (open.row.step === 'submitted' && open.row.boot_id !== null)
          open.apply({ type: 'accepted', boot_id: open.row.boot_id })
        return await this.#follower(open).follow(null, { status: 'accepted' }, signal)
      case 'interrupted':
        return { outcome: { type: 'lost' }, run_id: null, reason: 'it restarted before the turn began' }
      case 'absent':
        return await this.#ask(open, boot_id, signal)
    }
  }

  async #ask(open: OpenRow, boot_id: string, signal: AbortSignal): Promise<Ended> {
    const { gateway, identity, state, systemPrompt } = this.#ports
    const { agent, session } = open.row
    const prompt = await this.#ports.prompt(open.row)
    const generation = open.row.generation ?? this.#ports.generation(session)
    if (open.row.boot_id !== boot_id) open.apply({ type: 'submitted', boot_id, generation })
    const run_id = runId(identity, open.row)
    this.#turn(open.row).expect(run_id)
    const prepared = await this.#ports.prepare(open.row, this.#key(open.row))
    const system_prompt = systemPrompt(open.row)
    const reply = await gateway.startTurn({
      session_key: this.#key(open.row),
      run_id,
      message: prompt.text,
      ...(system_prompt === '' ? {} : { system_prompt }),
      ...prepared,
    })
    if (open.row.step === 'submitted' && reply.status !== 'unknown') open.apply({ type: 'accepted', boot_id })
    if (prompt.primed_seq !== null) state.setPrimed(agent, session, prompt.primed_seq)
    return await this.#follower(open).follow(run_id, reply, signal)
  }

  /** The gateway never ran the turn: a new attempt has a key of its own. */
  #tryAnew(open: OpenRow, reason: string): void {
    if (open.allows('lost')) open.apply({ type: 'lost' })
    else open.apply({ type: 'failed', reason })
  }

  #follower(open: OpenRow): TurnFollower {
    const { limits } = this.#ports
    // The time of a sub-agent is the server's to end.
    const turn_ms = open.row.kind === 'sub_agent' ? limits.give_up_ms : limits.turn_ms
    return new TurnFollower(
      { ...this.#ports, limits: { ...limits, turn_ms } },
      {
        open,
        turn: this.#turn(open.row),
        session_key: this.#key(open.row),
        find: () => this.#find(open),
      },
    )
  }

  async #find(open: OpenRow) {
    const { gateway, identity } = this.#ports
    const history = await gateway.history(this.#key(open.row), HISTORY_ROWS)
    return findTurn(history, runId(identity, open.row), open.submitted_at)
  }

  #turn(row: Row): Turn {
    return this.#ports.waits.claim(this.#key(row))
  }

  #key({ session, generation }: Row): string {
    return this.#ports.sessionKey(session, generation ?? 0)
  }
}

export type EndOutcome = Extract<Outcome, { type: 'answered' | 'silent' | 'failed' | 'stopped' | 'lost' }>
