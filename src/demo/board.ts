import type { Page } from '../contracts/lists.ts'
import type { Task } from '../contracts/resources.ts'
import type { TaskStatus } from '../contracts/vocabulary.ts'
import { pause } from './pause.ts'

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
  const open = tasks.filter(({ status }) => status !== 'complete')
  return (open.length < OPEN_MIN ? tasks : open).filter((task) => nextStep(task) !== undefined)
}

interface Options {
  url: string
  org_slug: string
  api_key: string
  move_ms: number
}

/** Moves one task of the agent every `move_ms` through the public API, in turn. Ends when `signal` aborts. */
export async function moveTasks(options: Options, signal: AbortSignal): Promise<void> {
  for (let turn = 0; ; turn++) {
    const pause_ms = turn < LIVELY_MOVES ? options.move_ms : CALM * options.move_ms
    await pause(pause_ms, signal)
    if (signal.aborted) return
    await moveOne(options, turn, signal).catch(() => {
      // The server is busy or stopping: the next move comes by itself.
    })
  }
}

/** A person may move the task meanwhile: then the server refuses, and the next turn takes another one. */
async function moveOne(
  { url, org_slug, api_key }: Options,
  turn: number,
  signal: AbortSignal,
): Promise<void> {
  const base = `${url}/api/v1/orgs/${org_slug}/tasks`
  const headers = { Authorization: `Bearer ${api_key}`, 'Content-Type': 'application/json' }
  const answer = await fetch(`${base}?assigned_to=me&per_page=100`, { headers, signal })
  if (!answer.ok) return
  const { data } = (await answer.json()) as Page<Task>
  const able = movable(data)
  const task = able[turn % Math.max(1, able.length)]
  if (!task) return
  const body = JSON.stringify(nextStep(task))
  await fetch(`${base}/${task.id}/transition`, { method: 'POST', headers, body, signal })
}
