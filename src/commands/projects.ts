import { ApiError, notFound } from '../contracts/errors.ts'
import type { ProjectCreate, ProjectPatch, ProjectTransition } from '../contracts/requests.ts'
import type { Channel, Project } from '../contracts/resources.ts'
import { readProject } from '../db/queries/projects.ts'
import type { Caller } from '../domain/caller.ts'
import { nextStages } from '../domain/lifecycle.ts'
import type { NewEvent } from '../domain/log-event.ts'
import type { Command, CommandContext, CommandOutcome } from './command.ts'
import { checkMembers } from './references.ts'
import { checkVersion } from './versions.ts'

/** A project with its channel; owner and creator are assigned to it. */
export const projectCreate: Command<ProjectCreate, Project> = {
  name: 'project.create',
  action: 'project.create',
  async run(context, input, caller) {
    const { sql, org_id, now } = context
    const owner_id = input.owner_id ?? null
    const assigned = [
      ...new Set([
        ...(owner_id ? [owner_id] : []),
        ...(caller.id ? [caller.id] : []),
        ...(input.assigned_user_ids ?? []),
      ]),
    ]
    checkMembers(context, assigned)
    const [id, channel_id] = [context.newId(), context.newId()]
    await context.write(sql`
      insert into projects (org_id, id, name, type, description, stage, owner_id, links, channel_id, created_by, created_at, updated_at)
      values (${org_id}, ${id}, ${input.name}, ${input.type}, ${input.description ?? ''}, 'definition', ${owner_id},
              ${JSON.stringify(input.links ?? [])}::text::jsonb, ${channel_id}, ${caller.id}, ${now}, ${now})`)
    await context.write(sql`
      insert into project_users (org_id, project_id, user_id, created_at)
      select ${org_id}, ${id}, user_id, ${now}::timestamptz + place * interval '1 microsecond'
      from unnest(${assigned}::uuid[]) with ordinality as a(user_id, place)`)
    await context.write(sql`
      insert into channels (org_id, id, name, type, project_id, last_seq, created_at)
      values (${org_id}, ${channel_id}, ${input.name}, 'project', ${id}, 0, ${now})`)
    const project = await stored(context, id)
    const channel: Channel = {
      id: channel_id,
      name: project.name,
      type: 'project',
      project_id: id,
      last_seq: 0,
      read_seq: 0,
      unread_count: 0,
      mention_count: 0,
    }
    return {
      result: project,
      events: [
        { type: 'project.created', project_ids: [id], payload: { project }, subject_ids: assigned },
        { type: 'channel.created', project_ids: [id], channel_id, payload: { channel } },
      ],
    }
  },
}

/** Metadata of a project. A new owner is assigned too. */
export const projectUpdate: Command<{ id: string; patch: ProjectPatch; version?: number }, Project> = {
  name: 'project.update',
  action: 'project.update',
  async run(context, { id, patch, version }) {
    const before = await existing(context, id)
    checkVersion(before.version, version)
    checkMembers(context, [patch.owner_id])
    const { sql, org_id, now } = context
    const after = { ...before, ...patch }
    await context.write(sql`
      update projects set name = ${after.name}, type = ${after.type}, description = ${after.description}, owner_id = ${after.owner_id},
        links = ${JSON.stringify(after.links)}::text::jsonb, version = version + 1, updated_at = ${now}
      where org_id = ${org_id} and id = ${id}`)
    if (after.name !== before.name)
      await context.write(
        sql`update channels set name = ${after.name} where org_id = ${org_id} and id = ${before.channel_id}`,
      )
    const joins = after.owner_id !== null && !before.assigned_user_ids.includes(after.owner_id)
    if (joins) await context.write(assign(context, id, after.owner_id!))
    const project = await stored(context, id)
    const events: NewEvent[] = [
      { type: 'project.updated', project_ids: [id], payload: { project, changed: Object.keys(patch) } },
    ]
    if (joins) events.push(userEvent('project.user_assigned', project, after.owner_id!))
    return { result: project, events }
  },
}

/** One stage forward, or any number back. */
export const projectTransition: Command<ProjectTransition & { id: string }, Project> = {
  name: 'project.transition',
  action: 'project.transition',
  async run(context, { id, to_stage, comment }, caller) {
    const before = await existing(context, id)
    const allowed = nextStages(before.stage)
    if (!allowed.includes(to_stage))
      throw new ApiError('INVALID_TRANSITION', `A project does not go from ${before.stage} to ${to_stage}.`, {
        details: { from: before.stage, to: to_stage, allowed },
      })
    await context.write(context.sql`
      update projects set stage = ${to_stage}, version = version + 1, updated_at = ${context.now}
      where org_id = ${context.org_id} and id = ${id}`)
    const project = await stored(context, id)
    const payload = { project, from_stage: before.stage, to_stage, comment: comment || null }
    const told = new Set([...(project.owner_id ? [project.owner_id] : []), ...project.assigned_user_ids])
    return {
      result: project,
      events: [{ type: 'project.transitioned', project_ids: [id], payload }],
      notifications: notifyAbout(project, [...told], caller, `${project.name} is in ${to_stage}`),
    }
  },
}

/** The end of a project's life: it leaves the boards and never comes back. Again, it changes nothing. */
export const projectArchive: Command<{ id: string }, null> = {
  name: 'project.archive',
  action: 'project.delete',
  async run(context, { id }) {
    const before = await existing(context, id)
    if (before.stage === 'end-of-life') return { result: null, events: [] }
    await context.write(context.sql`
      update projects set stage = 'end-of-life', archived_at = ${context.now}, version = version + 1, updated_at = ${context.now}
      where org_id = ${context.org_id} and id = ${id}`)
    const project = await stored(context, id)
    return {
      result: null,
      events: [
        { type: 'project.archived', project_ids: [id], payload: { project, from_stage: before.stage } },
      ],
    }
  },
}

/** Assigns a member: from this event on it reads the project's channel, history included. */
export const projectAssign: Command<{ id: string; user_id: string }, Project> = {
  name: 'project.assign',
  action: 'project.assign',
  async run(context, { id, user_id }, caller) {
    const before = await existing(context, id)
    mayAssign(context, id, caller)
    checkMembers(context, [user_id])
    if (before.assigned_user_ids.includes(user_id)) return { result: before, events: [] }
    await context.write(assign(context, id, user_id))
    const project = await stored(context, id)
    return { result: project, events: [userEvent('project.user_assigned', project, user_id)] }
  },
}

export const projectUnassign: Command<{ id: string; user_id: string }, null> = {
  name: 'project.unassign',
  action: 'project.assign',
  async run(context, { id, user_id }, caller) {
    const before = await existing(context, id)
    mayAssign(context, id, caller)
    if (!before.assigned_user_ids.includes(user_id)) throw notFound('user')
    await context.write(context.sql`
      delete from project_users where org_id = ${context.org_id} and project_id = ${id} and user_id = ${user_id}`)
    const project = await stored(context, id)
    return { result: null, events: [userEvent('project.user_unassigned', project, user_id)] }
  },
}

/** An administrator, or a contributor who is assigned to the project itself. */
function mayAssign(context: CommandContext, id: string, caller: Caller): void {
  const { permissions } = context
  const user_id = caller.id ?? ''
  if (permissions.member(user_id)?.role === 'administrator' || permissions.isAssigned(id, user_id)) return
  throw new ApiError('FORBIDDEN', 'Only an administrator or somebody assigned to the project may do this.')
}

function assign({ sql, org_id, now }: CommandContext, id: string, user_id: string) {
  return sql`
    insert into project_users (org_id, project_id, user_id, created_at) values (${org_id}, ${id}, ${user_id}, ${now})
    on conflict do nothing`
}

function userEvent(
  type: 'project.user_assigned' | 'project.user_unassigned',
  project: Project,
  user_id: string,
): NewEvent {
  return { type, project_ids: [project.id], payload: { project, user_id }, subject_ids: [user_id] }
}

function notifyAbout(
  project: Project,
  user_ids: string[],
  caller: Caller,
  title: string,
): NonNullable<CommandOutcome<unknown>['notifications']> {
  return user_ids
    .filter((user_id) => user_id !== caller.id)
    .map((user_id) => ({
      event: 0,
      user_id,
      type: 'project.transitioned',
      resource: { type: 'project', id: project.id, channel_id: project.channel_id, seq: null },
      title,
    }))
}

async function existing(context: CommandContext, id: string): Promise<Project> {
  const project = await readProject(context, context.org_id, id)
  if (!project) throw notFound('project')
  return project
}

async function stored(context: CommandContext, id: string): Promise<Project> {
  const project = await readProject(context, context.org_id, id)
  if (!project) throw new Error('unreachable: the project was just stored')
  return project
}
