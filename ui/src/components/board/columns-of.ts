import type { CardKind } from './use-hand.ts'

/** The cards of each place, in the order of its column. */
export function columnsOf<T extends { id: string }, P extends string>(
  { places, placeOf, compare }: Pick<CardKind<T, P>, 'places' | 'placeOf' | 'compare'>,
  items: readonly T[],
): Map<P, T[]> {
  const columns = new Map(places.map((place): [P, T[]] => [place, []]))
  for (const item of items) columns.get(placeOf(item))?.push(item)
  for (const column of columns.values()) column.sort(compare)
  return columns
}
