import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { type Dependency, wayOver } from '../../../src/domain/dependencies.ts'

const IDS = ['a', 'b', 'c', 'd', 'e', 'f']
const id = fc.constantFrom(...IDS)
const dependency: fc.Arbitrary<Dependency> = fc.record({ task_id: id, blocked_by_id: id })

/** Everything that a task waits for, the slow way: until nothing is added any more. */
function reachable(dependencies: readonly Dependency[], from: string): Set<string> {
  const found = new Set([from])
  for (let before = 0; before < found.size; ) {
    before = found.size
    for (const { task_id, blocked_by_id } of dependencies) if (found.has(task_id)) found.add(blocked_by_id)
  }
  return found
}

describe('the way from one task to another', () => {
  test('is there exactly when one waits for the other, and each step of it is a dependency', () => {
    fc.assert(
      fc.property(fc.array(dependency), id, id, (dependencies, from, to) => {
        const way = wayOver(dependencies, from, to)
        expect(way !== undefined).toBe(reachable(dependencies, from).has(to))
        if (!way) return
        expect([way[0], way.at(-1)]).toEqual([from, to])
        expect(new Set(way).size).toBe(way.length)
        for (const [i, task_id] of way.slice(0, -1).entries())
          expect(dependencies).toContainEqual({ task_id, blocked_by_id: way[i + 1]! })
      }),
    )
  })

  test('refused where it would close a circle, dependencies never have one', () => {
    fc.assert(
      fc.property(fc.array(dependency, { maxLength: 40 }), (wanted) => {
        const kept: Dependency[] = []
        for (const one of wanted) if (!wayOver(kept, one.blocked_by_id, one.task_id)) kept.push(one)
        // In no order of their own may a task come before what it waits for.
        const left = new Set(IDS)
        for (let before = -1; before !== left.size; ) {
          before = left.size
          for (const task of left)
            if (kept.every(({ task_id, blocked_by_id }) => task_id !== task || !left.has(blocked_by_id)))
              left.delete(task)
        }
        expect([...left]).toEqual([])
      }),
    )
  })

  test('is found among very many', () => {
    const chain = Array.from({ length: 50_000 }, (_, i) => ({ task_id: `${i}`, blocked_by_id: `${i + 1}` }))
    expect(wayOver(chain, '0', '50000')).toHaveLength(50_001)
    expect(wayOver(chain, '50000', '0')).toBeUndefined()
  })
})
