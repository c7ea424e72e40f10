import { FakeClock } from '../../../tests/support/fake-clock.ts'
import { until } from '../../../tests/support/streams.ts'

/** Lets time pass in steps, with room for real sockets between them, until something is true. */
export async function pump(
  clock: FakeClock,
  step_ms: number,
  condition: () => boolean,
  what = 'a condition',
): Promise<void> {
  await until(async () => {
    if (condition()) return true
    await clock.advance(step_ms)
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
