import type { QueryClient } from '@tanstack/vue-query'
import { setPageUser } from '../api/page-user.ts'
import { DeviceCache } from '../device/device-cache.ts'
import { MemoryDeviceStore } from '../device/device-store.ts'
import { IndexedDbDeviceStore } from '../device/device-store-idb.ts'
import { realTimers } from '../realtime/timers.ts'
import { useConnection } from '../stores/connection.ts'
import { readLocal, writeLocal } from '../stores/local.ts'

const OWNER = 'mc.device_user'

let cache: DeviceCache | undefined

/** Keeps on this device what the person reads, from now on. Called once, by the app. */
export function keepWhatIsRead(client: QueryClient): void {
  cache = new DeviceCache(client, {
    store: typeof indexedDB === 'undefined' ? new MemoryDeviceStore() : new IndexedDbDeviceStore(indexedDB),
    timers: realTimers,
    owner: { get: () => readLocal(OWNER), set: (user_id) => writeLocal(OWNER, user_id) },
    failed: (stage, error) => console.warn(`Mission Control: ${stage}`, error),
  })
  cache.start()
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') cache?.flush(true)
  })
}

/** A person has signed in, or was found to be signed in. */
export function ownDevice(user_id: string): void {
  cache?.own(user_id)
}

/** Removes what a person has read here; at the end of the session. */
export async function forgetOnDevice(user_id: string): Promise<void> {
  await cache?.forget(user_id)
}

/** Starts the app with what is on the device; answers whether there is anything. */
export async function startFromDevice(): Promise<boolean> {
  const user_id = await cache?.restore()
  if (user_id === undefined) return false
  setPageUser(user_id)
  useConnection().from_device = true
  return true
}
