import { describe, expect, test } from 'bun:test'
import { PROJECT_STAGES, type ProjectStage } from '../../src/contracts/vocabulary.ts'
import {
  compareProjects,
  concerns,
  filterOf,
  inFilter,
  linkProblem,
  narrows,
  progressOf,
  queryOf,
  refusal,
  summariesOf,
  summaryOf,
} from '../src/components/projects/project-rules.ts'
import { applyEvent } from '../src/realtime/apply-event.ts'
import type { CacheUpdate } from '../src/realtime/cache-update.ts'
import { withMove } from '../src/realtime/moves.ts'
import { withEndedProject, withoutAssigned } from '../src/realtime/task-list.ts'
import { event, ME, OTHER, PROJECT, project, task } from './support/samples.ts'

const reader = { user_id: ME, slug: 'fieldnote' }
const actor = { id: OTHER, type: 'human' as const, display_name: 'Mei' }

describe('stages', () => {
  test('a project goes one stage forward or any number back; the end of life is no drop and no way out', () => {
    const allowed = (stage: ProjectStage) =>
      PROJECT_STAGES.filter((to) => to !== stage && refusal({ stage }, to) === undefined)
    expect(Object.fromEntries(PROJECT_STAGES.map((stage) => [stage, allowed(stage)]))).toEqual({
      definition: ['poc'],
      poc: ['definition', 'development'],
      development: ['definition', 'poc', 'testing'],
      testing: ['definition', 'poc', 'development', 'adoption'],
      adoption: ['definition', 'poc', 'development', 'testing', 'maintenance'],
      maintenance: ['definition', 'poc', 'development', 'testing', 'adoption'],
      'end-of-life': [],
    })
    expect(refusal({ stage: 'definition' }, 'maintenance')).toBe(
      'A project goes one stage forward at a time; Proof of concept is next.',
    )
  })
})

describe('filters of projects', () => {
  test('a filter goes into the address and comes back; unknown values are none', () => {
    const filter = filterOf({
      q: 'sync',
      type: 'docs',
      assigned_to: 'me',
      include_archived: 'true',
      other: 'x',
    })
    expect(queryOf(filter)).toEqual({ q: 'sync', type: 'docs', assigned_to: 'me', include_archived: 'true' })
    expect(filterOf(queryOf(filter))).toEqual(filter)
    expect(filterOf({ type: 'nonsense', assigned_to: OTHER })).toEqual(filterOf({}))
    expect([narrows(filter), narrows(filterOf({ include_archived: 'true' }))]).toEqual([true, false])
  })

  test('each filter keeps what it names', () => {
    const one = project({ name: 'Offline sync', description: 'Photos without a signal', owner_id: OTHER })
    const kept = (query: Record<string, string>) => inFilter(one, filterOf(query), ME)
    expect(
      [{}, { q: 'SYNC photo' }, { owner_id: OTHER }, { type: 'software' }, { assigned_to: 'me' }].map(kept),
    ).toEqual([true, true, true, true, true])
    expect([{ q: 'sync boat' }, { owner_id: ME }, { type: 'launch' }].map(kept)).toEqual([
      false,
      false,
      false,
    ])
    expect(inFilter({ ...one, assigned_user_ids: [OTHER] }, filterOf({ assigned_to: 'me' }), ME)).toBe(false)
    expect(concerns({ ...one, owner_id: ME, assigned_user_ids: [] }, ME)).toBe(true)
  })

  test('a project at its end of life shows with the filter for archived ones only', () => {
    const ended = project({ stage: 'end-of-life' })
    expect(inFilter(ended, filterOf({}), ME)).toBe(false)
    expect(inFilter(ended, filterOf({ include_archived: 'true' }), ME)).toBe(true)
  })

  test('the oldest project stands first', () => {
    const old = project({ id: OTHER, created_at: '2026-01-01T00:00:00.000Z' })
    expect([project(), old].sort(compareProjects)[0]).toBe(old)
  })
})

describe('tasks of a project', () => {
  test('are counted by status from the list of tasks, each in every project of it', () => {
    const tasks = [
      task(1, { project_ids: [PROJECT], status: 'complete' }),
      task(2, { project_ids: [PROJECT, OTHER], is_blocked: true }),
      task(3, { project_ids: [PROJECT], status: 'complete', is_blocked: true }),
      task(4),
    ]
    const summary = summaryOf(project(), summariesOf(tasks))
    expect(summary).toEqual({
      counts: { backlog: 1, 'in-progress': 0, 'in-review': 0, complete: 2 },
      blocked: 1,
    })
    expect(progressOf(summary.counts)).toEqual({ done: 2, total: 3 })
    expect(progressOf(summaryOf(project({ id: ME }), summariesOf(tasks)).counts)).toEqual({
      done: 0,
      total: 0,
    })
  })

  test('are those of the server until the list is there', () => {
    const task_counts = { backlog: 4, 'in-progress': 0, 'in-review': 0, complete: 1 }
    expect(progressOf(summaryOf(project({ task_counts }), undefined).counts)).toEqual({ done: 1, total: 5 })
  })
})

test('a link needs an address that begins with https', () => {
  expect(linkProblem(' https://example.com/a ')).toBeUndefined()
  for (const url of [
    '',
    'example.com',
    'http://example.com',
    'javascript:alert(1)',
    'https://',
    'https:// x',
  ])
    expect(linkProblem(url)).toBeString()
})

describe('events of projects', () => {
  const changed = <At extends CacheUpdate['at']>(updates: readonly CacheUpdate[], at: At) =>
    updates.filter((update): update is Extract<CacheUpdate, { at: At }> => update.at === at)

  test('an end of life adds the project to the ended ones, once and in its newest version', () => {
    const ended = project({ stage: 'end-of-life', version: 3 })
    expect(withEndedProject([], project())).toEqual([])
    const list = withEndedProject(withEndedProject([], ended), ended)
    expect(list).toEqual([ended])
    expect(withEndedProject(list, { ...ended, version: 2, name: 'older' })).toEqual([ended])
  })

  test('a transition by somebody is noted once, with its actor', () => {
    const moved = event('project.transitioned', {
      project: project({ stage: 'poc' }),
      from_stage: 'definition',
      to_stage: 'poc',
      comment: null,
    })
    const updates = changed(applyEvent({ ...moved, sequence: 7, actor }, reader), 'moves')
    const moves = updates.reduce(
      (all, update) => update.change(update.change(all)),
      withMove([], { id: ME, sequence: 1, actor }),
    )
    expect(moves).toEqual([
      { id: ME, sequence: 1, actor },
      { id: PROJECT, sequence: 7, actor },
    ])
  })

  test('the answer to an unassignment takes the member off the project', () => {
    const list = [project({ assigned_user_ids: [ME, OTHER] })]
    expect(withoutAssigned(list, PROJECT, OTHER)[0]?.assigned_user_ids).toEqual([ME])
    expect(withoutAssigned(list, ME, OTHER)).toEqual(list)
  })
})
