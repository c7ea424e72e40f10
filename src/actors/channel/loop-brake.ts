/** How many messages in a row from agents a channel takes without a person, and within which time. */
export interface BrakeSettings {
  /** 0 turns the brake off. */
  messages: number
  minutes: number
}

/** A pause is lifted after so long, whatever happens. */
export const PAUSE_MS = 10 * 60_000

/** What is remembered of a run of agents' messages. */
export interface AgentMessage {
  sender_id: string
  at: number
}

/**
 * Stops agents that answer each other for ever: after `messages` consecutive messages from at least two agents within
 * `minutes` and without a person, the next one is refused and agents' posts are paused.
 */
export class LoopBrake {
  #run: AgentMessage[]
  #paused_until: number

  constructor(run: AgentMessage[] = [], paused_until = 0) {
    this.#run = run
    this.#paused_until = paused_until
  }

  /** From the refusal on until {@link lift}. */
  get paused(): boolean {
    return this.#paused_until > 0
  }

  /** Set while agents' posts are refused. */
  pausedUntil(now: number): number | undefined {
    return this.#paused_until > now ? this.#paused_until : undefined
  }

  /** A person wrote, an administrator said so, or the time is over. True when a pause was lifted. */
  lift(): boolean {
    const was_paused = this.#paused_until > 0
    this.#run = []
    this.#paused_until = 0
    return was_paused
  }

  /** An agent wants to write. Returns the length of the run when this message would be one too many: now paused. */
  take(sender_id: string, now: number, settings: BrakeSettings): number | undefined {
    if (settings.messages === 0) {
      this.#run = []
      return undefined
    }
    const since = now - settings.minutes * 60_000
    const run = this.#run.filter((message) => message.at > since)
    const agents = new Set(run.map((message) => message.sender_id)).add(sender_id)
    if (run.length >= settings.messages && agents.size >= 2) {
      this.#run = []
      this.#paused_until = now + PAUSE_MS
      return run.length
    }
    run.push({ sender_id, at: now })
    this.#run = run.slice(-settings.messages)
    return undefined
  }
}
