import { DEFAULT_SETTINGS, type OrgSettings } from '../../contracts/settings.ts'
import type { OrgStatus } from '../../contracts/vocabulary.ts'
import type { Head } from '../../domain/ownership.ts'
import type { KnownChannel, Member, PermissionSnapshot } from '../../domain/permission-snapshot.ts'
import { filledSettings } from '../../domain/settings.ts'
import type { OneReader, Sql } from '../client.ts'
import { foundUsernames } from './users.ts'

/** Keys that ended longer ago are refused at look-up; the fold needs only keys whose end an earlier look-up missed. */
const ENDED_KEYS_HOURS = 1

/** An agent that has worked for longer without a word is not shown as working by a server that starts. */
const WORK_HOURS = 6

interface StoredState extends Head {
  status: OrgStatus
  settings: OrgSettings
  members: Member[]
  channels: (KnownChannel & { last_seq: number })[]
  project_users: PermissionSnapshot['project_users']
  sub_agents: PermissionSnapshot['sub_agents']
  ending_keys: PermissionSnapshot['ending_keys']
  work: OrgState['work']
}

/** The permissions of an org, with the head of their snapshot. */
export interface OrgState {
  head: Head
  permissions: PermissionSnapshot
  channels: { id: string; last_seq: number }[]
  /** Messages that agents work on. */
  work: { channel_id: string; agent_id: string; seq: number }[]
}

/** The state of the org in scope of a transaction, which has its head locked. */
export async function readLockedState(sql: Sql, org_id: string): Promise<OrgState | undefined> {
  return await readOrgState({ readOne: async (id, build) => await build(sql, id) }, org_id)
}

/**
 * Initial state of an org for actors and edges. One statement is one snapshot and one round trip, where a
 * transaction takes ten. Undefined when the org is gone.
 */
export async function readOrgState(database: OneReader, org_id: string): Promise<OrgState | undefined> {
  const [found] = await database.readOne(
    org_id,
    (sql, org) => sql<StoredState[]>`
      select h.epoch, h.sequence, h.batch, h.log, o.status, o.settings,
        (select coalesce(json_agg(json_build_object('user_id', m.user_id, 'type', m.type, 'role', m.role,
            'status', m.status, 'username', m.username,
            'former_usernames', m.former_usernames, 'display_name', m.display_name, 'commands', m.commands,
            'client', m.client)), '[]')
          from memberships m where m.org_id = h.org_id) as members,
        (select coalesce(json_agg(json_build_object('id', c.id, 'name', c.name, 'topic', c.topic, 'type', c.type,
            'project_id', c.project_id, 'last_seq', c.last_seq)), '[]')
          from channels c where c.org_id = h.org_id) as channels,
        (select coalesce(json_agg(json_build_object('project_id', p.project_id, 'user_id', p.user_id)), '[]')
          from project_users p where p.org_id = h.org_id) as project_users,
        (select coalesce(json_agg(json_build_object('id', s.id, 'task_id', s.task_id,
            'display_name', s.display_name, 'project_ids',
            (select coalesce(json_agg(t.project_id), '[]') from task_projects t
              where t.org_id = s.org_id and t.task_id = s.task_id))), '[]')
          from sub_agents s where s.org_id = h.org_id and s.status = 'active') as sub_agents,
        (select coalesce(json_agg(json_build_object('id', k.id, 'ends_at', least(k.revoked_at, k.expires_at))), '[]')
          from api_keys k where k.org_id = h.org_id
            and least(k.revoked_at, k.expires_at) > now() - make_interval(hours => ${ENDED_KEYS_HOURS})) as ending_keys,
        (select coalesce(json_agg(json_build_object('channel_id', d.channel_id, 'agent_id', d.agent_id, 'seq', d.seq)
            order by d.seq), '[]')
          from message_deliveries d where d.org_id = h.org_id and d.state = 'working'
            and d.updated_at > now() - make_interval(hours => ${WORK_HOURS})) as work
      from org_heads h join organizations o on o.id = h.org_id where h.org_id = ${org}`,
  )
  if (!found) return undefined
  const { epoch, sequence, batch, log, channels, members, work, ...permissions } = found
  return {
    head: { epoch, sequence, batch, log },
    permissions: {
      ...permissions,
      settings: filledSettings(permissions.settings, DEFAULT_SETTINGS),
      members: members.map(({ former_usernames, ...member }) => ({
        ...member,
        ...foundUsernames(former_usernames),
      })),
      channels: channels.map(({ last_seq: _, ...channel }) => channel),
    },
    channels: channels.map(({ id, last_seq }) => ({ id, last_seq })),
    work,
  }
}
