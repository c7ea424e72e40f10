import { notFound } from '../contracts/errors.ts'
import type { User } from '../contracts/resources.ts'
import { readUser } from '../db/queries/users.ts'
import { readOnly } from '../domain/access.ts'
import type { Command } from './command.ts'

/** An invited person comes in: the invite is used up, the membership becomes active. */
export const userJoin: Command<{ user_id: string; invite_id: string; display_name?: string }, User> = {
  name: 'user.join',
  action: null,
  async run(context, input) {
    const { sql, org_id, now } = context
    const [invite] = await sql`
      select 1 from invites where org_id = ${org_id} and id = ${input.invite_id} and user_id = ${input.user_id}
        and accepted_at is null and expires_at > ${now}`
    if (!invite) throw notFound('invite')
    if (context.permissions.readOnly) throw readOnly()
    await context.write(
      sql`update invites set accepted_at = ${now} where org_id = ${org_id} and id = ${input.invite_id}`,
    )
    await context.write(sql`
      update memberships set status = 'active', display_name = coalesce(${input.display_name ?? null}, display_name),
        updated_at = ${now}
      where org_id = ${org_id} and user_id = ${input.user_id}`)
    const user = await readUser(context, org_id, input.user_id)
    if (!user) throw notFound('invite')
    const actor = { id: user.id, type: user.type, display_name: user.display_name }
    return {
      result: user,
      events: [{ type: 'user.updated', actor, payload: { user }, subject_ids: [user.id] }],
    }
  },
}
