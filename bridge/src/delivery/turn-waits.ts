import type { GatewayEvent, TurnReply } from '../gateway/port.ts'

/** Finals of foreign runs that are held while it is open to which run the answer of a row belongs. */
const HELD_MAX = 100

/** What a waiting turn hears next. */
export type Heard =
  | { type: 'final'; run_id: string; text: string }
  | { type: 'failed'; run_id: string; reason: string }
  | { type: 'aborted'; run_id: string; reason: string }
  | { type: 'settled'; run_id: string; reply: TurnReply }
  /** The connection to the gateway ended: nothing more comes from it. */
  | { type: 'lost' }

export type Final = Extract<GatewayEvent, { type: 'final' }>

/**
 * Whose events a turn listens to. `own`: one run. `any`: the gateway goes on with the turn under a run id of its own, so the
 * next end of any run is the turn's. `open`: not known yet, after a restart of the gateway or of the bridge.
 */
type Expected = { mode: 'open' } | { mode: 'own'; run_id: string } | { mode: 'any' }

/** The claim of one row on the events of its session, from its submission to its answer. */
export class Turn {
  /** Who asked for the end of this turn, for people; null when nobody did. */
  stopped_by: string | null = null
  #expected: Expected = { mode: 'open' }
  readonly #heard: Heard[] = []
  #held: Final[] = []
  #started = false
  #onStarted: () => void = () => undefined
  #wake: () => void = () => undefined

  /** Calls `listener` with each sign that a run of this turn works, also for one that was seen before. */
  whenStarted(listener: () => void): void {
    this.#onStarted = listener
    if (this.#started) listener()
  }

  /** Expects the end of one run; forgets what was heard of others. */
  expect(run_id: string): void {
    this.#begin({ mode: 'own', run_id })
  }

  /** Expects the end of the session's next run, whichever it is. What is held came since nobody knew: it is heard first. */
  expectAny(): void {
    this.#begin({ mode: 'any' })
    for (const event of this.#held) this.offer(event)
  }

  /** Back to not knowing: until the next {@link expect} finals of foreign runs are held. */
  reopen(): void {
    this.#begin({ mode: 'open' })
  }

  /** True when the event belongs to this turn or is held by it; false for the agent's own speech. */
  offer(event: GatewayEvent): boolean {
    const expected = this.#expected
    const mine = expected.mode === 'any' || (expected.mode === 'own' && expected.run_id === event.run_id)
    if (mine) {
      // A run without a text says nothing; the one that goes on with the turn may still come.
      if (expected.mode === 'any' && event.type === 'final' && event.text.trim() === '') return true
      this.#take(event)
      return true
    }
    if (expected.mode !== 'open' || event.type !== 'final') return false
    if (this.#held.length < HELD_MAX) this.#held.push(event)
    return true
  }

  lost(): void {
    this.#hear({ type: 'lost' })
  }

  /** The next thing heard; undefined when nothing comes before the signal aborts. */
  async next(signal: AbortSignal): Promise<Heard | undefined> {
    for (;;) {
      const heard = this.#heard.shift()
      if (heard || signal.aborted) return heard
      const { promise, resolve } = Promise.withResolvers<void>()
      const wake = () => resolve()
      this.#wake = wake
      signal.addEventListener('abort', wake, { once: true })
      await promise
      signal.removeEventListener('abort', wake)
    }
  }

  /** What is given, or `instead` when something is heard first. A late rejection of `asked` is of no interest then. */
  async unlessHeard<T>(asked: Promise<T>, instead: T): Promise<T> {
    asked.catch(() => undefined)
    if (this.#heard.length > 0) return instead
    const { promise, resolve } = Promise.withResolvers<T>()
    this.#wake = () => resolve(instead)
    return await Promise.race([asked, promise])
  }

  /** Finals that turned out not to be the answer; the turn holds none any more. */
  release(answered_by: string | null): Final[] {
    const others = this.#held.filter(({ run_id }) => run_id !== answered_by)
    this.#held = []
    return others
  }

  #begin(expected: Expected): void {
    this.#expected = expected
    this.#heard.length = 0
    this.#started = false
    this.#onStarted = () => undefined
  }

  #take(event: GatewayEvent): void {
    const { run_id } = event
    switch (event.type) {
      case 'started':
      case 'progress':
        this.#started = true
        this.#onStarted()
        break
      case 'final':
        this.#hear({ type: 'final', run_id, text: event.text })
        break
      case 'failed':
      case 'aborted':
        this.#hear({ type: event.type, run_id, reason: event.reason })
        break
      case 'settled':
        this.#hear({ type: 'settled', run_id, reply: event.reply })
        break
    }
  }

  #hear(heard: Heard): void {
    this.#heard.push(heard)
    this.#wake()
  }
}

/** Who waits for which run: one turn per session at a time, and beside it commands, each with a run of its own. */
export class TurnWaits {
  readonly #turns = new Map<string, Turn>()
  readonly #commands = new Map<string, Turn>()

  /** The claim on a session, made when there is none. Keeps through retries of its row. */
  claim(session_key: string): Turn {
    let turn = this.#turns.get(session_key)
    if (!turn) {
      turn = new Turn()
      this.#turns.set(session_key, turn)
    }
    return turn
  }

  /** Ends a claim. Returns the held finals that are nobody's answer, i.e. speech of the agent. */
  release(session_key: string, answered_by: string | null): Final[] {
    const turn = this.#turns.get(session_key)
    this.#turns.delete(session_key)
    return turn?.release(answered_by) ?? []
  }

  /** The claim on a session, if there is one. */
  at(session_key: string): Turn | undefined {
    return this.#turns.get(session_key)
  }

  /** Listens to the run of a command while `use` runs. */
  async command<T>(run_id: string, use: (turn: Turn) => Promise<T>): Promise<T> {
    const turn = new Turn()
    turn.expect(run_id)
    this.#commands.set(run_id, turn)
    try {
      return await use(turn)
    } finally {
      this.#commands.delete(run_id)
    }
  }

  /** True when a turn or a command takes or holds the event. */
  offer(event: GatewayEvent): boolean {
    const waiting = this.#commands.get(event.run_id) ?? this.#turns.get(event.session_key)
    return waiting?.offer(event) ?? false
  }

  /** The connection to the gateway ended. */
  lost(): void {
    for (const turn of [...this.#turns.values(), ...this.#commands.values()]) turn.lost()
  }
}
