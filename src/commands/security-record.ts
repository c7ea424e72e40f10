import type { EventType } from '../contracts/vocabulary.ts'
import type { Revocation } from '../domain/log-event.ts'
import type { Command } from './command.ts'

type SecurityType = Extract<EventType, `auth.${string}`>

export interface SecurityRecord {
  type: SecurityType
  user_id: string
  display_name: string
  user_type: 'human' | 'agent'
  details: Record<string, unknown>
  revokes?: Revocation
}

/** Writes down who signed in, failed to, or was signed out, with address and user agent. */
export const securityRecord: Command<SecurityRecord, null> = {
  name: 'security.record',
  action: null,
  async run(_context, input) {
    const actor = { id: input.user_id, type: input.user_type, display_name: input.display_name }
    const event = {
      type: input.type,
      actor,
      payload: { user_id: input.user_id, ...input.details },
      subject_ids: [input.user_id],
    }
    return { result: null, events: [input.revokes ? { ...event, revokes: input.revokes } : event] }
  },
}
