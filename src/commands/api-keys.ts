import { notFound } from '../contracts/errors.ts'
import { readUser } from '../db/queries/users.ts'
import type { Command } from './command.ts'
import { insertKey, type NewKey } from './user-create.ts'

interface Ending {
  id: string
  ends_at: string
}

/** A new key beside the old ones, which go on for a while (or not at all). */
export const keyRotate: Command<
  { user_id: string; key: NewKey; grace_hours?: number },
  { previous_expires_at: string | null }
> = {
  name: 'key.rotate',
  action: 'key.rotate',
  async run(context, input) {
    const user = await readUser(context, context.org_id, input.user_id)
    if (user?.type !== 'agent') throw notFound('user')
    const { sql, org_id, now } = context
    const grace_hours = input.grace_hours ?? context.permissions.settings.api_keys.rotation_grace_hours
    const ending = await context.write(sql<Ending[]>`
      update api_keys set expires_at = least(coalesce(expires_at, 'infinity'), ${now}::timestamptz + make_interval(hours => ${grace_hours}))
      where org_id = ${org_id} and user_id = ${input.user_id} and kind = 'live' and revoked_at is null
        and coalesce(expires_at, 'infinity') > ${now}
      returning id, expires_at as ends_at`)
    await context.write(insertKey(context, input.user_id, input.key))
    const previous_expires_at =
      ending
        .map((key) => key.ends_at)
        .sort()
        .at(-1) ?? null
    const payload = { user_id: user.id, key: { id: input.key.id, prefix: input.key.prefix }, ending }
    const ended_now = ending.filter((key) => key.ends_at <= now).map((key) => key.id)
    const revokes = { reason: 'key' as const, key_ids: ended_now }
    return {
      result: { previous_expires_at },
      events: [
        {
          type: 'api_key.rotated',
          payload,
          subject_ids: [user.id],
          ...(ended_now.length > 0 ? { revokes } : {}),
        },
      ],
    }
  },
}

/** All keys of a user dead at once; their streams close. */
export const keyRevoke: Command<{ user_id: string }, null> = {
  name: 'key.revoke',
  action: 'key.revoke',
  async run(context, { user_id }) {
    const user = await readUser(context, context.org_id, user_id)
    if (!user) throw notFound('user')
    const { sql, org_id, now } = context
    const ending = await context.write(sql<Ending[]>`
      update api_keys set revoked_at = ${now}
      where org_id = ${org_id} and user_id = ${user_id} and revoked_at is null returning id, revoked_at as ends_at`)
    const revokes = { reason: 'key' as const, key_ids: ending.map((key) => key.id) }
    const payload = { user_id, ending }
    return { result: null, events: [{ type: 'api_key.revoked', payload, subject_ids: [user_id], revokes }] }
  },
}
