import { FakeClock } from '../../../tests/support/fake-clock.ts'
import { until } from '../../../tests/support/streams.ts'

/** Rounds of 10 ms in which time stands still for a request; one that hangs for longer is one that a test lets hang. */
const ROUNDS_FOR_A_REQUEST = 50

/** Requests under way: time that passes meanwhile would be the slowness of the machine. */
export class Traffic {
  #under_way = 0
  #rounds = 0

  readonly fetch = async (url: string, init: BunFetchRequestInit): Promise<Response> => {
    this.#under_way++
    this.#rounds = 0
    try {
      return await fetch(url, init)
    } finally {
      this.#under_way--
    }
  }

  /** Whether time may pass now. */
  get rests(): boolean {
    return this.#under_way === 0 || ++this.#rounds > ROUNDS_FOR_A_REQUEST
  }
}

/** Lets time pass in steps, with room for real sockets between them, until something is true. */
export async function pump(
  clock: FakeClock,
  step_ms: number,
  condition: () => boolean,
  what = 'a condition',
  traffic?: Traffic,
): Promise<void> {
  await until(async () => {
    if (condition()) return true
    if (traffic?.rests ?? true) await clock.advance(step_ms)
    return condition()
  }, what)
}

/** Records the delays of the timers that were set. */
export class RecordingClock extends FakeClock {
  readonly delays: number[] = []

  override after(delay_ms: number, fire: () => void): () => void {
    this.delays.push(delay_ms)
    return super.after(delay_ms, fire)
  }
}
