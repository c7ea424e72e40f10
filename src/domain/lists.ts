/** What a change adds to a list of ids and what it takes out of it. */
export interface Difference {
  added: readonly string[]
  removed: readonly string[]
}

/** The ids that `after` has and `before` has not, and the other way round; each once. */
export function difference(before: readonly string[], after: readonly string[]): Difference {
  return {
    added: unique(after).filter((id) => !before.includes(id)),
    removed: before.filter((id) => !after.includes(id)),
  }
}

export function unique<T>(items: readonly T[]): T[] {
  return [...new Set(items)]
}
