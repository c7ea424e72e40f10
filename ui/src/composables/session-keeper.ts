import { useDocumentVisibility, useIntervalFn } from '@vueuse/core'
import { watch } from 'vue'
import { auth } from '../api/auth.ts'
import type { LocksLike } from '../realtime/tabs.ts'
import { readLocal, writeLocal } from '../stores/local.ts'

const KEY = 'mc.refreshed_at'
/** A session token lives one hour. Renewed at half of it, a suspended laptop has the other half. */
const REFRESH_AFTER_MS = 30 * 60_000
const CHECK_EVERY_MS = 60_000

/** Records that a session token was just issued, so that no tab renews it. */
export function recordFreshSession(): void {
  writeLocal(KEY, String(Date.now()))
}

/** Renews the session token while the calling component lives; under a lock, so that one tab does it for all. */
export function useSessionKeeper(locks: LocksLike | undefined): void {
  const renewIfDue = async () => {
    if (!isDue()) return
    await auth.refresh()
    recordFreshSession()
  }
  const check = () => {
    if (!isDue()) return
    const renewal = locks
      ? locks.request('mc-refresh', { ifAvailable: true }, (lock) => (lock ? renewIfDue() : undefined))
      : renewIfDue()
    // A 401 has already led to sign-in; a network failure is retried at the next check.
    renewal.catch(() => undefined)
  }
  useIntervalFn(check, CHECK_EVERY_MS, { immediateCallback: true })
  watch(useDocumentVisibility(), check)
}

function isDue(): boolean {
  return Date.now() - Number(readLocal(KEY) ?? 0) > REFRESH_AFTER_MS
}
