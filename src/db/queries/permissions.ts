import type { OrgSettings } from '../../contracts/settings.ts'
import type { OrgStatus } from '../../contracts/vocabulary.ts'
import type { Head } from '../../domain/ownership.ts'
import type { KnownChannel, Member, PermissionSnapshot } from '../../domain/permissions.ts'
import type { Tx } from '../client.ts'

/** Keys that ended longer ago are refused when they are looked up; the fold needs only what a look may have missed. */
const ENDED_KEYS_HOURS = 1

/**
 * Who may do what in an org, together with the head it is true for. Run it in one snapshot (`readOrg`), else the two
 * may not belong together. Undefined when the org is gone.
 */
export async function readPermissions(
  { sql }: Tx,
  org_id: string,
): Promise<{ head: Head; permissions: PermissionSnapshot } | undefined> {
  const [org] = await sql<(Head & { status: OrgStatus; settings: OrgSettings })[]>`
    select h.epoch, h.sequence, h.batch, h.log, o.status, o.settings
    from org_heads h join organizations o on o.id = h.org_id where h.org_id = ${org_id}`
  if (!org) return undefined
  const members = await sql<Member[]>`
    select user_id, type, role, status, username, display_name from memberships where org_id = ${org_id}`
  const channels = await sql<
    KnownChannel[]
  >`select id, name, type, project_id from channels where org_id = ${org_id}`
  const project_users = await sql<{ project_id: string; user_id: string }[]>`
    select project_id, user_id from project_users where org_id = ${org_id}`
  const sub_agents = await sql<PermissionSnapshot['sub_agents']>`
    select s.id, s.task_id, coalesce((select array_agg(t.project_id) from task_projects t
      where t.org_id = s.org_id and t.task_id = s.task_id), '{}') as project_ids
    from sub_agents s where s.org_id = ${org_id} and s.status = 'active'`
  const ending_keys = await sql<PermissionSnapshot['ending_keys']>`
    select id, least(revoked_at, expires_at) as ends_at from api_keys
    where org_id = ${org_id} and least(revoked_at, expires_at) > now() - make_interval(hours => ${ENDED_KEYS_HOURS})`
  const { epoch, sequence, batch, log, status, settings } = org
  return {
    head: { epoch, sequence, batch, log },
    permissions: { status, settings, members, project_users, channels, sub_agents, ending_keys },
  }
}
