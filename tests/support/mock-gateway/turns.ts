/** The turns of a mock gateway: first in, first out per session, each with its events and its outcome. */
import type { Faults } from './faults.ts'
import type { Gates } from './gates.ts'
import { isModel, MODELS, NO_MODEL, otherProvider, type Plan, piecesOf, planOf } from './model.ts'
import type { Transcript } from './transcript.ts'
import { type Emit, TurnEvents } from './turn-events.ts'

export type Outcome =
  | { status: 'ok'; text: string }
  /** `refused`: the second answer is a refusal, as for a provider's failure. */
  | { status: 'error'; reason: string; refused: boolean }
  | { status: 'timeout' }
  | { status: 'aborted'; stop_reason: string; ran: boolean }

/** What a test asks about the turns that ran. */
export interface TurnLog {
  run_id: string
  session_key: string
  prompt: string
  system_prompt: string | null
  /** Of its session. */
  model: string
  received_ms: number
  started_ms: number | null
  final_ms: number | null
}

/** What a turn asks its model. */
export function askedOf({ model, system_prompt }: TurnLog): { model: string; system_prompt: string } {
  return { model, system_prompt: system_prompt ?? '' }
}

export interface NewTurn {
  session_key: string
  run_id: string
  prompt: string
  system_prompt?: string | undefined
  timeout_ms?: number | undefined
  /** The input is in the transcript: a resumed turn, or one that the gateway begins itself. */
  own?: boolean
}

interface Turn extends NewTurn {
  log: TurnLog
  state: 'queued' | 'running' | 'ended'
  outcome: Promise<Outcome>
  end(outcome: Outcome): void
  /** Resolves when it is stopped from outside. */
  stopped: Promise<Outcome>
  stop(outcome: Outcome): void
  seq: number
}

/** Longer than any test. */
const NEVER_MS = 24 * 60 * 60 * 1_000
const CHAT_ERROR_SINCE = '2026.9'

export class Turns {
  readonly log: TurnLog[] = []
  readonly #turns = new Map<string, Turn>()
  readonly #chains = new Map<string, Promise<void>>()
  readonly #transcript: Transcript
  readonly #faults: () => Faults
  readonly #gates: Gates
  readonly #events: TurnEvents
  #closed = false

  constructor(transcript: Transcript, faults: () => Faults, gates: Gates, emit: Emit) {
    this.#gates = gates
    this.#transcript = transcript
    this.#faults = faults
    const whileOpen: Emit = (event, payload) => {
      if (!this.#closed) emit(event, payload)
    }
    this.#events = new TurnEvents(whileOpen, faults)
  }

  /** The gateway's own words: nobody asked for a turn. */
  say(session_key: string, run_id: string, text: string): void {
    this.#events.final(session_key, run_id, text, 1)
  }

  state(run_id: string): Turn['state'] | undefined {
    return this.#turns.get(run_id)?.state
  }

  outcome(run_id: string): Promise<Outcome> | undefined {
    return this.#turns.get(run_id)?.outcome
  }

  isBusy(session_key: string): boolean {
    return this.#of(session_key).length > 0
  }

  start(asked: NewTurn): Promise<Outcome> {
    const ended = Promise.withResolvers<Outcome>()
    const stopped = Promise.withResolvers<Outcome>()
    const log: TurnLog = {
      run_id: asked.run_id,
      session_key: asked.session_key,
      prompt: asked.prompt,
      system_prompt: asked.system_prompt ?? null,
      model: this.#transcript.session(asked.session_key)?.model ?? MODELS[0],
      received_ms: performance.timeOrigin + performance.now(),
      started_ms: null,
      final_ms: null,
    }
    const turn: Turn = {
      ...asked,
      log,
      state: 'queued',
      seq: 0,
      outcome: ended.promise,
      stopped: stopped.promise,
      stop: (outcome) => stopped.resolve(outcome),
      end: (outcome) => {
        if (turn.state === 'ended') return
        turn.state = 'ended'
        ended.resolve(outcome)
      },
    }
    this.#turns.set(asked.run_id, turn)
    this.log.push(log)
    if (!asked.own) this.#transcript.queue(asked.session_key, asked.run_id, asked.prompt)
    const before = this.#chains.get(asked.session_key) ?? Promise.resolve()
    this.#chains.set(
      asked.session_key,
      before.then(() => this.#run(turn)),
    )
    return ended.promise
  }

  /** Stops the turns of a session, or one of them, the queued ones included. The ids of those that were stopped. */
  abort(session_key: string, run_id: string | undefined, stop_reason: string): string[] {
    const turns = this.#of(session_key).filter((turn) => run_id === undefined || turn.run_id === run_id)
    for (const turn of turns) {
      const outcome: Outcome = { status: 'aborted', stop_reason, ran: turn.state === 'running' }
      this.#events.chat(turn, { state: 'aborted', stopReason: stop_reason })
      this.#events.lifecycle(turn, {
        phase: 'end',
        status: 'cancelled',
        aborted: true,
        stopReason: stop_reason,
      })
      this.#transcript.unqueue(turn.run_id)
      turn.stop(outcome)
      turn.end(outcome)
    }
    return turns.map((turn) => turn.run_id)
  }

  close(): void {
    this.#closed = true
  }

  #of(session_key: string): Turn[] {
    return [...this.#turns.values()].filter(
      (turn) => turn.session_key === session_key && turn.state !== 'ended',
    )
  }

  async #run(turn: Turn): Promise<void> {
    if (turn.state === 'ended' || this.#closed) return
    if (this.#faults().draining) {
      this.#fail(turn, 'Gateway is draining; new tasks are not accepted', true)
      return
    }
    const unknown = otherProvider(turn.log.model)
    if (unknown !== undefined) {
      this.#transcript.interrupt(turn.run_id)
      this.#refuse(turn, unknown)
      return
    }
    this.#transcript.unqueue(turn.run_id)
    this.#begin(turn)
    if (!turn.own && this.#transcript.has(turn.session_key, `${turn.run_id}:user`)) {
      this.#fail(turn, 'LLM request failed.', false)
      return
    }
    if (!turn.own) {
      const key = `${turn.run_id}:user`
      this.#transcript.add(turn.session_key, { role: 'user', key, run_id: null, text: turn.prompt })
    }
    this.#transcript.setRunning(turn.session_key, turn.prompt)
    await this.#think(turn)
    if (!this.#closed) this.#transcript.setRunning(turn.session_key, null)
  }

  #begin(turn: Turn): void {
    turn.state = 'running'
    turn.log.started_ms = performance.timeOrigin + performance.now()
    this.#events.lifecycle(turn, { phase: 'start', startedAt: Date.now() })
    this.#events.noise()
  }

  async #think(turn: Turn): Promise<void> {
    const plan = planOf(turn.prompt)
    const wait_ms = this.#faults().hang ? NEVER_MS : plan.slow_ms + this.#faults().model_ms
    const late = turn.timeout_ms !== undefined && turn.timeout_ms < wait_ms
    const slept = Bun.sleep(late ? turn.timeout_ms! : wait_ms)
    const ready = plan.hold === null ? slept : slept.then(() => this.#gates.passed(plan.hold ?? ''))
    if (await isStopped(turn, ready)) {
      this.#answerRow(turn, '')
      return
    }
    if (this.#closed) return
    if (late) this.#timeOut(turn)
    else if (!isModel(turn.log.model)) {
      this.#answerRow(turn, 'The agent run failed before producing a reply.')
      this.#fail(turn, NO_MODEL, true)
    } else if (plan.text === null || this.#faults().provider_down) {
      this.#answerRow(turn, 'The agent run failed before producing a reply.')
      this.#fail(turn, 'LLM request failed: provider rejected the request schema or tool payload.', true)
    } else await this.#answer(turn, plan, plan.text)
  }

  async #answer(turn: Turn, plan: Plan, text: string): Promise<void> {
    let so_far = ''
    for (const piece of piecesOf(text, plan.pieces)) {
      if (await isStopped(turn, Bun.sleep(1))) return
      so_far += piece
      this.#events.delta(turn, piece, so_far)
    }
    for (let n = 0; n < this.#faults().flood; n++) this.#events.delta(turn, '', so_far)
    if (turn.state === 'ended' || this.#closed) return
    this.#answerRow(turn, text)
    turn.log.final_ms = performance.timeOrigin + performance.now()
    await this.#finish(turn, text)
  }

  /** The `final` event, and the outcome, from which the second answer is made; in this order unless a fault says so. */
  async #finish(turn: Turn, text: string): Promise<void> {
    const { out_of_order, lost_final, final_twice, foreign_final } = this.#faults()
    const outcome: Outcome = { status: 'ok', text }
    if (out_of_order) {
      turn.end(outcome)
      await Bun.sleep(5)
    }
    const terminalReply = text === '' ? { disposition: 'empty' } : { disposition: 'visible', text }
    this.#events.lifecycle(turn, { phase: 'end', stopReason: 'stop', aborted: false, terminalReply })
    if (!lost_final) this.#events.final(turn.session_key, turn.run_id, text, turn.seq++)
    if (final_twice) this.#events.final(turn.session_key, turn.run_id, text, turn.seq++)
    turn.end(outcome)
    if (!foreign_final) return
    await Bun.sleep(20)
    this.#events.final(turn.session_key, crypto.randomUUID(), text, 1)
  }

  #timeOut(turn: Turn): void {
    this.#events.lifecycle(turn, { phase: 'end', aborted: false, timeoutPhase: 'provider' })
    this.#events.chat(turn, { state: 'error', errorKind: 'timeout' })
    turn.end({ status: 'timeout' })
  }

  #fail(turn: Turn, reason: string, refused: boolean): void {
    this.#events.lifecycle(turn, { phase: 'error', error: reason })
    if (turn.state === 'running' && this.#faults().version >= CHAT_ERROR_SINCE)
      this.#events.chat(turn, { state: 'error', errorMessage: reason, errorDetail: { provider: 'fake' } })
    turn.end({ status: 'error', reason, refused })
  }

  /** It never starts, and is not tried again: its input stays as one that was interrupted. */
  #refuse(turn: Turn, reason: string): void {
    this.#events.lifecycle(turn, { phase: 'error', error: reason })
    if (this.#faults().version >= CHAT_ERROR_SINCE)
      this.#events.chat(turn, { state: 'error', errorMessage: reason })
    turn.end({ status: 'error', reason, refused: true })
  }

  #answerRow(turn: Turn, text: string): void {
    this.#transcript.add(turn.session_key, { role: 'assistant', key: null, run_id: turn.run_id, text })
  }
}

/** Waits; true when the turn was stopped before. */
async function isStopped(turn: Turn, ready: Promise<void>): Promise<boolean> {
  return await Promise.race([ready.then(() => false), turn.stopped.then(() => true)])
}
