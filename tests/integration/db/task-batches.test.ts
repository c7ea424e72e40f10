import { afterAll, beforeAll, expect, test } from 'bun:test'
import { ApiError } from '../../../src/contracts/errors.ts'
import { newId } from '../../../src/contracts/ids.ts'
import type { Task } from '../../../src/contracts/resources.ts'
import { findTask } from '../../../src/db/queries/tasks.ts'
import type { Done } from '../../../src/domain/job.ts'
import { commandsOf } from '../../support/commands.ts'
import { startDatabase, type TestDatabase } from '../../support/database.ts'

let db: TestDatabase

beforeAll(async () => {
  db = await startDatabase()
})
afterAll(async () => {
  await db.stop()
})

const STATUSES = ['backlog', 'in-progress', 'in-review', 'complete']

test.each([1, 2, 3])(
  'K3 commands of one batch see the tasks as those before them left them (seed %d)',
  async (seed) => {
    const { org, batch, close } = await commandsOf(db)
    let state = seed
    const below = (n: number) => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
      return Math.floor((state / 2_147_483_648) * n)
    }
    const ids: string[] = []
    const any = () => ids[below(ids.length)] ?? newId()
    const commands: (() => [string, unknown])[] = [
      () => ['task.create', { title: 'A task', blocked_by_ids: below(3) === 0 ? [any(), any()] : [] }],
      () => ['task.transition', { id: any(), to_status: STATUSES[below(4)] }],
      () => ['task.transition', { id: any(), to_status: 'complete' }],
      () => [
        'task.transition',
        { id: any(), to_status: 'in-progress', evidence: [{ type: 'doc_url', url: 'https://a.example' }] },
      ],
      () => ['task.add_evidence', { id: any(), type: 'test_results', url: 'https://b.example' }],
      () => ['task.update', { id: any(), patch: { title: `Title ${below(9)}` } }],
      () => ['task.add_dependency', { id: any(), blocked_by_id: any() }],
      () => ['task.remove_dependency', { id: any(), blocked_by_id: any() }],
    ]

    const refused = new Map<string, number>()
    let done = 0
    for (let round = 0; round < 60; round++) {
      const calls = Array.from({ length: 1 + below(8) }, () => commands[below(commands.length)]!())
      const outcomes = await batch(calls)
      for (const outcome of outcomes)
        if (outcome instanceof ApiError)
          refused.set(outcome.errorCode, (refused.get(outcome.errorCode) ?? 0) + 1)
        else {
          done++
          for (const task of tasksOf(outcome)) if (!ids.includes(task.id)) ids.push(task.id)
        }
      for (const [id, claimed] of lastClaims(outcomes)) {
        const found = await findTask(db.database, org.id, id)
        // Titles and statuses of other tasks may have changed since the last event of this one.
        expect([id, withoutNames(found)]).toEqual([id, withoutNames(claimed)])
      }
    }
    await close()
    expect(done).toBeGreaterThan(100)
    expect([...refused.keys()].sort()).toEqual(
      expect.arrayContaining(['DEPENDENCY_NOT_FOUND', 'INVALID_TRANSITION', 'TASK_BLOCKED']),
    )
  },
)

function tasksOf({ events }: Done): Task[] {
  return events.flatMap(({ payload }) => ('task' in payload ? [payload.task as Task] : []))
}

function lastClaims(outcomes: readonly (Done | ApiError)[]): Map<string, Task> {
  const tasks = outcomes.flatMap((outcome) => (outcome instanceof ApiError ? [] : tasksOf(outcome)))
  return new Map(tasks.map((task) => [task.id, task]))
}

function withoutNames(task: Task | undefined) {
  if (!task) return undefined
  const { blocked_by, blocks: _blocks, is_blocked: _is_blocked, ...rest } = task
  return { ...rest, blocked_by: blocked_by.map(({ id }) => id) }
}
