import type { Actor, EventEnvelope } from '../../../src/contracts/events.ts'
import type { SubAgent, Task } from '../../../src/contracts/resources.ts'
import { cleanName, shortened } from './clean.ts'
import { quote } from './quote.ts'
import { senderText } from './sender.ts'

/** Something that happened to the work of an agent, and is no message. */
export type Notice = { sequence: number; actor: Actor } & (
  | { type: 'assigned'; task: Task }
  | { type: 'transitioned'; task: Task; from_status: string; to_status: string; comment: string | null }
  | { type: 'unblocked'; task: Task }
  | { type: 'sub_agent_ended'; sub_agent: SubAgent; reason: string | null }
)

/** A description or summary is cut here: the agent reads the whole by the API. */
const TEXT_CHARACTERS_MAX = 4_000

/** What an event tells an agent; undefined when it does not concern it, or when the agent did it itself. */
export function noticeOf(event: EventEnvelope, user_id: string): Notice | undefined {
  const { sequence, actor } = event
  if (actor.id === user_id) return undefined
  const of = { sequence, actor }
  switch (event.type) {
    case 'task.assigned':
      return event.payload.user_id === user_id
        ? { ...of, type: 'assigned', task: event.payload.task }
        : undefined
    case 'task.transitioned': {
      const { task, from_status, to_status, comment } = event.payload
      if (!task.assignee_ids.includes(user_id)) return undefined
      return { ...of, type: 'transitioned', task, from_status, to_status, comment }
    }
    case 'task.unblocked': {
      const { task } = event.payload
      return task.assignee_ids.includes(user_id) ? { ...of, type: 'unblocked', task } : undefined
    }
    case 'sub_agent.completed':
    case 'sub_agent.terminated':
    case 'sub_agent.expired': {
      const { sub_agent } = event.payload
      if (sub_agent.created_by !== user_id) return undefined
      const reason = 'reason' in event.payload ? event.payload.reason : null
      return { ...of, type: 'sub_agent_ended', sub_agent, reason }
    }
    default:
      return undefined
  }
}

/** Text of the turn about a notice: what happened in the bridge's words, and what people wrote as quotes. */
export function noticeText(notice: Notice, channel_name: string): string {
  const header = `[Mission Control #${cleanName(channel_name)} · notice · event ${notice.sequence}]`
  return [header, ...linesOf(notice)].join('\n')
}

function linesOf(notice: Notice): string[] {
  const who = senderText(notice.actor)
  switch (notice.type) {
    case 'assigned':
      return [`${who} assigned a task to you.`, ...taskLines(notice.task, true)]
    case 'transitioned': {
      const { from_status, to_status, comment, task } = notice
      const moved = `${who} moved a task of yours from ${from_status} to ${to_status}.`
      return [moved, ...taskLines(task, false), ...quoted('Comment', comment)]
    }
    case 'unblocked':
      return ['A task of yours is not blocked any more.', ...taskLines(notice.task, false)]
    case 'sub_agent_ended': {
      const { id, task_id, status, summary } = notice.sub_agent
      const ended = `Your sub-agent ${id} of the task ${task_id} is ${status}.`
      return [ended, ...quoted('Reason', notice.reason), ...quoted('Summary', summary)]
    }
  }
}

function taskLines(task: Task, whole: boolean): string[] {
  const { id, type, priority, status, is_blocked } = task
  const state = `${type}, priority ${priority}, status ${status}${is_blocked ? ', blocked' : ''}`
  const description = whole ? quoted('Description', task.description) : []
  return [`Task ${id}: ${state}.`, ...quoted('Title', task.title), ...description]
}

function quoted(label: string, text: string | null): string[] {
  return text === null || text.trim() === '' ? [] : [`${label}:`, quote(shortened(text, TEXT_CHARACTERS_MAX))]
}
