import { timingSafeEqual } from 'node:crypto'

/** Compares secrets in constant time; only a difference of length shows. */
export function sameText(a: string, b: string): boolean {
  const x = Buffer.from(a)
  const y = Buffer.from(b)
  return x.length === y.length && timingSafeEqual(x, y)
}
