import { LIMITS } from '../contracts/limits.ts'
import { nextClockTime } from '../domain/local-time.ts'

/** Administrators are told at the beginning of their day. */
const REMINDER_TIME = { hour: 9, minute: 0 }
/** Keys read by one query, over all orgs. */
export const KEYS_AT_ONCE = 500

export interface DueKey {
  org_id: string
  id: string
  /** Since when the key is as old as the org wants it at the most. ISO 8601. */
  due_at: string
  time_zone: string
}

export interface ReminderPorts {
  /** Due keys of all orgs, in the order of their ids, after one of them. */
  due(after: string | null, limit: number): Promise<DueKey[]>
  remind(org_id: string, key_ids: string[]): Promise<unknown>
  now(): number
  stopping(): boolean
  failed(stage: string, error: unknown): void
}

/** When a key is told of that is due since `due_at`: the next morning in the zone of its org. Epoch milliseconds. */
export function reminderTime({ due_at, time_zone }: Pick<DueKey, 'due_at' | 'time_zone'>): number {
  return nextClockTime(Date.parse(due_at) - 1, time_zone, REMINDER_TIME)
}

/** Tells of keys that are due for rotation, as commands of the server. An org that fails does not hold up the others. */
export async function remindOfKeys(ports: ReminderPorts): Promise<void> {
  let after: string | null = null
  while (!ports.stopping()) {
    const page: DueKey[] = await ports.due(after, KEYS_AT_ONCE)
    const ripe = page.filter((key) => reminderTime(key) <= ports.now())
    for (const [org_id, keys] of Map.groupBy(ripe, (key) => key.org_id))
      for (let at = 0; at < keys.length; at += LIMITS.keys_told_max)
        try {
          await ports.remind(
            org_id,
            keys.slice(at, at + LIMITS.keys_told_max).map(({ id }) => id),
          )
        } catch (error) {
          ports.failed(`remind ${org_id} of keys`, error)
        }
    after = page.at(-1)?.id ?? null
    if (page.length < KEYS_AT_ONCE) return
  }
}
