import { notFound } from '../contracts/errors.ts'
import { readUser } from '../db/queries/users.ts'
import { updateMember } from '../db/writes/memberships.ts'
import { memberEvents } from '../domain/members.ts'
import type { Command } from './command.ts'

/** Ends the mails of a member, by a link in one of them. Again, it changes nothing. */
export const userUnsubscribe: Command<'user.unsubscribe'> = {
  name: 'user.unsubscribe',
  action: null,
  async run(context, { user_id }) {
    const before = await readUser(context, context.org_id, user_id)
    if (before?.type !== 'human') throw notFound('user')
    const user = { ...before, notification_preferences: { email: 'none' as const } }
    await updateMember(context, user, { preference_chosen: true })
    return { result: null, events: memberEvents(before, user) }
  },
}
