import { notFound } from '../contracts/errors.ts'
import type { EventPayload } from '../contracts/event-payloads.ts'
import { LIMITS } from '../contracts/limits.ts'
import type { EvidenceCreate, TaskCreate, TaskPatch, TaskTransition } from '../contracts/requests.ts'
import type { Evidence, Task } from '../contracts/resources.ts'
import type { EventType, NotificationType } from '../contracts/vocabulary.ts'
import { blockerPath, readTask, readTasks } from '../db/queries/tasks.ts'
import type { Caller } from '../domain/caller.ts'
import type { NewEvent } from '../domain/log-event.ts'
import {
  checkCompletion,
  checkEvidence,
  checkRoom,
  checkTransition,
  circular,
  openBlockers,
} from '../domain/tasks.ts'
import type { Command, CommandContext, CommandOutcome } from './command.ts'
import { checkMembers, checkProjects, checkTasks, difference } from './references.ts'
import { checkVersion } from './versions.ts'

type TaskEventType = Extract<EventType, `task.${string}`>
type Notifications = NonNullable<CommandOutcome<unknown>['notifications']>

/** A task with everything it begins with; what is left out comes from the org's settings. */
export const taskCreate: Command<TaskCreate, Task> = {
  name: 'task.create',
  action: 'task.create',
  async run(context, input, caller) {
    const { sql, org_id, now, permissions } = context
    const { task_defaults } = permissions.settings
    const assignees = [...new Set(input.assignee_ids ?? [])]
    const blockers = [...new Set(input.blocked_by_ids ?? [])]
    checkMembers(context, assignees)
    await checkProjects(context, input.project_ids ?? [])
    await checkTasks(context, blockers)
    const id = context.newId()
    await context.write(sql`
      insert into tasks (org_id, id, title, description, type, priority, status, required_evidence_types, created_by, created_at, updated_at)
      values (${org_id}, ${id}, ${input.title}, ${input.description ?? ''}, ${input.type ?? 'feature'}, ${input.priority ?? task_defaults.priority},
              'backlog', ${input.required_evidence_types ?? task_defaults.required_evidence_types}, ${caller.id}, ${now}, ${now})`)
    await linkProjects(context, id, input.project_ids ?? [])
    await linkAssignees(context, id, assignees)
    if (blockers.length > 0)
      await context.write(sql`
        insert into task_dependencies (org_id, task_id, blocked_by_id, created_at)
        select ${org_id}, ${id}, blocker, ${now} from unnest(${blockers}::uuid[]) as blocker`)
    const task = await stored(context, id)
    const events: NewEvent[] = [
      about('task.created', task, { task }),
      ...assignees.map((user_id) => assigned('task.assigned', task, user_id)),
    ]
    return { result: task, events, notifications: assignedNotifications(task, assignees, caller, 1) }
  },
}

/** Fields of a task; assignments have events of their own. */
export const taskUpdate: Command<{ id: string; patch: TaskPatch; version?: number }, Task> = {
  name: 'task.update',
  action: 'task.update',
  async run(context, { id, patch, version }, caller) {
    const before = await existing(context, id, caller)
    checkVersion(before.version, version)
    checkMembers(context, patch.assignee_ids ?? [])
    await checkProjects(context, patch.project_ids ?? [])
    const { sql, org_id, now } = context
    const fields = { ...before, ...patch }
    await context.write(sql`
      update tasks set title = ${fields.title}, description = ${fields.description}, type = ${fields.type}, priority = ${fields.priority},
        required_evidence_types = ${fields.required_evidence_types}, version = version + 1, updated_at = ${now}
      where org_id = ${org_id} and id = ${id}`)
    const projects = difference(before.project_ids, fields.project_ids)
    const people = difference(before.assignee_ids, fields.assignee_ids)
    if (projects.removed.length > 0)
      await context.write(
        sql`delete from task_projects where org_id = ${org_id} and task_id = ${id} and project_id = any(${projects.removed})`,
      )
    await linkProjects(context, id, projects.added)
    if (people.removed.length > 0)
      await context.write(
        sql`delete from task_assignees where org_id = ${org_id} and task_id = ${id} and user_id = any(${people.removed})`,
      )
    await linkAssignees(context, id, people.added)

    const task = await stored(context, id)
    const updated = {
      ...about('task.updated', task, { task, changed: Object.keys(patch) }),
      // Boards that the task left hear of it too.
      project_ids: [...new Set([...before.project_ids, ...task.project_ids])],
    }
    const events: NewEvent[] = [
      updated,
      ...people.added.map((user_id) => assigned('task.assigned', task, user_id)),
      ...people.removed.map((user_id) => assigned('task.unassigned', task, user_id)),
    ]
    return { result: task, events, notifications: assignedNotifications(task, people.added, caller, 1) }
  },
}

/** Moves a task; evidence may come with it. Completing one lets the tasks that waited for it go on. */
export const taskTransition: Command<TaskTransition & { id: string }, Task> = {
  name: 'task.transition',
  action: 'task.transition',
  async run(context, { id, to_status, comment, evidence = [] }, caller) {
    const before = await existing(context, id, caller)
    checkTransition(before.status, to_status)
    for (const [i, item] of evidence.entries())
      checkEvidence(item, context.permissions.settings, `/evidence/${i}`)
    checkRoom('evidence', before.evidence.length, evidence.length, LIMITS.task_evidence_max)
    if (to_status === 'complete')
      checkCompletion(
        before,
        [...before.evidence, ...evidence].map((item) => item.type),
      )

    const added: Evidence[] = []
    for (const item of evidence) added.push(await storeEvidence(context, id, item, caller))
    const completed_at = to_status === 'complete' ? context.now : null
    await context.write(context.sql`
      update tasks set status = ${to_status}, completed_at = ${completed_at}, archived_at = null, version = version + 1, updated_at = ${context.now}
      where org_id = ${context.org_id} and id = ${id}`)
    const task = await stored(context, id)
    const events: NewEvent[] = added.map((item) =>
      about('task.evidence_added', task, { task, evidence: item }),
    )
    const moved =
      events.push(
        about('task.transitioned', task, {
          task,
          from_status: before.status,
          to_status,
          comment: comment || null,
        }),
      ) - 1
    const notifications: Notifications = told(
      task,
      task.assignee_ids,
      caller,
      'task.transitioned',
      `“${task.title}” is ${to_status}`,
      moved,
    )
    if (to_status === 'complete')
      await unblock(
        context,
        task.blocks.map((blocked) => blocked.id),
        caller,
        events,
        notifications,
      )
    return { result: task, events, notifications }
  },
}

/** Makes a task wait for another; refused when that closes a circle. */
export const dependencyAdd: Command<{ id: string; blocked_by_id: string }, Task> = {
  name: 'task.add_dependency',
  action: 'task.depend',
  async run(context, { id, blocked_by_id }, caller) {
    const before = await existing(context, id, caller)
    await checkTasks(context, [blocked_by_id])
    if (before.blocked_by.some((blocker) => blocker.id === blocked_by_id))
      return { result: before, events: [] }
    checkRoom('blockers', before.blocked_by.length, 1, LIMITS.task_blockers_max)
    // The lane runs one command after another, so that of two that would close a circle the second sees the first.
    const path = await blockerPath(context, context.org_id, blocked_by_id, id)
    if (path) throw circular([id, ...path])
    await context.write(context.sql`
      insert into task_dependencies (org_id, task_id, blocked_by_id, created_at) values (${context.org_id}, ${id}, ${blocked_by_id}, ${context.now})`)
    await touch(context, id)
    const task = await stored(context, id)
    return { result: task, events: [about('task.dependency_added', task, { task, blocked_by_id })] }
  },
}

export const dependencyRemove: Command<{ id: string; blocked_by_id: string }, null> = {
  name: 'task.remove_dependency',
  action: 'task.depend',
  async run(context, { id, blocked_by_id }, caller) {
    const before = await existing(context, id, caller)
    if (!before.blocked_by.some((blocker) => blocker.id === blocked_by_id)) throw notFound('dependency')
    await context.write(context.sql`
      delete from task_dependencies where org_id = ${context.org_id} and task_id = ${id} and blocked_by_id = ${blocked_by_id}`)
    await touch(context, id)
    const task = await stored(context, id)
    const events: NewEvent[] = [about('task.dependency_removed', task, { task, blocked_by_id })]
    const notifications: Notifications = []
    if (before.is_blocked) await unblock(context, [id], caller, events, notifications)
    return { result: null, events, notifications }
  },
}

export const evidenceAdd: Command<EvidenceCreate & { id: string }, Evidence> = {
  name: 'task.add_evidence',
  action: 'task.evidence',
  async run(context, { id, type, url }, caller) {
    const before = await existing(context, id, caller)
    checkRoom('evidence', before.evidence.length, 1, LIMITS.task_evidence_max)
    checkEvidence({ type, url }, context.permissions.settings)
    const evidence = await storeEvidence(context, id, { type, url }, caller)
    await touch(context, id)
    const task = await stored(context, id)
    return { result: evidence, events: [about('task.evidence_added', task, { task, evidence })] }
  },
}

export const evidenceRemove: Command<{ id: string; evidence_id: string }, null> = {
  name: 'task.remove_evidence',
  action: 'task.evidence',
  async run(context, { id, evidence_id }, caller) {
    const before = await existing(context, id, caller)
    const evidence = before.evidence.find((item) => item.id === evidence_id)
    if (!evidence) throw notFound('evidence')
    await context.write(
      context.sql`delete from task_evidence where org_id = ${context.org_id} and id = ${evidence_id}`,
    )
    await touch(context, id)
    const task = await stored(context, id)
    return { result: null, events: [about('task.evidence_removed', task, { task, evidence })] }
  },
}

/** Completed long ago: out of the lists unless asked for. */
export const taskArchive: Command<{ ids: string[] }, null> = {
  name: 'task.archive',
  action: null,
  async run(context, { ids }) {
    const archived = await context.write(context.sql<{ id: string }[]>`
      update tasks set archived_at = ${context.now}, version = version + 1, updated_at = ${context.now}
      where org_id = ${context.org_id} and id = any(${ids}) and status = 'complete' and archived_at is null returning id`)
    const tasks = await readTasks(
      context,
      context.org_id,
      archived.map(({ id }) => id),
    )
    return { result: null, events: tasks.map((task) => about('task.archived', task, { task })) }
  },
}

/** Says of each of these tasks that it is free now, if it is. */
async function unblock(
  context: CommandContext,
  ids: readonly string[],
  caller: Caller,
  events: NewEvent[],
  notifications: Notifications,
): Promise<void> {
  for (const task of await readTasks(context, context.org_id, ids)) {
    if (task.status === 'complete' || openBlockers(task.blocked_by).length > 0) continue
    const place = events.push(about('task.unblocked', task, { task })) - 1
    notifications.push(
      ...told(
        task,
        task.assignee_ids,
        caller,
        'task.unblocked',
        `“${task.title}” is not blocked any more`,
        place,
      ),
    )
  }
}

async function storeEvidence(
  { write, sql, org_id, now, newId }: CommandContext,
  task_id: string,
  item: EvidenceCreate,
  caller: Caller,
): Promise<Evidence> {
  const evidence: Evidence = {
    id: newId(),
    type: item.type,
    url: item.url,
    added_by: caller.id ?? '',
    created_at: now,
  }
  await write(sql`
    insert into task_evidence (org_id, id, task_id, type, url, added_by, created_at)
    values (${org_id}, ${evidence.id}, ${task_id}, ${evidence.type}, ${evidence.url}, ${evidence.added_by}, ${now})`)
  return evidence
}

async function linkProjects(
  { write, sql, org_id }: CommandContext,
  id: string,
  project_ids: readonly string[],
): Promise<void> {
  if (project_ids.length > 0)
    await write(sql`
      insert into task_projects (org_id, task_id, project_id)
      select ${org_id}, ${id}, project from unnest(${[...new Set(project_ids)]}::uuid[]) as project`)
}

async function linkAssignees(
  { write, sql, org_id, now }: CommandContext,
  id: string,
  user_ids: readonly string[],
): Promise<void> {
  if (user_ids.length > 0)
    await write(sql`
      insert into task_assignees (org_id, task_id, user_id, created_at)
      select ${org_id}, ${id}, user_id, ${now}::timestamptz + place * interval '1 microsecond'
      from unnest(${[...user_ids]}::uuid[]) with ordinality as a(user_id, place)`)
}

async function touch({ write, sql, org_id, now }: CommandContext, id: string): Promise<void> {
  await write(
    sql`update tasks set version = version + 1, updated_at = ${now} where org_id = ${org_id} and id = ${id}`,
  )
}

function about<T extends TaskEventType>(type: T, task: Task, payload: EventPayload<T>) {
  return { type, project_ids: task.project_ids, task_id: task.id, payload }
}

function assigned(type: 'task.assigned' | 'task.unassigned', task: Task, user_id: string): NewEvent {
  return { ...about(type, task, { task, user_id }), subject_ids: [user_id] }
}

function assignedNotifications(
  task: Task,
  user_ids: readonly string[],
  caller: Caller,
  first_event: number,
): Notifications {
  return user_ids.flatMap((user_id, i) =>
    told(task, [user_id], caller, 'task.assigned', `“${task.title}” was assigned to you`, first_event + i),
  )
}

/** Nobody is told of what it did itself. */
function told(
  task: Task,
  user_ids: readonly string[],
  caller: Caller,
  type: NotificationType,
  title: string,
  event: number,
): Notifications {
  const resource = { type: 'task', id: task.id, channel_id: null, seq: null }
  return user_ids
    .filter((user_id) => user_id !== caller.id)
    .map((user_id) => ({ event, user_id, type, resource, title }))
}

/** The task, if there is one and the caller may know of it: a sub-agent knows its own only. */
async function existing(context: CommandContext, id: string, caller: Caller): Promise<Task> {
  if (caller.kind === 'sub_agent' && context.permissions.scope(caller.id ?? '')?.task_id !== id)
    throw notFound('task')
  const task = await readTask(context, context.org_id, id)
  if (!task) throw notFound('task')
  return task
}

async function stored(context: CommandContext, id: string): Promise<Task> {
  const task = await readTask(context, context.org_id, id)
  if (!task) throw new Error('unreachable: the task was just stored')
  return task
}
