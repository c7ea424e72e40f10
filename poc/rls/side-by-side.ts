import { mulberry } from '../lib/figures.ts'

/** Something to time: `before` is not counted. */
export interface Variant {
  before(): Promise<unknown>
  run(): Promise<unknown>
}

const WARM_UP = 50

/**
 * Milliseconds of each variant, `iterations` times, in a new random order every time, so that whatever else the machine
 * does falls on all of them.
 */
export async function sideBySide(variants: readonly Variant[], iterations: number): Promise<number[][]> {
  const random = mulberry(7)
  const taken = variants.map((): number[] => [])
  for (let at = -Math.min(WARM_UP, iterations); at < iterations; at++) {
    const order = variants.map((variant, place) => ({ variant, place, key: random() }))
    for (const { variant, place } of order.toSorted((x, y) => x.key - y.key)) {
      await variant.before()
      const begin_ms = performance.now()
      await variant.run()
      if (at >= 0) taken[place]!.push(performance.now() - begin_ms)
    }
  }
  return taken
}
