import { remindOfKeys } from '../db/writes/api-keys.ts'
import { aboutKeyAge } from '../domain/notifications.ts'
import type { Command } from './command.ts'

const DAY_MS = 24 * 3_600_000

/** Tells the administrators that keys are due for rotation. One that was rotated or told of meanwhile is left out. */
export const keyRemind: Command<'key.remind'> = {
  name: 'key.remind',
  action: null,
  async run(context, { key_ids }) {
    const { members, settings } = context.permissions
    const days = settings.authentication.api_key_rotation_reminder_days
    const keys = await remindOfKeys(context, key_ids, days)
    const administrators = [...members.values()]
      .filter(({ type, role }) => type === 'human' && role === 'administrator')
      .map(({ user_id }) => user_id)
    const told = keys.map(({ id, user_id, prefix, created_at }) => ({
      user_id,
      key: { id, prefix },
      age_days: Math.floor((Date.parse(context.now) - Date.parse(created_at)) / DAY_MS),
    }))
    return {
      result: null,
      events: told.map((payload) => ({
        type: 'api_key.rotation_due' as const,
        payload,
        subject_ids: [payload.user_id],
      })),
      notifications: told.flatMap(({ user_id, age_days }, event) =>
        aboutKeyAge(
          { id: user_id, name: members.get(user_id)?.display_name ?? '' },
          age_days,
          administrators,
          event,
        ),
      ),
    }
  },
}
