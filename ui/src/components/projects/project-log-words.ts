import type { EventEnvelope } from '@contracts/events.ts'
import { isolate } from '../base/isolate.ts'
import { EVIDENCE_WORDS, STATUS_WORDS } from '../tasks/task-words.ts'
import { STAGE_WORDS } from './project-words.ts'

const fields = (changed: readonly string[]) =>
  changed.map((field) => field.replace(/_id$/, '').replaceAll('_', ' ')).join(', ')
const quoted = ({ title }: { title: string }) => `“${isolate(title)}”`

/** What an event did, after the name of its actor, in the log of one project. `nameOf` gives the name of a member. */
export function deedInProject(event: EventEnvelope, nameOf: (id: string) => string): string {
  const name = (id: string) => isolate(nameOf(id))
  switch (event.type) {
    case 'project.created':
      return 'created the project'
    case 'project.updated':
      return `changed ${fields(event.payload.changed)}`
    case 'project.transitioned':
      return `moved it from ${STAGE_WORDS[event.payload.from_stage]} to ${STAGE_WORDS[event.payload.to_stage]}`
    case 'project.archived':
      return `ended it in ${STAGE_WORDS[event.payload.from_stage]}`
    case 'project.user_assigned':
      return `assigned ${name(event.payload.user_id)}`
    case 'project.user_unassigned':
      return `took ${name(event.payload.user_id)} off`
    case 'task.created':
      return `created ${quoted(event.payload.task)}`
    case 'task.updated':
      return `changed ${fields(event.payload.changed)} of ${quoted(event.payload.task)}`
    case 'task.transitioned':
      return `moved ${quoted(event.payload.task)} to ${STATUS_WORDS[event.payload.to_status]}`
    case 'task.assigned':
      return `assigned ${name(event.payload.user_id)} to ${quoted(event.payload.task)}`
    case 'task.unassigned':
      return `took ${name(event.payload.user_id)} off ${quoted(event.payload.task)}`
    case 'task.dependency_added':
      return `added a dependency to ${quoted(event.payload.task)}`
    case 'task.dependency_removed':
      return `removed a dependency of ${quoted(event.payload.task)}`
    case 'task.evidence_added':
      return `added evidence to ${quoted(event.payload.task)}: ${EVIDENCE_WORDS[event.payload.evidence.type]}`
    case 'task.evidence_removed':
      return `removed evidence of ${quoted(event.payload.task)}: ${EVIDENCE_WORDS[event.payload.evidence.type]}`
    case 'task.unblocked':
      return `unblocked ${quoted(event.payload.task)}`
    case 'task.archived':
      return `archived ${quoted(event.payload.task)}`
    case 'channel.created':
      return 'created its channel'
    case 'channel.updated':
      return `renamed its channel to ${isolate(event.payload.channel.name)}`
    case 'channel.loop_paused':
      return 'paused agents that answered each other'
    case 'channel.loop_resumed':
      return 'let its agents answer again'
    case 'sub_agent.created':
      return 'started a sub-agent'
    case 'sub_agent.completed':
      return 'completed as a sub-agent'
    case 'sub_agent.terminated':
      return 'ended a sub-agent'
    case 'sub_agent.expired':
      return 'let a sub-agent expire'
    default:
      return event.type
  }
}

/** The comment of a transition. */
export function commentOf(event: EventEnvelope): string | null {
  return event.type === 'project.transitioned' || event.type === 'task.transitioned'
    ? event.payload.comment
    : null
}
