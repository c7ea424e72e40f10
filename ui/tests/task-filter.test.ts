import { describe, expect, test } from 'bun:test'
import { newTaskIn } from '../src/components/tasks/new-task.ts'
import {
  filterOf,
  filterTasks,
  inFilter,
  narrows,
  queryOf,
  withChoice,
} from '../src/components/tasks/task-filter.ts'
import { ME, OTHER, PROJECT, task } from './support/samples.ts'

const tasks = [
  task(1, {
    title: 'Retry photos',
    priority: 'high',
    type: 'bug',
    assignee_ids: [ME],
    project_ids: [PROJECT],
  }),
  task(2, { priority: 'low', type: 'bug', status: 'in-progress', assignee_ids: [OTHER] }),
  task(3, { priority: 'high', type: 'chore', status: 'complete', is_blocked: true }),
  task(4, { priority: 'critical', type: 'chore', is_blocked: true, project_ids: [PROJECT] }),
]
const shown = (query: Record<string, unknown>) =>
  filterTasks(tasks, filterOf(query), ME).shown.map(({ id }) => Number(id.at(-1)))

describe('filters of tasks', () => {
  test('go into the address and come back; unknown values are none', () => {
    const filter = filterOf({ q: 'photo', priority: 'high', blocked: 'true', type: 'nonsense', other: 'x' })
    expect(queryOf(filter)).toEqual({ q: 'photo', priority: 'high', blocked: 'true' })
    expect(filterOf(queryOf(filter))).toEqual(filter)
  })

  test('take several values as a list or repeated, each once', () => {
    expect(filterOf({ project: 'a,b' }).project).toEqual(['a', 'b'])
    expect(filterOf({ project: ['a', 'b,a'] }).project).toEqual(['a', 'b'])
    expect(queryOf(filterOf({ priority: ['high', 'low'] }))).toEqual({ priority: 'low,high' })
    expect(withChoice(filterOf({ project: 'a' }), 'type', ['bug', 'chore']).type).toEqual(['bug', 'chore'])
  })

  test('take the names of the API too', () => {
    expect(queryOf(filterOf({ project_id: 'a', assigned_to: 'me' }))).toEqual({
      project: 'a',
      assignee: 'me',
    })
  })

  test('several values of one filter are alternatives, several filters conditions', () => {
    expect(shown({ priority: 'high,critical' })).toEqual([1, 3, 4])
    expect(shown({ priority: 'high,critical', type: 'chore' })).toEqual([3, 4])
    expect(shown({ status: 'in-progress,complete' })).toEqual([2, 3])
  })

  test('each filter keeps what it names', () => {
    expect(shown({ q: 'phot ret' })).toEqual([1])
    expect(shown({ q: 'hotos' })).toEqual([])
    expect(shown({ assignee: 'me' })).toEqual([1])
    expect(shown({ assignee: ME })).toEqual([1])
    expect(shown({ assignee: 'me,none' })).toEqual([1, 3, 4])
    expect(shown({ project: PROJECT })).toEqual([1, 4])
    expect(shown({ project: 'none' })).toEqual([2, 3])
    // A complete task waits for nothing.
    expect(shown({ blocked: 'true' })).toEqual([4])
    expect(inFilter(tasks[0] ?? task(1), filterOf({ type: 'chore' }), ME)).toBe(false)
  })

  test('a count is what the choice of this value would show', () => {
    const { counts, blocked } = filterTasks(tasks, filterOf({ type: 'chore', priority: 'high' }), ME)
    expect(Object.fromEntries(counts.priority)).toEqual({ high: 1, critical: 1 })
    expect(Object.fromEntries(counts.type)).toEqual({ bug: 1, chore: 1 })
    expect(Object.fromEntries(counts.assignee)).toEqual({ none: 1 })
    expect(blocked).toBe(0)
    const all = filterTasks(tasks, filterOf({}), ME)
    expect(all.counts.assignee.get('me')).toBe(1)
    expect(all.blocked).toBe(1)
  })

  test('the archived ones come on top and narrow nothing', () => {
    expect(narrows(filterOf({ archived: 'true' }))).toBe(false)
    expect(narrows(filterOf({ assignee: 'me' }))).toBe(true)
  })

  test('a new task begins where the filter shows it', () => {
    const filter = filterOf({
      project: `none,${PROJECT}`,
      assignee: 'me',
      priority: 'high',
      type: 'bug,chore',
    })
    const moved: string[] = []
    const start = newTaskIn(filter, ME, 'in-review', (_task, to) => moved.push(to))
    expect(start).toMatchObject({
      project_id: PROJECT,
      assignee_id: ME,
      priority: 'high',
      status: 'in-review',
    })
    expect(start.type).toBeUndefined()
    start.move?.(task(1))
    expect(moved).toEqual(['in-review'])
    expect(newTaskIn(filterOf({}), ME, 'backlog', () => undefined)).toEqual({})
  })
})
