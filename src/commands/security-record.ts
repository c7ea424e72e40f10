import type { Command } from './command.ts'

/** Writes down who signed in, failed to, or was signed out, with address and user agent. */
export const securityRecord: Command<'security.record'> = {
  name: 'security.record',
  action: null,
  async run(_context, input) {
    return { result: null, events: [{ ...input, subject_ids: [input.payload.user_id] }] }
  },
}
