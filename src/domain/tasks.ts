import { ApiError, invalid } from '../contracts/errors.ts'
import type { EvidenceCreate } from '../contracts/requests.ts'
import type { Task, TaskRef } from '../contracts/resources.ts'
import type { OrgSettings } from '../contracts/settings.ts'
import type { EvidenceType, TaskStatus } from '../contracts/vocabulary.ts'
import { nextStatuses } from './lifecycle.ts'

/** Refuses a transition that the table does not have, naming those it has. */
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

/** Refuses what would make a list of a task longer than `max`. */
export function checkRoom(what: 'blockers' | 'evidence', present: number, added: number, max: number): void {
  if (present + added <= max) return
  throw invalid({ path: '', message: `A task may have ${max} ${what} at the most.` })
}

export function circular(cycle: readonly string[]): ApiError {
  return new ApiError('CIRCULAR_DEPENDENCY', 'This dependency would close a circle.', { details: { cycle } })
}
