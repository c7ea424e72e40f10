import type { Accounts } from './db/queries/accounts.ts'

/** `last_active_at` is written at most so often per member. */
const ACTIVE_EVERY_MS = 60_000
const FLUSH_MS = 5_000
/** One row a minute for the same failure; the count says how many there were. */
const ONCE_MS = 60_000
const KEYS_MAX = 10_000

/** Small records of what happens often, written together or once a minute, never waited for. */
export function createPresence(accounts: Accounts, failed: (stage: string, error: unknown) => void) {
  const written = new Map<string, number>()
  const due = new Map<string, Set<string>>()
  const repeats = new Map<string, { since: number; count: number }>()

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
    /** Runs `write` at most once a minute per key, with how often it was asked since. */
    once(key: string, write: (count: number) => Promise<unknown>): void {
      const now = Date.now()
      const found = repeats.get(key)
      if (found && now - found.since < ONCE_MS) {
        found.count++
        return
      }
      if (repeats.size >= KEYS_MAX) repeats.clear()
      repeats.set(key, { since: now, count: 0 })
      write((found?.count ?? 0) + 1).catch((error: unknown) => failed('record a repeated failure', error))
    },
  }
}
