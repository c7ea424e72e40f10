import { type Clock, pause } from '../clock.ts'
import { backOffMs } from '../server/back-off.ts'
import { type AgentServer, KeyRefused, ServerAway, ServerRefused } from '../server/port.ts'
import type { Row } from '../state/port.ts'
import type { Report } from './steps.ts'

/** Messages with a report that waits; one more forgets the oldest, whose next report follows anyway. */
const WAITING_MAX = 10_000
const DETAIL_MAX = 500

export interface ReportsPorts {
  server: Pick<AgentServer, 'deliver'>
  clock: Clock
  random: () => number
  onKeyRefused(error: KeyRefused): void
  failed(stage: string, error: unknown): void
}

type Place = Pick<Row, 'channel_id' | 'seq'>
type Waiting = Report & { channel_id: string; seq: number }

/**
 * Tells the server how far messages are. Never holds up a turn: of one message only the newest report waits, in the background,
 * and is retried; the server takes states forward only, so an old one that arrives late changes nothing.
 */
export class Reports {
  readonly #ports: ReportsPorts
  readonly #waiting = new Map<string, Waiting>()
  readonly #signal: AbortSignal
  #running: Promise<void> | undefined

  constructor(ports: ReportsPorts, signal: AbortSignal) {
    this.#ports = ports
    this.#signal = signal
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /** Reports in the background; replaces the report of the same message that still waits. */
  note({ channel_id, seq }: Place, report: Report): void {
    if (seq === null || this.#signal.aborted) return
    const key = `${channel_id} ${seq}`
    this.#waiting.delete(key)
    if (this.#waiting.size >= WAITING_MAX) this.#dropOldest()
    this.#waiting.set(key, { channel_id, seq, ...report })
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
    })
  }

  /** Reports the end of a delivery. Rejects with `ServerAway` or `KeyRefused`; what the server refuses is over as well. */
  async end({ channel_id, seq }: Place, report: Report): Promise<void> {
    if (seq === null) return
    this.#waiting.delete(`${channel_id} ${seq}`)
    await this.#send({ channel_id, seq, ...report })
  }

  async #run(): Promise<void> {
    for (let failures = 0; !this.#signal.aborted; ) {
      const [next] = this.#waiting
      if (!next) return
      const [key, waiting] = next
      this.#waiting.delete(key)
      try {
        await this.#send(waiting)
        failures = 0
      } catch (error) {
        if (error instanceof KeyRefused) return this.#ports.onKeyRefused(error)
        if (!(error instanceof ServerAway)) return this.#ports.failed('report a delivery', error)
        if (!this.#waiting.has(key)) this.#waiting.set(key, waiting)
        const { clock, random } = this.#ports
        await pause(clock, Math.max(error.retry_after_ms, backOffMs(++failures, random)), this.#signal)
      }
    }
  }

  async #send({ channel_id, seq, state, detail }: Waiting): Promise<void> {
    try {
      await this.#ports.server.deliver(channel_id, seq, state, detail?.slice(0, DETAIL_MAX))
    } catch (error) {
      // The message is gone, the channel is closed to the agent, or the delivery has ended: nobody is left to tell.
      if (!(error instanceof ServerRefused)) throw error
    }
  }

  #dropOldest(): void {
    for (const key of this.#waiting.keys()) {
      this.#waiting.delete(key)
      return
    }
  }
}
