import type { EventEnvelope } from '@contracts/events.ts'
import { asText, sentence } from '../events/event-words.ts'

/** What an event did to a task, after the name of its actor. `nameOf` gives the name of a member. */
export function deed(event: EventEnvelope, nameOf: (id: string) => string): string {
  const names = { user: nameOf, channel: () => 'its channel' }
  return asText(sentence(event, event.task_id === null ? names : { ...names, it: event.task_id }))
}
