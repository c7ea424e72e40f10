/** How many consecutive messages of agents a channel takes without a person, and within which time. */
export interface BrakeSettings {
  /** 0 turns the brake off. */
  messages: number
  minutes: number
}

/** A pause ends after so long at the latest. */
export const PAUSE_MS = 10 * 60_000

/** One message in a run of agents' messages. */
export interface AgentMessage {
  sender_id: string
  at: number
}

/**
 * Stops agents that answer each other for ever: after `messages` consecutive messages of at least two agents within
 * `minutes` and without a person, the next one is refused and agents' posts are paused. Decides only: the pause is on
 * once it is stored, with an alarm for its end.
 */
export class LoopBrake {
  #run: AgentMessage[]
  #paused_until: number
  /** The attempt to store a pause failed, so one may be stored. */
  #in_doubt = false

  constructor(run: AgentMessage[] = [], paused_until = 0) {
    this.#run = run
    this.#paused_until = paused_until
  }

  /** A pause is or may be stored, also one whose time is over. */
  get engaged(): boolean {
    return this.#paused_until > 0 || this.#in_doubt
  }

  /** A stored pause is over; its alarm may not have been delivered yet. */
  expired(now: number): boolean {
    return this.#paused_until > 0 && this.#paused_until <= now
  }

  /** Set while agents' posts are refused. */
  pausedUntil(now: number): number | undefined {
    return this.#paused_until > now ? this.#paused_until : undefined
  }

  /** A pause was stored. */
  pause(until: number): void {
    this.#run = []
    this.#paused_until = until
    this.#in_doubt = false
  }

  /** A pause could not be stored, as far as this node knows: posts go on, and the next one tries again. */
  pauseFailed(): void {
    this.#in_doubt = true
  }

  /** Ends a pause and the run. True when a stored pause has to be removed. */
  lift(): boolean {
    const was_engaged = this.engaged
    this.#run = []
    this.#paused_until = 0
    this.#in_doubt = false
    return was_engaged
  }

  /** An agent wants to write. Returns the length of the run when this message would be one too many. */
  take(sender_id: string, now: number, settings: BrakeSettings): number | undefined {
    if (settings.messages === 0) {
      this.#run = []
      return undefined
    }
    const since = now - settings.minutes * 60_000
    const run = this.#run.filter((message) => message.at > since)
    const agents = new Set(run.map((message) => message.sender_id)).add(sender_id)
    if (run.length >= settings.messages && agents.size >= 2) {
      this.#run = run
      return run.length
    }
    run.push({ sender_id, at: now })
    this.#run = run.slice(-settings.messages)
    return undefined
  }
}
