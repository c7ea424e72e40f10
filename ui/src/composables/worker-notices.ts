import type { Router } from 'vue-router'
import { BASE } from '../base.ts'

/** What the service worker says when a person chose a notification. */
interface Chosen {
  type: 'open'
  path: string
  tag: string
}

/** Notifications of this page whose click is its own matter, by their tags; of older ones only the place is opened. */
const OPENERS_MAX = 50
const openers = new Map<string, () => void>()

/**
 * Shows a notification by the service worker, which stays when the page is gone, and which alone may do so on Android. False
 * without one: on plain http, in a private window, or before the first visit is over. `path` is below the base path.
 */
export async function showByWorker(
  title: string,
  options: NotificationOptions & { tag: string },
  path: string,
  open: () => void,
): Promise<boolean> {
  const registration = await navigator.serviceWorker?.getRegistration()
  if (!registration?.active) return false
  await registration.showNotification(title, { ...options, data: { path } })
  openers.delete(options.tag)
  openers.set(options.tag, open)
  const [oldest] = openers.keys()
  if (openers.size > OPENERS_MAX && oldest !== undefined) openers.delete(oldest)
  return true
}

let listening = false

/** Opens what a person chose among the notifications, from the first page of an org on. */
export function openChosenNotices(router: Router): void {
  if (listening || !('serviceWorker' in navigator)) return
  listening = true
  navigator.serviceWorker.addEventListener('message', ({ data }: MessageEvent<Chosen | undefined>) => {
    if (data?.type !== 'open') return
    const open = openers.get(data.tag)
    openers.delete(data.tag)
    if (open) open()
    else void router.push(data.path.slice(BASE.length))
  })
  // Messages wait until somebody says that they may come, which `onmessage` does by itself and a listener does not.
  navigator.serviceWorker.startMessages()
}
