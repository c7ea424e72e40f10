import { auth } from '../api/auth.ts'
import { readLocal, writeLocal } from '../stores/local.ts'
import type { LocksLike } from './tabs.ts'

const KEY = 'mc.refreshed_at'
/** A session token lives an hour; renewed at half of it, a laptop may sleep for the other half. */
const REFRESH_AFTER_MS = 30 * 60_000
const LOOK_EVERY_MS = 60_000

/** Notes that a new session token was just given, so that no tab renews it at once. */
export function noteFreshSession(): void {
  writeLocal(KEY, String(Date.now()))
}

/**
 * Renews the session token while a tab is open; one tab does it for all. Answers how to stop. A refusal needs nothing
 * here: the request itself leads to sign-in when the session is over, and is tried again when the network was.
 */
export function keepSession(locks: LocksLike | undefined): () => void {
  const renew = async () => {
    if (!due()) return
    await auth.refresh()
    noteFreshSession()
  }
  const look = () => {
    if (!due()) return
    const done = locks
      ? locks.request('mc-refresh', { ifAvailable: true }, (lock) => (lock ? renew() : undefined))
      : renew()
    // Away or over: see above.
    done.catch(() => undefined)
  }
  look()
  const timer = setInterval(look, LOOK_EVERY_MS)
  document.addEventListener('visibilitychange', look)
  return () => {
    clearInterval(timer)
    document.removeEventListener('visibilitychange', look)
  }
}

function due(): boolean {
  return Date.now() - Number(readLocal(KEY) ?? 0) > REFRESH_AFTER_MS
}
