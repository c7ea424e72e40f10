import type { Command } from './command.ts'

/** Records a sign-in, a failed one, or the end of a session, with address and user agent. */
export const securityRecord: Command<'security.record'> = {
  name: 'security.record',
  action: null,
  async run(_context, input) {
    return { result: null, events: [{ ...input, subject_ids: [input.payload.user_id] }] }
  },
}
