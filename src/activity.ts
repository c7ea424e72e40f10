import type { Accounts } from './db/queries/accounts.ts'

/** `last_active_at` is written at most so often per member. */
const ACTIVE_EVERY_MS = 60_000
const FLUSH_MS = 5_000
const KEYS_MAX = 10_000

/** Small records of what happens often, written together, never waited for. */
export function createPresence(accounts: Accounts, failed: (stage: string, error: unknown) => void) {
  const written = new Map<string, number>()
  const due = new Map<string, Set<string>>()

  const timer = setInterval(() => {
    for (const [org_id, users] of due)
      accounts.touch(org_id, [...users]).catch((error: unknown) => failed('write last activity', error))
    due.clear()
  }, FLUSH_MS)
  timer.unref?.()

  return {
    /** A member was here. */
    active(org_id: string, user_id: string): void {
      const key = `${org_id} ${user_id}`
      const now = Date.now()
      if (now - (written.get(key) ?? 0) < ACTIVE_EVERY_MS) return
      if (written.size >= KEYS_MAX) written.clear()
      written.set(key, now)
      const users = due.get(org_id)
      if (users) users.add(user_id)
      else due.set(org_id, new Set([user_id]))
    },
  }
}
