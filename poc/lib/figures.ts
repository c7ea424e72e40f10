/** Statistics for figures that are measured side by side. */

export function percentile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return (
    sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil((p / 100) * sorted.length) - 1))] ?? Number.NaN
  )
}

export function median(values: readonly number[]): number {
  return percentile(values, 50)
}

export interface Interval {
  middle: number
  low: number
  high: number
}

const RESAMPLES = 1_000

/**
 * How much slower `slow` is than `fast` by the median, as a share (0.05 = 5 %), with its 95 % bootstrap interval.
 * `slow[i]` and `fast[i]` were measured next to each other and are drawn together.
 */
export function overhead(fast: readonly number[], slow: readonly number[], seed = 1): Interval {
  const random = mulberry(seed)
  const ratios: number[] = []
  for (let at = 0; at < RESAMPLES; at++) {
    const a: number[] = []
    const b: number[] = []
    for (let drawn = 0; drawn < fast.length; drawn++) {
      const pair = Math.floor(random() * fast.length)
      a.push(fast[pair]!)
      b.push(slow[pair]!)
    }
    ratios.push(median(b) / median(a) - 1)
  }
  return {
    middle: median(slow) / median(fast) - 1,
    low: percentile(ratios, 2.5),
    high: percentile(ratios, 97.5),
  }
}

/** A small seeded generator of numbers in [0, 1): a proof that makes its data itself makes the same data again. */
export function mulberry(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
