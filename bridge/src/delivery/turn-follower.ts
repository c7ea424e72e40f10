import type { Clock } from '../clock.ts'
import { type Gateway, GatewayAway, GatewayRefused, type TurnReply } from '../gateway/port.ts'
import type { FoundTurn } from './find-turn.ts'
import { type DeliveryLimits, within } from './limits.ts'
import type { OpenRow } from './open-row.ts'
import type { EndOutcome } from './turn-runner.ts'
import type { Heard, Turn } from './turn-waits.ts'

/** A turn that is taken up again after its deadline still gets this long for an answer that is already there. */
const GRACE_MS = 60_000
/** For one question about the outcome of a turn. */
const OUTCOME_WAIT_MS = 20_000
const LAST_OUTCOME_WAIT_MS = 5_000

/** The end of a turn. `run_id` is the run that said it; `reason` why there is no answer, for people. */
export interface Ended {
  outcome: EndOutcome
  run_id: string | null
  reason: string
}

interface Followed {
  open: OpenRow
  turn: Turn
  session_key: string
  /** The turn in the gateway's transcript. */
  find(): Promise<FoundTurn>
}

/** Waits for the end of a turn that the gateway has taken, by events first, by questions when those are silent. */
export class TurnFollower {
  readonly #gateway: Gateway
  readonly #clock: Clock
  readonly #limits: DeliveryLimits
  readonly #followed: Followed
  #signs_of_life = false

  constructor(ports: { gateway: Gateway; clock: Clock; limits: DeliveryLimits }, followed: Followed) {
    this.#gateway = ports.gateway
    this.#clock = ports.clock
    this.#limits = ports.limits
    this.#followed = followed
  }

  /** `run_id` null: the gateway goes on with the turn under an id of its own. Rejects with `GatewayAway`. */
  async follow(run_id: string | null, first: TurnReply, signal: AbortSignal): Promise<Ended> {
    const { turn, open } = this.#followed
    const { turn_ms, quiet_ms } = this.#limits
    const began_at = this.#clock.now()
    const until = Math.max(open.row.updated_at + turn_ms, began_at + Math.min(GRACE_MS, turn_ms))
    turn.whenStarted(() => this.#started())
    let reply: TurnReply | undefined = first
    // An answer may have come on an earlier connection, and gone: then the outcome is asked for at once.
    let patience_ms = first.status === 'pending' ? 0 : quiet_ms
    for (;;) {
      const told = reply && (await this.#fromReply(run_id, reply))
      if (told) return told
      const left_ms = until - this.#clock.now()
      if (left_ms <= 0) return await this.#tooLate(run_id)
      const heard = await this.#hear(Math.min(patience_ms, left_ms), signal)
      patience_ms = quiet_ms
      reply = undefined
      const ended = heard && (await this.#fromHeard(heard))
      if (ended) return ended
      if (heard) continue
      if (run_id !== null) reply = await this.#askOutcome(run_id, Math.min(OUTCOME_WAIT_MS, left_ms))
      else {
        const resumed = await this.#lookForResumed(began_at)
        if (resumed) return resumed
      }
    }
  }

  /**
   * The transcript has the last word on a turn that the gateway refuses or does not know: one that never ran is tried again
   * under another key. `complete`: what was said in it is an answer, not a remark before a failure.
   */
  async fromTranscript(reason: string, complete: boolean): Promise<Ended> {
    const found = await this.#followed.find()
    if (found.state === 'answered' && complete)
      return { outcome: { type: 'answered', text: found.text }, run_id: found.run_id, reason: '' }
    if (found.state === 'answered' || found.state === 'taken') return this.#unanswered(reason, null)
    return { outcome: { type: 'lost' }, run_id: null, reason }
  }

  #started(): void {
    if (this.#signs_of_life) return
    this.#signs_of_life = true
    const { open } = this.#followed
    if (open.allows('started')) open.apply({ type: 'started' })
  }

  /** The outcome as the gateway knows it; an event that comes first ends the wait for it. */
  async #askOutcome(run_id: string, wait_ms: number): Promise<TurnReply> {
    const pending: TurnReply = { status: 'pending' }
    return await this.#followed.turn.unlessHeard(this.#gateway.turnOutcome(run_id, wait_ms), pending)
  }

  async #hear(ms: number, signal: AbortSignal): Promise<Heard | undefined> {
    const limit = within(ms, signal, this.#clock)
    try {
      const heard = await this.#followed.turn.next(limit.signal)
      signal.throwIfAborted()
      return heard
    } finally {
      limit.end()
    }
  }

  async #fromReply(run_id: string | null, reply: TurnReply): Promise<Ended | undefined> {
    switch (reply.status) {
      case 'ok':
        return { outcome: { type: 'answered', text: reply.text }, run_id, reason: '' }
      case 'failed':
        return this.#unanswered(reply.reason, null)
      case 'unknown': {
        const told = await this.fromTranscript('The gateway does not know the turn any more.', true)
        return await this.#unlessRefused(told, run_id)
      }
      case 'accepted':
      case 'pending':
        return undefined
    }
  }

  async #fromHeard(heard: Heard): Promise<Ended | undefined> {
    switch (heard.type) {
      case 'lost':
        throw new GatewayAway('The connection to the gateway ended during the turn.')
      case 'final': {
        const { text, run_id } = heard
        if (text.trim() !== '') return { outcome: { type: 'answered', text }, run_id, reason: '' }
        // The text may stand in the gateway's account of the turn alone.
        const reply = await this.#gateway.turnOutcome(run_id, LAST_OUTCOME_WAIT_MS)
        if (reply.status === 'ok')
          return { outcome: { type: 'answered', text: reply.text }, run_id, reason: '' }
        return { outcome: { type: 'silent' }, run_id, reason: '' }
      }
      case 'aborted':
        return this.#unanswered('The turn was stopped at the gateway.', heard.run_id)
      case 'failed':
        return await this.#unlessRefused(await this.fromTranscript(heard.reason, false), heard.run_id)
      case 'settled':
        return await this.#fromSettled(heard.run_id, heard.reply)
    }
  }

  /**
   * A turn that never ran may be refused for good, e.g. for its model: then the gateway has an outcome of it, and another try
   * ends alike. One that stops has none to tell: it refuses the question, and the next one runs the turn.
   */
  async #unlessRefused(ended: Ended, run_id: string | null): Promise<Ended> {
    if (ended.outcome.type !== 'lost' || run_id === null) return ended
    try {
      const reply = await this.#gateway.turnOutcome(run_id, 0)
      return reply.status === 'failed' ? this.#unanswered(reply.reason, run_id) : ended
    } catch (error) {
      if (error instanceof GatewayRefused && error.passing) return ended
      throw error
    }
  }

  /** A turn that somebody asked to stop was stopped, however the gateway words its end. */
  #unanswered(reason: string, run_id: string | null): Ended {
    const by = this.#followed.turn.stopped_by
    return by === null ? failed(reason, run_id) : { outcome: { type: 'stopped', by }, run_id, reason }
  }

  /** A turn that failed after it was taken is refused a second answer: what happened has to be asked for. */
  async #fromSettled(run_id: string, reply: TurnReply): Promise<Ended | undefined> {
    if (reply.status !== 'failed') return await this.#fromReply(run_id, reply)
    const outcome = await this.#gateway.turnOutcome(run_id, 0)
    if (outcome.status === 'ok' || outcome.status === 'failed') return await this.#fromReply(run_id, outcome)
    return await this.fromTranscript(reply.reason, true)
  }

  async #lookForResumed(began_at: number): Promise<Ended | undefined> {
    const found = await this.#followed.find()
    if (found.state === 'answered')
      return { outcome: { type: 'answered', text: found.text }, run_id: found.run_id, reason: '' }
    if (this.#signs_of_life || this.#clock.now() - began_at < this.#limits.resume_ms) return undefined
    return failed('The gateway restarted during the turn and did not go on with it.', null)
  }

  async #tooLate(run_id: string | null): Promise<Ended> {
    const minutes = Math.ceil(this.#limits.turn_ms / 60_000)
    await this.#gateway.abort(this.#followed.session_key, run_id ?? undefined)
    return failed(`No answer within ${minutes} minutes: the turn was stopped.`, run_id)
  }
}

function failed(reason: string, run_id: string | null): Ended {
  return { outcome: { type: 'failed', reason }, run_id, reason }
}
