/** Ids added to and removed from a list by a change. */
export interface Difference {
  added: readonly string[]
  removed: readonly string[]
}

/** Ids only in `after` and ids only in `before`, without duplicates. */
export function difference(before: readonly string[], after: readonly string[]): Difference {
  return {
    added: unique(after).filter((id) => !before.includes(id)),
    removed: before.filter((id) => !after.includes(id)),
  }
}

export function unique<T>(items: readonly T[]): T[] {
  return [...new Set(items)]
}
