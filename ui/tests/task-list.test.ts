import { describe, expect, test } from 'bun:test'
import type { Task } from '../../src/contracts/resources.ts'
import { EVENT_TYPES } from '../../src/contracts/vocabulary.ts'
import { compareTasks, missingEvidence, refusal } from '../src/components/tasks/task-rules.ts'
import { applyEvent } from '../src/realtime/apply-event.ts'
import { withProject, withTask } from '../src/realtime/task-list.ts'
import { event, ME, NOON, project, task, taskId } from './support/samples.ts'

const id = taskId
const ref = ({ id, title, status }: Task) => ({ id, title, status })

describe('tasks in the cache', () => {
  test('an older version changes nothing, the same version again changes nothing', () => {
    const tasks = [task(1, { version: 3, title: 'newest' })]
    expect(withTask(tasks, task(1, { version: 2 }))).toEqual(tasks)
    expect(withTask(tasks, task(1, { version: 3, title: 'newest' }))).toEqual(tasks)
  })

  test('a new task is added, an archived one leaves', () => {
    expect(withTask([task(1)], task(2)).map((one) => one.id)).toEqual([id(1), id(2)])
    expect(withTask([task(1)], task(1, { version: 2, archived_at: NOON }))).toEqual([])
  })

  test('a completed blocker frees the task that waits for it', () => {
    const waiting = task(2, { blocked_by: [ref(task(1))], is_blocked: true })
    const done = task(1, { status: 'complete', version: 2, blocks: [ref(waiting)] })
    const [, freed] = withTask([task(1, { blocks: [ref(waiting)] }), waiting], done)
    expect(freed?.is_blocked).toBe(false)
    expect(freed?.blocked_by[0]?.status).toBe('complete')
  })

  test('a dependency appears in and leaves both tasks, and a new title reaches its references', () => {
    const blocked = task(2, { version: 2, blocked_by: [ref(task(1))], is_blocked: true })
    const both = withTask([task(1), task(2)], blocked)
    expect(both[0]?.blocks).toEqual([ref(blocked)])
    const renamed = withTask(both, { ...blocked, version: 3, title: 'another name' })
    expect(renamed[0]?.blocks[0]?.title).toBe('another name')
    expect(withTask(renamed, task(2, { version: 4 }))[0]?.blocks).toEqual([])
  })

  test('every event of a task changes the list of tasks, every event of a project the list of projects', () => {
    const types = EVENT_TYPES.filter((type) => /^(task|project)\./.test(type))
    expect(types.length).toBeGreaterThan(15)
    for (const type of types) {
      // Only the resource matters to the rules.
      const payload = Object({ task: task(1), project: project() })
      const updates = applyEvent(Object(event(type, payload)), { user_id: ME, slug: 'fieldnote' })
      const list = type.startsWith('task.') ? 'tasks' : 'projects'
      expect({ type, lists: updates.map(({ at }) => at) }).toEqual({
        type,
        lists: expect.arrayContaining([list]),
      })
    }
  })

  test('a project at its end of life leaves, an older version changes nothing', () => {
    const projects = withProject([], project({ version: 2 }))
    expect(withProject(projects, project({ name: 'older' }))).toEqual(projects)
    expect(withProject(projects, project({ version: 3, stage: 'end-of-life' }))).toEqual([])
  })
})

describe('rules of the board', () => {
  test('columns are in the order of priority, then age', () => {
    const backlog = [
      task(1, { priority: 'low' }),
      task(2, { created_at: '2026-11-19T12:00:01.000Z' }),
      task(3),
      task(4, { priority: 'critical' }),
    ].sort(compareTasks)
    expect(backlog.map((one) => one.id)).toEqual([id(4), id(3), id(2), id(1)])
  })

  test('a move is refused with its reason: out of complete, and to complete while a blocker is open', () => {
    expect(refusal(task(1, { status: 'complete' }), 'backlog')).toContain('In progress')
    expect(refusal(task(1, { status: 'complete' }), 'in-progress')).toBeUndefined()
    expect(refusal(task(2, { blocked_by: [ref(task(1))] }), 'complete')).toContain('“task 1”')
    expect(
      refusal(task(2, { blocked_by: [ref(task(1, { status: 'complete' }))] }), 'complete'),
    ).toBeUndefined()
  })

  test('evidence that is given is not missing', () => {
    const given = {
      id: id(9),
      type: 'pr_link' as const,
      url: 'https://a.example',
      added_by: ME,
      created_at: NOON,
    }
    expect(
      missingEvidence(task(1, { required_evidence_types: ['pr_link', 'doc_url'], evidence: [given] })),
    ).toEqual(['doc_url'])
  })
})
