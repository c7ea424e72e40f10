/** A dependency: one task is blocked by another. */
export interface Dependency {
  task_id: string
  blocked_by_id: string
}

/**
 * A shortest path from one task to another over "is blocked by", as ids with both ends; undefined when there is none.
 * Breadth-first: each dependency is visited once.
 */
export function wayOver(dependencies: Iterable<Dependency>, from: string, to: string): string[] | undefined {
  const blockers = Map.groupBy(dependencies, ({ task_id }) => task_id)
  const came_from = new Map<string, string | undefined>([[from, undefined]])
  // A map is walked in the order of its entries, those that are added on the way included.
  for (const id of came_from.keys()) {
    if (id === to) break
    for (const { blocked_by_id } of blockers.get(id) ?? [])
      if (!came_from.has(blocked_by_id)) came_from.set(blocked_by_id, id)
  }
  if (!came_from.has(to)) return undefined
  const way: string[] = []
  for (let id: string | undefined = to; id !== undefined; id = came_from.get(id)) way.push(id)
  return way.reverse()
}

/** Whether tasks block each other in a circle: tasks without an open blocker are taken away until none is left. */
export function hasCircle(dependencies: readonly Dependency[]): boolean {
  const blocked = Map.groupBy(dependencies, ({ blocked_by_id }) => blocked_by_id)
  const open = new Map<string, number>()
  for (const { task_id } of dependencies) open.set(task_id, (open.get(task_id) ?? 0) + 1)
  const free = [...blocked.keys()].filter((id) => !open.has(id))
  // The list grows while it is walked.
  for (const id of free)
    for (const { task_id } of blocked.get(id) ?? []) {
      const left = (open.get(task_id) ?? 0) - 1
      if (left > 0) open.set(task_id, left)
      else {
        open.delete(task_id)
        free.push(task_id)
      }
    }
  return open.size > 0
}
