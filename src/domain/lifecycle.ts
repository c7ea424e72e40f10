import { PROJECT_STAGES, type ProjectStage, type TaskStatus } from '../contracts/vocabulary.ts'

/**
 * Stages that a project may go to: one forward, any number back. End of life is not among them: only an administrator's
 * deletion leads there, and nothing leads out.
 */
export function nextStages(from: ProjectStage): ProjectStage[] {
  if (from === 'end-of-life') return []
  const at = PROJECT_STAGES.indexOf(from)
  return PROJECT_STAGES.filter((stage, i) => stage !== 'end-of-life' && stage !== from && i <= at + 1)
}

/** Every status of a task and where it may go. Reaching `complete` has conditions of its own (see tasks.ts). */
const TASK_TRANSITIONS: Readonly<Record<TaskStatus, readonly TaskStatus[]>> = {
  backlog: ['in-progress', 'in-review', 'complete'],
  'in-progress': ['backlog', 'in-review', 'complete'],
  'in-review': ['backlog', 'in-progress', 'complete'],
  complete: ['in-progress'],
}

export function nextStatuses(from: TaskStatus): readonly TaskStatus[] {
  return TASK_TRANSITIONS[from]
}
