import type { EventContent } from '../contracts/event-payloads.ts'
import type { Actor } from '../contracts/events.ts'
import type { Revocation } from '../contracts/log-event.ts'
import type { Command } from './command.ts'

export type SecurityContent = Extract<EventContent, { type: `auth.${string}` }>

export type SecurityRecord = SecurityContent & {
  actor: Actor
  revokes?: Revocation
}

/** Writes down who signed in, failed to, or was signed out, with address and user agent. */
export const securityRecord: Command<SecurityRecord, null> = {
  name: 'security.record',
  action: null,
  async run(_context, input) {
    return { result: null, events: [{ ...input, subject_ids: [input.payload.user_id] }] }
  },
}
