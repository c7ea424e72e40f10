import { describe, expect, test } from 'bun:test'
import { assigneesAfter, firstOf, isDone, rangeOf, refusedBefore } from '../src/components/tasks/bulk.ts'
import { csvOf } from '../src/components/tasks/csv.ts'
import {
  COLUMNS,
  type ColumnId,
  shownColumns,
  sortTasks,
  tasksCsv,
} from '../src/components/tasks/task-columns.ts'
import { useSelection } from '../src/components/tasks/use-selection.ts'
import { ME, OTHER, project, task } from './support/samples.ts'

const names = { projects: new Map([[project().id, project()]]), people: new Map() }
const ids = (list: readonly { id: string }[]) => list.map(({ id }) => Number(id.at(-1)))
const sorted = (by: ColumnId, descending = false) =>
  ids(
    sortTasks(
      [
        task(1, {
          title: 'step 10',
          priority: 'low',
          status: 'complete',
          created_at: '2026-11-01T00:00:00.000Z',
        }),
        task(2, { title: 'Äpfel', priority: 'critical', created_at: '2026-11-02T00:00:00.000Z' }),
        task(3, { title: 'step 9', priority: 'low', status: 'in-review', project_ids: [project().id] }),
        task(4, { title: 'Zebra', priority: 'high', required_evidence_types: ['pr_link'] }),
      ],
      { by, descending },
      names,
    ),
  )

describe('the table of tasks', () => {
  test('sorts titles as lists do, the rest by its own order, equal ones by age', () => {
    expect(sorted('title')).toEqual([2, 3, 1, 4])
    expect(sorted('title', true)).toEqual([4, 1, 3, 2])
    expect(sorted('priority', true)).toEqual([2, 4, 1, 3])
    expect(sorted('status')).toEqual([2, 4, 3, 1])
    expect(sorted('created')).toEqual([1, 2, 3, 4])
    // Tasks without a project are last.
    expect(sorted('project')[0]).toBe(3)
    expect(sorted('evidence', true)[0]).toBe(4)
  })

  test('shows the remembered columns in their order, and always the title', () => {
    expect(shownColumns(['updated', 'status', 'gone']).map(({ id }) => id)).toEqual([
      'title',
      'status',
      'updated',
    ])
  })

  test('CSV quotes as RFC 4180 says', () => {
    expect(
      csvOf([
        ['a', 'b,c'],
        ['say "hi"', 'two\nlines'],
      ]),
    ).toBe('a,"b,c"\r\n"say ""hi""","two\nlines"\r\n')
  })

  test.each(['=1+1', '+1', '-1', '@x', '\tx', '\rx'])('CSV makes a text of the formula %j', (formula) => {
    const [line = ''] = csvOf([[formula]])
      .split('\r\n')
      .slice(0, 1)
    expect(line.replace(/^"/, '').startsWith("'")).toBe(true)
  })

  test('CSV holds the shown columns in words', () => {
    const one = task(1, { title: '=cmd', priority: 'high', project_ids: [project().id] })
    const columns = COLUMNS.filter(({ id }) => ['title', 'status', 'priority', 'project'].includes(id))
    expect(tasksCsv([one], columns, names)).toBe(
      `Title,Status,Priority,Project\r\n'=cmd,Backlog,High,${project().name}\r\n`,
    )
  })
})

describe('changes of many rows', () => {
  test('a refusal says its reason before the server is asked', () => {
    const blocked = task(1, { blocked_by: [{ id: 'x', title: 'Index', status: 'backlog' }] })
    expect(refusedBefore(blocked, { to: 'status', value: 'complete' })?.reason).toBe('Blocked by “Index”.')
    const bare = task(2, { required_evidence_types: ['pr_link', 'doc_url'] })
    expect(refusedBefore(bare, { to: 'status', value: 'complete' })).toMatchObject({
      reason: 'Evidence is missing: pull request, document.',
      evidence: true,
    })
    expect(refusedBefore(bare, { to: 'status', value: 'in-review' })).toBeUndefined()
    expect(
      refusedBefore(task(3, { archived_at: 'then' }), { to: 'priority', value: 'low' })?.reason,
    ).toContain('archived')
  })

  test('a row that is what it should be needs no request', () => {
    expect(isDone(task(1), { to: 'status', value: 'backlog' })).toBe(true)
    expect(isDone(task(1, { assignee_ids: [ME] }), { to: 'assign', value: ME })).toBe(true)
    expect(isDone(task(1, { assignee_ids: [ME] }), { to: 'unassign', value: ME })).toBe(false)
    expect(isDone(task(1), { to: 'priority', value: 'high' })).toBe(false)
  })

  test('an assignment keeps the other assignees', () => {
    const both = task(1, { assignee_ids: [OTHER] })
    expect(assigneesAfter(both, { to: 'assign', value: ME })).toEqual([OTHER, ME])
    expect(assigneesAfter(both, { to: 'unassign', value: OTHER })).toEqual([])
  })

  test('blockers go before the tasks that they block', () => {
    const blocker = { id: task(1).id, title: 'task 1', status: 'backlog' as const }
    const rows = [task(2, { blocked_by: [blocker] }), task(1), task(3)]
    expect(ids(firstOf(rows))).toEqual([1, 3])
    expect(ids(firstOf(rows.slice(0, 1)))).toEqual([2])
  })

  test('a range holds both ends, in either direction', () => {
    const rows = [task(1), task(2), task(3), task(4)]
    const id = (at: number) => rows[at]?.id ?? ''
    expect(rangeOf(rows, id(1), id(3))).toEqual([id(1), id(2), id(3)])
    expect(rangeOf(rows, id(3), id(1))).toEqual([id(1), id(2), id(3)])
    expect(rangeOf(rows, 'gone', id(2))).toEqual([id(2)])
  })

  test('a selection goes by rows, ranges and the whole filter, and leaves out rows that left', () => {
    let rows = [task(1), task(2), task(3), task(4)]
    const selection = useSelection(() => rows)
    const id = (at: number) => rows[at]?.id ?? ''
    selection.toggle(id(0))
    selection.toggle(id(2), true)
    expect(ids(selection.selected.value)).toEqual([1, 2, 3])
    selection.toggle(id(1))
    expect(ids(selection.selected.value)).toEqual([1, 3])
    selection.toggleAll()
    expect(selection.all.value).toBe(true)
    selection.toggleAll()
    expect(selection.selected.value).toEqual([])
    selection.toggleAll()
    rows = rows.slice(1)
    selection.toggle(id(0))
    expect(ids(selection.selected.value)).toEqual([3, 4])
  })
})
