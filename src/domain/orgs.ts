import { ApiError } from '../contracts/errors.ts'
import type { Org } from '../contracts/resources.ts'
import type { OrgStatus } from '../contracts/vocabulary.ts'
import { nextOrgStatuses, ORG_STEPS, type OrgStep } from './lifecycle.ts'

const PAST: Record<OrgStep, string> = {
  suspend: 'suspended',
  resume: 'resumed',
  delete: 'deleted',
  restore: 'restored',
}

/** The org after a step of its lifecycle; 409 when its status does not allow the step. */
export function stepped(org: Org, step: OrgStep, now: string, deletion_at: string | null = null): Org {
  const { from, to }: { from: readonly OrgStatus[]; to: OrgStatus } = ORG_STEPS[step]
  if (!from.includes(org.status))
    throw new ApiError(
      'INVALID_TRANSITION',
      `An organization that is ${org.status.replace('_', ' ')} cannot be ${PAST[step]}.`,
      { details: { from: org.status, to, allowed: nextOrgStatuses(org.status) } },
    )
  return { ...org, status: to, deletion_at, updated_at: now }
}
