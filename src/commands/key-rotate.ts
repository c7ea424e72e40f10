import { notFound } from '../contracts/errors.ts'
import { expireKeys, insertKey } from '../db/writes/api-keys.ts'
import type { Command } from './command.ts'

/** Adds a key to an agent; its other live keys expire after a grace period, which may be zero. */
export const keyRotate: Command<'key.rotate'> = {
  name: 'key.rotate',
  action: 'key.rotate',
  async run(context, { user_id, key, grace_hours }) {
    const { permissions, now } = context
    if (permissions.members.get(user_id)?.type !== 'agent') throw notFound('user')
    const ending = await expireKeys(
      context,
      user_id,
      grace_hours ?? permissions.settings.api_keys.rotation_grace_hours,
    )
    await insertKey(context, user_id, key)
    const ended_now = ending.filter(({ ends_at }) => ends_at <= now).map(({ id }) => id)
    const last = ending
      .map(({ ends_at }) => ends_at)
      .sort()
      .at(-1)
    return {
      result: { previous_expires_at: last ?? null },
      events: [
        {
          type: 'api_key.rotated',
          payload: { user_id, key: { id: key.id, prefix: key.prefix }, ending },
          subject_ids: [user_id],
          ...(ended_now.length > 0 ? { revokes: { reason: 'key', key_ids: ended_now } } : {}),
        },
      ],
    }
  },
}
