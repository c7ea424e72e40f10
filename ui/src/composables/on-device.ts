import { below } from '../base.ts'
import { wrapped } from '../platform/wrapped.ts'

/**
 * Keeps the files of the app on the device, so that it starts without a connection. Called after sign-in, because the files
 * of all pages would compete with those of the sign-in page.
 */
export function keepAppOnDevice(): void {
  // The files of the wrapped app are on the device with it.
  if (wrapped() || import.meta.env.DEV || !('serviceWorker' in navigator)) return
  navigator.serviceWorker.register(below('/sw.js'), { updateViaCache: 'none' }).catch(() => {
    // Forbidden by the browser (a private window) or no connection: the app works, and starts online only.
  })
}

/** Reloads with the new version; its service worker takes over, so that a later start offline has it, too. */
export async function applyUpdate(): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration()
  registration?.waiting?.postMessage('activate')
  location.reload()
}
