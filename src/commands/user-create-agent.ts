import { ApiError } from '../contracts/errors.ts'
import { agentExists } from '../db/queries/users.ts'
import { insertAccount } from '../db/writes/accounts.ts'
import { insertKey } from '../db/writes/api-keys.ts'
import { insertMember } from '../db/writes/memberships.ts'
import { startAtEnd } from '../db/writes/read-markers.ts'
import { newMember } from '../domain/members.ts'
import { checkNameFree } from '../domain/names.ts'
import { freeUsername } from '../domain/usernames.ts'
import type { Command } from './command.ts'

/** Adds an agent with its first key. */
export const userCreateAgent: Command<'user.create_agent'> = {
  name: 'user.create_agent',
  action: 'user.create',
  async run(context, { identifier, display_name, role, user_id, key }) {
    if (await agentExists(context, context.org_id, identifier))
      throw new ApiError('ALREADY_MEMBER', 'There is an agent with this identifier already.')
    checkNameFree(context.permissions.member_names, display_name)
    const username = freeUsername(context.permissions.username_names, [identifier, display_name])
    const user = newMember({ id: user_id, type: 'agent', username, identifier, display_name, role })
    await insertAccount(context, { ...user, email: null, status: 'active' })
    await insertMember(context, { ...user, account_id: user_id })
    await startAtEnd(context, user_id, role)
    await insertKey(context, user_id, key)
    return {
      result: user,
      events: [{ type: 'user.created', payload: { user }, subject_ids: [user_id] }],
    }
  },
}
