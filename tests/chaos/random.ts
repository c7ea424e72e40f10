/** A generator of numbers from 0 to below 1: the same seed gives the same numbers. */
export type Random = () => number

/** Linear congruential generator with the constants of Numerical Recipes. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state * 1664525 + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

export function pick<T>(random: Random, from: readonly T[]): T {
  const chosen = from[Math.floor(random() * from.length)]
  if (chosen === undefined) throw new Error('nothing to pick from')
  return chosen
}
