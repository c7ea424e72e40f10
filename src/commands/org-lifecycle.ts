import { ApiError, invalid, notFound } from '../contracts/errors.ts'
import type { Org } from '../contracts/resources.ts'
import type { EventType, OrgStatus } from '../contracts/vocabulary.ts'
import { readOrg } from '../db/queries/orgs.ts'
import { nextOrgStatuses, ORG_STEPS, type OrgStep } from '../domain/lifecycle.ts'
import type { Command, CommandContext, CommandOutcome } from './command.ts'

const DAY_MS = 24 * 60 * 60 * 1000

/** Read-only until it is resumed. */
export const orgSuspend: Command<null, Org> = {
  name: 'org.suspend',
  action: 'org.suspend',
  run: async (context) => await change(context, 'suspend', null),
}

export const orgResume: Command<null, Org> = {
  name: 'org.resume',
  action: 'org.resume',
  run: async (context) => await change(context, 'resume', null),
}

/** Starts the grace period: read-only, and gone for good at its end unless it is restored. */
export const orgDelete: Command<{ confirm: string }, Org> = {
  name: 'org.delete',
  action: 'org.delete',
  async run(context, { confirm }) {
    const org = await existing(context)
    if (confirm !== org.slug)
      throw invalid({ path: '/confirm', message: 'Must be the address of the organization.' })
    const days = org.settings.deletion_grace_period_days
    const deletion_at = new Date(Date.parse(context.now) + days * DAY_MS).toISOString()
    return await change(context, 'delete', deletion_at)
  },
}

export const orgRestore: Command<null, Org> = {
  name: 'org.restore',
  action: 'org.restore',
  run: async (context) => await change(context, 'restore', null),
}

/** The event of each step. */
const EVENTS = {
  suspend: 'org.suspended',
  resume: 'org.resumed',
  delete: 'org.deletion_initiated',
  restore: 'org.restored',
} as const satisfies Record<OrgStep, EventType>

async function change(
  context: CommandContext,
  step: OrgStep,
  deletion_at: string | null,
): Promise<CommandOutcome<Org>> {
  const before = await existing(context)
  const { from, to }: { from: readonly OrgStatus[]; to: OrgStatus } = ORG_STEPS[step]
  if (!from.includes(before.status))
    throw new ApiError(
      'INVALID_TRANSITION',
      `An organization that is ${before.status.replace('_', ' ')} cannot be ${PAST[step]}.`,
      { details: { from: before.status, to, allowed: nextOrgStatuses(before.status) } },
    )
  await context.write(context.sql`
    update organizations set status = ${to}, deletion_at = ${deletion_at}, updated_at = ${context.now} where id = ${context.org_id}`)
  const org: Org = { ...before, status: to, deletion_at, updated_at: context.now }
  return { result: org, events: [{ type: EVENTS[step], payload: { org } }] }
}

const PAST: Record<OrgStep, string> = {
  suspend: 'suspended',
  resume: 'resumed',
  delete: 'deleted',
  restore: 'restored',
}

async function existing(context: CommandContext): Promise<Org> {
  const org = await readOrg(context, context.org_id, 'administrator')
  if (!org) throw notFound('org')
  return org
}
