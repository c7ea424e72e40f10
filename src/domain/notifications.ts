import type { Export, Message, Notification, Project, SubAgent, Task } from '../contracts/resources.ts'
import type { NotificationType } from '../contracts/vocabulary.ts'
import type { Permissions } from './permissions.ts'

/** A notification requested by a command; `event` is the index of its source among the command's events. */
export interface NewNotification {
  event: number
  user_id: string
  type: NotificationType
  resource: Notification['resource']
  title: string
}

/** Notifications about a task. The principal of an action gets none. */
export function aboutTask(
  task: Task,
  type: NotificationType,
  title: string,
  to: { user_ids: readonly string[]; except: string | null; event: number },
): NewNotification[] {
  return each(to, type, { type: 'task', id: task.id, channel_id: null, seq: null }, title)
}

/** One notification for each new assignee; their events begin at the place `first_event`. */
export function aboutAssignments(
  task: Task,
  user_ids: readonly string[],
  except: string | null,
  first_event: number,
): NewNotification[] {
  return user_ids.flatMap((user_id, i) =>
    aboutTask(task, 'task.assigned', `“${task.title}” was assigned to you`, {
      user_ids: [user_id],
      except,
      event: first_event + i,
    }),
  )
}

/** Notifies the owner and the assigned members of a project's transition, its end of life included. */
export function aboutTransition(project: Project, except: string | null): NewNotification[] {
  const owner = project.owner_id === null ? [] : [project.owner_id]
  const user_ids = [...new Set([...owner, ...project.assigned_user_ids])]
  const resource = { type: 'project' as const, id: project.id, channel_id: project.channel_id, seq: null }
  const over = project.stage === 'end-of-life'
  const title = over ? `${project.name} is at the end of its life` : `${project.name} is in ${project.stage}`
  return each({ user_ids, except, event: 0 }, 'project.transitioned', resource, title)
}

/** Notifies the mentioned members; the message is the command's first event. */
export function aboutMentions(message: Message): NewNotification[] {
  const { id, channel_id, seq, sender } = message
  const to = { user_ids: message.mentions, except: sender.id, event: 0 }
  const resource = { type: 'message' as const, id, channel_id, seq }
  return each(to, 'message.mention', resource, `${sender.display_name} mentioned you`)
}

const ENDINGS: Readonly<Record<SubAgent['status'], string>> = {
  active: 'is at work',
  completed: 'has completed its work',
  terminated: 'was terminated',
  expired: 'ran out of time',
}

/** Notifies the creator of a sub-agent's end. */
export function aboutSubAgentEnd(
  sub_agent: Pick<SubAgent, 'id' | 'model' | 'status' | 'created_by'>,
  except: string | null,
  event: number,
): NewNotification[] {
  const resource = { type: 'sub_agent' as const, id: sub_agent.id, channel_id: null, seq: null }
  const title = `Your sub-agent (${sub_agent.model}) ${ENDINGS[sub_agent.status]}`
  return each({ user_ids: [sub_agent.created_by], except, event }, 'sub_agent.ended', resource, title)
}

/** Notifies who asked for an export that it is ready. */
export function aboutExport(
  { id }: Pick<Export, 'id'>,
  requested_by: string,
  event: number,
): NewNotification[] {
  const resource = { type: 'export' as const, id, channel_id: null, seq: null }
  const to = { user_ids: [requested_by], except: null, event }
  return each(to, 'export.ready', resource, 'Your export is ready')
}

/** Tells administrators how old the key of an agent is. */
export function aboutKeyAge(
  agent: { id: string; name: string },
  age_days: number,
  user_ids: readonly string[],
  event: number,
): NewNotification[] {
  const resource = { type: 'user' as const, id: agent.id, channel_id: null, seq: null }
  const title = `The key of ${agent.name} is ${age_days} days old`
  return each({ user_ids, except: null, event }, 'api_key.rotation_due', resource, title)
}

/** False for a former member, and for a message that the member may not read. */
export function mayBeNotified(
  permissions: Permissions,
  { user_id, resource }: Pick<NewNotification, 'user_id' | 'resource'>,
): boolean {
  const member = permissions.member(user_id)
  if (!member) return false
  if (resource.type !== 'message' || resource.channel_id === null) return true
  return permissions.mayReadChannel({ kind: member.type, id: user_id }, resource.channel_id)
}

function each(
  { user_ids, except, event }: { user_ids: readonly string[]; except: string | null; event: number },
  type: NotificationType,
  resource: Notification['resource'],
  title: string,
): NewNotification[] {
  return user_ids
    .filter((user_id) => user_id !== except)
    .map((user_id) => ({ event, user_id, type, resource, title }))
}
