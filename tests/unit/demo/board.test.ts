import { describe, expect, test } from 'bun:test'
import type { Task } from '../../../src/contracts/resources.ts'
import { movable, nextStep } from '../../../src/demo/board.ts'
import { task } from '../../../ui/tests/support/samples.ts'

const blocker = (status: Task['status']) => [{ id: 'b', title: 'Before', status }]

describe('the next step of a demo agent', () => {
  test('leads through the columns, and from the last one back to work', () => {
    const to = (status: Task['status']) => nextStep(task(1, { status }))?.to_status
    expect([to('backlog'), to('in-progress'), to('in-review'), to('complete')]).toEqual([
      'in-progress',
      'in-review',
      'complete',
      'in-progress',
    ])
  })

  test('completes with the evidence that is missing, and never while it is blocked', () => {
    const ready = task(1, { status: 'in-review', required_evidence_types: ['test_results'] })
    expect(nextStep(ready)?.evidence).toMatchObject([{ type: 'test_results' }])
    expect(nextStep({ ...ready, blocked_by: blocker('in-review') })).toBeUndefined()
    expect(nextStep({ ...ready, blocked_by: blocker('complete') })?.to_status).toBe('complete')
  })

  test('leaves the task of the story alone', () => {
    const release = task(4, { title: 'Release 4.2.2 to all crews' })
    expect(movable([task(1), task(2), release]).map(({ id }) => id)).toEqual([task(1).id, task(2).id])
  })

  test('takes complete tasks up again only when hardly one is open', () => {
    const done = task(3, { status: 'complete' })
    expect(movable([task(1), task(2), done]).map(({ id }) => id)).toEqual([task(1).id, task(2).id])
    expect(movable([task(1), done])).toHaveLength(2)
  })
})
