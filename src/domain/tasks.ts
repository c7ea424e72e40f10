import { ApiError, invalid } from '../contracts/errors.ts'
import type { Principal } from '../contracts/principal.ts'
import type { EvidenceCreate, TaskCreate } from '../contracts/requests.ts'
import type { Evidence, Task, TaskRef } from '../contracts/resources.ts'
import type { OrgSettings } from '../contracts/settings.ts'
import type { EvidenceType, TaskStatus } from '../contracts/vocabulary.ts'
import { nextStatuses } from './lifecycle.ts'
import { unique } from './lists.ts'

/** A new task; omitted fields come from the org's defaults. Without its projects and blockers, which are added later. */
export function newTask(
  input: TaskCreate,
  defaults: OrgSettings['task_defaults'],
  made: { id: string; creator_id: string; now: string },
): Task {
  return {
    id: made.id,
    title: input.title,
    description: input.description ?? '',
    type: input.type ?? 'feature',
    priority: input.priority ?? defaults.priority,
    status: 'backlog',
    project_ids: [],
    assignee_ids: unique(input.assignee_ids ?? []),
    required_evidence_types: input.required_evidence_types ?? defaults.required_evidence_types,
    evidence: [],
    blocked_by: [],
    blocks: [],
    is_blocked: false,
    sub_agents: [],
    version: 1,
    created_by: made.creator_id,
    completed_at: null,
    archived_at: null,
    created_at: made.now,
    updated_at: made.now,
  }
}

/** A task with these blockers, in the order of their ids. */
export function withBlockers<T extends Pick<Task, 'blocked_by' | 'is_blocked'>>(
  task: T,
  blockers: TaskRef[],
): T {
  const blocked_by = blockers.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  return { ...task, blocked_by, is_blocked: openBlockers(blocked_by).length > 0 }
}

/** A reference to a task. */
export function refTo({ id, title, status }: Task): TaskRef {
  return { id, title, status }
}

/** A piece of evidence that the caller adds now. */
export function newEvidence(
  { type, url }: EvidenceCreate,
  { newId, now }: { newId(): string; now: string },
  principal: Principal,
): Evidence {
  return { id: newId(), type, url, added_by: principal.id ?? '', created_at: now }
}

/** Evidence in the order it was added. */
export function withEvidence(present: readonly Evidence[], added: readonly Evidence[]): Evidence[] {
  return [...present, ...added].sort(
    (a, b) => a.created_at.localeCompare(b.created_at) || a.id.localeCompare(b.id),
  )
}

/**
 * The tasks that the completion of `completed` unblocks, in their new state: the tasks of `waiting` that are not
 * complete and have no other open blocker.
 */
export function freedTasks(waiting: readonly Task[], completed: Task): Task[] {
  return waiting
    .map((task) =>
      withBlockers(
        task,
        task.blocked_by.map((blocker) =>
          blocker.id === completed.id ? { ...blocker, status: completed.status } : blocker,
        ),
      ),
    )
    .filter((task) => task.status !== 'complete' && !task.is_blocked)
}

/** Refuses an invalid transition and names the valid ones. */
export function checkTransition(from: TaskStatus, to: TaskStatus): void {
  const allowed = nextStatuses(from)
  if (allowed.includes(to)) return
  throw new ApiError('INVALID_TRANSITION', `A task does not go from ${from} to ${to}.`, {
    details: { from, to, allowed },
  })
}

/** Refuses completion while a required type of evidence is missing or a blocking task is open. */
export function checkCompletion(
  task: Pick<Task, 'required_evidence_types' | 'blocked_by'>,
  present: readonly EvidenceType[],
): void {
  const missing = task.required_evidence_types.filter((type) => !present.includes(type))
  if (missing.length > 0)
    throw new ApiError('EVIDENCE_REQUIRED', `Evidence is missing: ${missing.join(', ')}.`, {
      details: { missing },
    })
  const blockers = openBlockers(task.blocked_by)
  if (blockers.length > 0)
    throw new ApiError('TASK_BLOCKED', 'Tasks that block this one are not complete.', {
      details: { blockers },
    })
}

export function openBlockers(blocked_by: readonly TaskRef[]): TaskRef[] {
  return blocked_by.filter((blocker) => blocker.status !== 'complete')
}

/** With the GitHub integration on, a pull request must lie under the org's GitHub organization. */
export function checkEvidence(evidence: EvidenceCreate, settings: OrgSettings, path = ''): void {
  const { enabled, org_name } = settings.integrations.github
  if (!enabled || org_name === null || evidence.type !== 'pr_link') return
  const url = new URL(evidence.url)
  const owner = url.pathname.split('/')[1]?.toLowerCase()
  if (url.hostname === 'github.com' && owner === org_name.toLowerCase()) return
  throw invalid({ path: `${path}/url`, message: `Must lie under https://github.com/${org_name}/.` })
}

/** Refuses a change that makes a list of a task longer than `max`. */
export function checkRoom(what: 'blockers' | 'evidence', present: number, added: number, max: number): void {
  if (present + added <= max) return
  throw invalid({ path: '', message: `A task may have ${max} ${what} at the most.` })
}

export function circular(cycle: readonly string[]): ApiError {
  return new ApiError('CIRCULAR_DEPENDENCY', 'This dependency would close a circle.', { details: { cycle } })
}
