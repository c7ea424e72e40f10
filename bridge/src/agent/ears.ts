import { createHash } from 'node:crypto'
import type { Clock } from '../clock.ts'
import type { CrashPoint } from '../delivery/crash-points.ts'
import { type Identity, runPrefix } from '../delivery/ids.ts'
import { storing } from '../delivery/storing.ts'
import type { Final, TurnWaits } from '../delivery/turn-waits.ts'
import type { GatewayEvent } from '../gateway/port.ts'
import type { NewRow, Row, State } from '../state/port.ts'

/** Speech that waits for the disk; more is refused with an alarm. */
const SPEECH_WAITING_MAX = 100
/** Sessions whose last answer is remembered. */
const ANSWERS_MAX = 1_000
/** The same text again, within this time and by whatever run, is the gateway repeating itself. */
const REPEATED_MS = 10_000
/** Sessions whose channel is remembered. */
const CHANNELS_MAX = 10_000

export interface EarsPorts {
  identity: Identity
  state: State
  waits: TurnWaits
  clock: Clock
  crash: CrashPoint
  typing(session: string, channel_id: string): void
  /** A stored speech row, to be posted. */
  onSpeech(row: Row): void
  /** Speech that cannot be stored. */
  alarm(problem: string): void
  failed(stage: string, error: unknown): void
}

/** Listens to what the sessions of one agent do: typing, ends of turns, and what the agent says of its own accord. */
export class Ears {
  readonly #ports: EarsPorts
  readonly #signal: AbortSignal
  readonly #channels = new Map<string, string>()
  readonly #answers = new Map<string, { run_id: string | null; text: string; at: number }>()
  #waiting = 0

  constructor(ports: EarsPorts, signal: AbortSignal) {
    this.#ports = ports
    this.#signal = signal
  }

  hear(event: GatewayEvent): void {
    if (event.type === 'started' || event.type === 'progress') this.#type(event.session_key)
    if (this.#ports.waits.offer(event)) return
    if (event.type === 'final') void this.speak(event)
  }

  /** A turn of a session ended as the answer of a row: the same again is no speech. */
  answered({
    session_key,
    run_id,
    text,
  }: {
    session_key: string
    run_id: string | null
    text: string
  }): void {
    this.#answers.delete(session_key)
    const [oldest] = this.#answers.keys()
    if (oldest !== undefined && this.#answers.size >= ANSWERS_MAX) this.#answers.delete(oldest)
    this.#answers.set(session_key, { run_id, text: text.trim(), at: this.#ports.clock.now() })
  }

  /** Stores what the agent said without being asked. A run of the bridge's own that nobody waits for any more is no speech. */
  async speak({ session_key, run_id, text }: Final): Promise<void> {
    if (text.trim() === '' || run_id.startsWith(runPrefix(this.#ports.identity))) return
    if (this.#repeats(session_key, run_id, text)) return
    const session = sessionOf(session_key)
    const channel_id = this.#channelOf(session)
    if (channel_id === undefined) return
    const id = speechId(session_key, run_id)
    const row = {
      id,
      kind: 'speech' as const,
      channel_id,
      seq: null,
      reply_to: null,
      session,
      text: '',
      step: 'answered' as const,
      answer: text,
    }
    if (this.#waiting >= SPEECH_WAITING_MAX) {
      this.#ports.alarm('The agent says more by itself than can be stored: some of it is lost.')
      return
    }
    this.#waiting++
    try {
      const stored = await this.#store(row)
      if (stored) this.#ports.onSpeech(stored)
    } catch (error) {
      if (!this.#signal.aborted) this.#ports.failed('store what the agent said', error)
    } finally {
      this.#waiting--
    }
  }

  #repeats(session_key: string, run_id: string, text: string): boolean {
    const answer = this.#answers.get(session_key)
    if (!answer) return false
    if (answer.run_id === run_id) return true
    return answer.text === text.trim() && this.#ports.clock.now() - answer.at < REPEATED_MS
  }

  async #store(row: NewRow): Promise<Row | undefined> {
    const { state, clock, identity, crash } = this.#ports
    return await storing(clock, this.#signal, () => {
      const stored = state.enqueue(identity.agent, row)
      crash('speech:answered:after')
      return stored
    })
  }

  #type(session_key: string): void {
    const session = sessionOf(session_key)
    const channel_id = this.#channelOf(session)
    if (channel_id !== undefined) this.#ports.typing(session, channel_id)
  }

  #channelOf(session: string): string | undefined {
    const known = this.#channels.get(session)
    if (known !== undefined) return known
    const { state, identity } = this.#ports
    const stored = state.sessions(identity.agent).find((one) => one.session === session)
    if (!stored) return undefined
    if (this.#channels.size >= CHANNELS_MAX) this.#channels.clear()
    this.#channels.set(session, stored.channel_id)
    return stored.channel_id
  }
}

/** The session of a key, without its generation. */
function sessionOf(session_key: string): string {
  return session_key.replace(/:g\d+$/, '')
}

function speechId(session_key: string, run_id: string): string {
  const hash = createHash('sha256').update(`${session_key} ${run_id}`).digest('hex')
  return `s${hash.slice(0, 32)}`
}
