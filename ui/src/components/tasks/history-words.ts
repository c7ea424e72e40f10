import type { EventEnvelope } from '@contracts/events.ts'
import { isolate } from '../base/isolate.ts'
import { EVIDENCE_WORDS, STATUS_WORDS } from './task-words.ts'

/** What an event did to a task, after the name of its actor. `nameOf` gives the name of a member. */
export function deed(event: EventEnvelope, nameOf: (id: string) => string): string {
  switch (event.type) {
    case 'task.created':
      return 'created it'
    case 'task.updated':
      return `changed ${event.payload.changed.map((field) => field.replaceAll('_', ' ')).join(', ')}`
    case 'task.transitioned':
      return `moved it to ${STATUS_WORDS[event.payload.to_status]}`
    case 'task.assigned':
      return `assigned ${isolate(nameOf(event.payload.user_id))}`
    case 'task.unassigned':
      return `unassigned ${isolate(nameOf(event.payload.user_id))}`
    case 'task.dependency_added':
      return 'added a dependency'
    case 'task.dependency_removed':
      return 'removed a dependency'
    case 'task.evidence_added':
      return `added evidence: ${EVIDENCE_WORDS[event.payload.evidence.type]}`
    case 'task.evidence_removed':
      return `removed evidence: ${EVIDENCE_WORDS[event.payload.evidence.type]}`
    case 'task.unblocked':
      return 'unblocked it'
    case 'task.archived':
      return 'archived it'
    default:
      return event.type
  }
}
