import type { Clock } from '../clock.ts'
import { backOffMs } from '../server/back-off.ts'
import type { KeyRefused } from '../server/port.ts'
import type { Row } from '../state/port.ts'
import { type Fault, faultOf } from './faults.ts'
import { type DeliveryLimits, within } from './limits.ts'
import type { OpenRow } from './open-row.ts'

/** After so many tries a row says why it waits. */
const TRIES_IN_SILENCE = 3
/** A wait that is known to be as long as this is told at once, e.g. that of a loop brake. */
const LONG_WAIT_MS = 10_000
/** Tries of a row that meets mistakes of the program. */
const MISTAKES_MAX = 5
/** A row that is given up still gets this long to say so. */
const LAST_WORD_MS = 60_000

export interface LanePorts {
  clock: Clock
  random: () => number
  limits: DeliveryLimits
  /** Brings a row to its end, or rejects. */
  walk(open: OpenRow, signal: AbortSignal): Promise<void>
  /** The row ended without an answer, outside of its steps. */
  onEnded(open: OpenRow): void
  onKeyRefused(error: KeyRefused): void
  failed(stage: string, error: unknown): void
}

/** The rows of one session, one after the other. Ends when its signal aborts; unfinished rows stay in the state. */
export class Lane {
  readonly #ports: LanePorts
  readonly #signal: AbortSignal
  readonly #rows: OpenRow[] = []
  #wake: () => void = () => undefined
  #wakes = 0
  #running: Promise<void> | undefined

  constructor(ports: LanePorts, signal: AbortSignal) {
    this.#ports = ports
    this.#signal = signal
  }

  /** Rows that wait or are worked on. */
  get depth(): number {
    return this.#rows.length
  }

  count(which: (row: Row) => boolean): number {
    return this.#rows.filter(({ row }) => which(row)).length
  }

  /** Resolves when the lane has nothing to do or was ended. */
  async idle(): Promise<void> {
    await this.#running
  }

  push(open: OpenRow): void {
    this.#rows.push(open)
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
    })
  }

  /** What a row waits for may be there again: its next try begins at once. */
  wake(): void {
    this.#wakes++
    this.#wake()
  }

  async #run(): Promise<void> {
    // The first await comes before any work, so that the caller of `push` is not held up.
    await Promise.resolve()
    for (let open = this.#rows[0]; open && !this.#signal.aborted; open = this.#rows[0]) {
      if (!(await this.#finish(open))) return
      this.#rows.shift()
    }
  }

  /** False when the lane was ended before the row was. */
  async #finish(open: OpenRow): Promise<boolean> {
    const { clock, random, limits, walk } = this.#ports
    const count = { tries: 0, mistakes: 0 }
    while (open.row.step !== 'done') {
      const left_ms = open.row.received_at + limits.give_up_ms - clock.now()
      const limit = within(left_ms > 0 ? left_ms : LAST_WORD_MS, this.#signal, clock)
      let fault: Fault | undefined
      const wakes = this.#wakes
      try {
        if (left_ms > 0 || open.row.step === 'posted') await walk(open, limit.signal)
        else fault = { kind: 'refused', reason: 'It took too long.' }
      } catch (error) {
        if (this.#signal.aborted) return false
        fault = limit.signal.aborted ? { kind: 'refused', reason: 'It took too long.' } : faultOf(error)
      } finally {
        limit.end()
      }
      if (!fault) continue
      if (fault.kind === 'key_refused') {
        this.#ports.onKeyRefused(fault.error)
        return false
      }
      count.tries++
      if (fault.kind === 'unexpected') {
        count.mistakes++
        this.#ports.failed('deliver a row', fault.error)
      }
      const wait_ms = this.#store(() => this.#after(open, fault, count, left_ms <= 0))
      // A call to wake up that came during the try is about what the try has met.
      if (wait_ms > 0 && this.#wakes === wakes) await this.#pause(wait_ms + backOffMs(count.tries, random))
      if (this.#signal.aborted) return false
    }
    return true
  }

  /** What a fault does to the row; the least wait before the next try, 0 for none. */
  #after(open: OpenRow, fault: Fault, count: { tries: number; mistakes: number }, over: boolean): number {
    const mistaken = fault.kind === 'unexpected' && count.mistakes >= MISTAKES_MAX
    const reason = 'reason' in fault ? fault.reason : 'The bridge could not work on it; its log says why.'
    if (over || mistaken || fault.kind === 'refused') {
      if (!over && open.allows('failed')) open.apply({ type: 'failed', reason })
      else
        open.apply({
          type: 'give_up',
          reason: `Given up after ${hours(this.#ports.limits)} hours: ${reason}`,
        })
      this.#ports.onEnded(open)
      return 0
    }
    const wait_ms = Math.max(1, fault.kind === 'passing' ? fault.retry_after_ms : 1)
    const told = count.tries >= TRIES_IN_SILENCE || wait_ms >= LONG_WAIT_MS
    if (told && open.allows('delayed')) open.apply({ type: 'delayed', reason })
    return wait_ms
  }

  /** The disk may refuse even this: then the row stays as it is until the next try. */
  #store(change: () => number): number {
    try {
      return change()
    } catch (error) {
      this.#ports.failed('store the end of a row', error)
      return 1
    }
  }

  async #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const wake = () => resolve()
    const cancel = this.#ports.clock.after(ms, wake)
    this.#wake = wake
    this.#signal.addEventListener('abort', wake)
    if (!this.#signal.aborted) await promise
    cancel()
    this.#signal.removeEventListener('abort', wake)
  }
}

function hours({ give_up_ms }: DeliveryLimits): number {
  return Math.round(give_up_ms / 3_600_000)
}
