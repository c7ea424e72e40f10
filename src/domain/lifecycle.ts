import {
  DELIVERY_STATES,
  type DeliveryState,
  type OrgStatus,
  PROJECT_STAGES,
  type ProjectStage,
  type TaskStatus,
} from '../contracts/vocabulary.ts'

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

/** Lifecycle steps of an org for administrators: source and target status. Only the server deletes for good. */
export const ORG_STEPS = {
  suspend: { from: ['active'], to: 'suspended' },
  resume: { from: ['suspended'], to: 'active' },
  delete: { from: ['active', 'suspended'], to: 'pending_deletion' },
  restore: { from: ['pending_deletion'], to: 'active' },
} as const satisfies Record<string, { from: readonly OrgStatus[]; to: OrgStatus }>

export type OrgStep = keyof typeof ORG_STEPS

export function nextOrgStatuses(from: OrgStatus): OrgStatus[] {
  return Object.values(ORG_STEPS).flatMap((step: { from: readonly OrgStatus[]; to: OrgStatus }) =>
    step.from.includes(from) ? [step.to] : [],
  )
}

/** Forward only, the same again is harmless; `answered` and `failed` are ends. */
export function nextDeliveryStates(from: DeliveryState): DeliveryState[] {
  if (from === 'answered' || from === 'failed') return [from]
  return DELIVERY_STATES.slice(DELIVERY_STATES.indexOf(from))
}
