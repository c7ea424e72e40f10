import type { Page } from '../contracts/lists.ts'
import type { Task } from '../contracts/resources.ts'
import type { TaskStatus } from '../contracts/vocabulary.ts'
import type { Caller } from './caller.ts'
import { pause } from './pause.ts'
import { isOfStory } from './story.ts'

/** What an agent does next with a task of its own: on through the columns, and then once more from the start. */
const NEXT: Record<TaskStatus, TaskStatus> = {
  backlog: 'in-progress',
  'in-progress': 'in-review',
  'in-review': 'complete',
  complete: 'in-progress',
}

const COMMENTS: Record<TaskStatus, string> = {
  backlog: '',
  'in-progress': 'On it.',
  'in-review': 'Ready to be looked at.',
  complete: 'Ran it on all three phones: green.',
}

/** Moves at the first pace, while a visitor looks around; then at a tenth of it. */
const LIVELY_MOVES = 20
const CALM = 10

/** One step of a task: where it goes, with the evidence that is still missing there. */
export function nextStep(
  task: Task,
): { to_status: TaskStatus; comment: string; evidence: object[] } | undefined {
  const to_status = NEXT[task.status]
  const blocked = task.blocked_by.some(({ status }) => status !== 'complete')
  if (to_status === 'complete' && blocked) return undefined
  const missing = task.required_evidence_types.filter(
    (type) => !task.evidence.some((given) => given.type === type),
  )
  const evidence =
    to_status === 'complete'
      ? missing.map((type) => ({ type, url: `https://ci.fieldnote.example/${type}/${task.id}` }))
      : []
  return { to_status, comment: COMMENTS[to_status], evidence }
}

/** With fewer open tasks an agent takes complete ones up again. */
const OPEN_MIN = 2

/** The tasks that an agent may move now. */
export function movable(tasks: readonly Task[]): Task[] {
  const others = tasks.filter((task) => !isOfStory(task))
  const open = others.filter(({ status }) => status !== 'complete')
  return (open.length < OPEN_MIN ? others : open).filter((task) => nextStep(task) !== undefined)
}

/** Moves one task of the agent every `move_ms` through the public API, in turn. Ends when `signal` aborts. */
export async function moveTasks(caller: Caller, move_ms: number, signal: AbortSignal): Promise<void> {
  for (let turn = 0; ; turn++) {
    await pause(turn < LIVELY_MOVES ? move_ms : CALM * move_ms, signal)
    if (signal.aborted) return
    await moveOne(caller, turn).catch(() => {
      // The server is busy or stopping, or a person moved the task meanwhile: the next turn takes another one.
    })
  }
}

async function moveOne(caller: Caller, turn: number): Promise<void> {
  const { data } = await caller.call<Page<Task>>('GET', '/tasks?assigned_to=me&per_page=100')
  const able = movable(data)
  const task = able[turn % Math.max(1, able.length)]
  if (task) await caller.call('POST', `/tasks/${task.id}/transition`, nextStep(task))
}
