import { ApiError, notFound } from '../contracts/errors.ts'
import type { Principal } from '../contracts/principal.ts'

/** Access of a role to an action: allowed, 403, or 404. */
type Access = 'yes' | 'forbidden' | 'not_found'

/** Access of each role to one action. */
export interface Rule {
  administrator: Access
  contributor: Access
  sub_agent: Access
  /** What it is about is the caller itself as a sub-agent: the command answers a member that there is no such thing. */
  only?: 'sub_agent'
  /** Allowed in a read-only org. */
  read_only?: 'yes'
}

const members = (rest: Partial<Rule> = {}): Rule => ({
  administrator: 'yes',
  contributor: 'yes',
  sub_agent: 'not_found',
  ...rest,
})
const administrators = (rest: Partial<Rule> = {}): Rule => ({
  administrator: 'yes',
  contributor: 'forbidden',
  sub_agent: 'not_found',
  ...rest,
})
const everybody = (rest: Partial<Rule> = {}): Rule => ({
  administrator: 'yes',
  contributor: 'yes',
  sub_agent: 'yes',
  ...rest,
})
const reading = { read_only: 'yes' } as const

/**
 * The one access table. Routes and commands name an action. Conditions beyond the role (assignment to the project, own
 * task, own profile) are checked by the command of the action.
 */
export const ACTIONS = {
  'org.read': members(reading),
  'org.update': administrators(),
  'org.delete': administrators(reading),
  'org.restore': administrators(reading),
  'org.suspend': administrators(),
  'org.resume': administrators(reading),
  'user.list': members(reading),
  'user.read': everybody(reading),
  'user.create': administrators(),
  'user.update': members(),
  'user.set_commands': members(),
  'user.set_client': members({ sub_agent: 'forbidden' }),
  'user.remove': administrators(),
  'user.link': administrators(),
  'scim.read': administrators(reading),
  'scim.provision': administrators(),
  'scim.manage': administrators(),
  'scim.revoke': administrators(reading),
  'key.list': administrators(reading),
  'key.rotate': administrators(),
  'key.revoke': administrators(reading),
  'project.list': everybody(reading),
  'project.read': everybody(reading),
  'project.read_users': members(reading),
  'project.create': administrators(),
  'project.update': members(),
  'project.transition': members(),
  'project.delete': administrators(),
  'project.assign': members(),
  'task.list': everybody(reading),
  'task.read': everybody(reading),
  'task.create': members(),
  'task.update': members(),
  'task.transition': everybody(),
  'task.depend': members(),
  'task.evidence': everybody(),
  'channel.list': everybody(reading),
  'channel.read': everybody(reading),
  'channel.create': administrators(),
  'channel.update': members(),
  'channel.lift_pause': administrators(),
  'channel.set_preferences': members(reading),
  'message.read': everybody(reading),
  'message.post': everybody(),
  'message.mark_read': everybody(reading),
  'message.deliver': members(),
  'message.retry': members(),
  'delivery.list': members(reading),
  'event.read': everybody(reading),
  'subscription.read': everybody(reading),
  'subscription.write': everybody(),
  'search.read': everybody(reading),
  'sub_agent.list': members(reading),
  'sub_agent.read': everybody(reading),
  'sub_agent.spawn': members(),
  'sub_agent.key': members(),
  'sub_agent.terminate': members(),
  'sub_agent.complete': everybody({ only: 'sub_agent' }),
  'export.manage': administrators(reading),
  'job.list': administrators(reading),
  'job.retry': administrators(),
  'notification.own': members(reading),
  'email.delivery': members(reading),
  'email.read': administrators(reading),
  'email.resend': administrators(),
} as const satisfies Record<string, Rule>

export type Action = keyof typeof ACTIONS

/** Throws 403 or 404 as the table says; 409 when the org is read-only and the action writes. */
export function authorize(
  action: Action,
  principal: Pick<Principal, 'kind' | 'role'>,
  org_read_only: boolean,
): void {
  const rule: Rule = ACTIONS[action]
  const access = accessOf(rule, principal)
  if (access === 'not_found') throw notFound('resource')
  if (access === 'forbidden')
    throw new ApiError(
      'FORBIDDEN',
      principal.kind === 'sub_agent'
        ? 'A sub-agent may not do this.'
        : 'Only an administrator of this organization may do this.',
    )
  if (org_read_only && rule.read_only !== 'yes') throw readOnly()
}

function accessOf(rule: Rule, { kind, role }: Pick<Principal, 'kind' | 'role'>): Access {
  if (kind === 'sub_agent') return rule.sub_agent
  return role === null ? 'not_found' : rule[role]
}

export function readOnly(): ApiError {
  return new ApiError(
    'ORG_READ_ONLY',
    'This organization is read-only at the moment: it is suspended or about to be deleted.',
  )
}
