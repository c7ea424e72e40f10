import { ApiError } from '../contracts/errors.ts'
import { setClient } from '../db/writes/memberships.ts'
import { sameReport } from '../domain/agent-client.ts'
import type { Command } from './command.ts'
import { existingUser } from './existing.ts'

/** Stores what the client of an agent says of itself. The same report again is neither a write nor an event. */
export const userSetClient: Command<'user.set_client'> = {
  name: 'user.set_client',
  action: 'user.set_client',
  async run(context, { user_id, client: report }) {
    const member = context.permissions.member(user_id)
    if (member?.type !== 'agent') throw new ApiError('FORBIDDEN', 'Only agents have a client.')
    if (member.client && sameReport(member.client, report)) return { result: member.client, events: [] }
    const before = await existingUser(context, user_id)
    const client = { ...report, reported_at: context.now }
    await setClient(context, user_id, client)
    const user = { ...before, client }
    return { result: client, events: [{ type: 'user.updated', payload: { user }, subject_ids: [user_id] }] }
  },
}
