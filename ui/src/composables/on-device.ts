import { below } from '../base.ts'
import { wrapped } from '../platform/wrapped.ts'
import { holdsTypedText, watchTyping } from './typed-text.ts'

/** The files of a new version are waited for so long; then the page is loaded from the network. */
const INSTALL_MS_MAX = 30_000
const ACTIVATION_MS_MAX = 5_000

let watched = false
/** This page asked for the new version. */
let accepted = false
let reloading = false

function reload(): void {
  if (reloading) return
  reloading = true
  location.reload()
}

/**
 * Keeps the files of the app on the device, so that it starts without a connection. Called after sign-in, because the files
 * of all pages would compete with those of the sign-in page. When a new version takes over, which a person has accepted in
 * some tab, the page is reloaded; with a text in a form it offers that only, by `offer`.
 */
export function keepAppOnDevice(offer: () => void): void {
  // The files of the wrapped app are on the device with it.
  if (wrapped() || import.meta.env.DEV || !('serviceWorker' in navigator)) return
  const { serviceWorker } = navigator
  serviceWorker.register(below('/sw.js'), { updateViaCache: 'none' }).catch(() => {
    // Forbidden by the browser (a private window) or no connection: the app works, and starts online only.
  })
  if (watched) return
  watched = true
  watchTyping(document)
  let former = serviceWorker.controller
  serviceWorker.addEventListener('controllerchange', () => {
    // The first worker of a browser takes over pages of its own version.
    const replaced = former !== null
    former = serviceWorker.controller
    if (!replaced) return
    if (accepted || !holdsTypedText()) reload()
    else offer()
  })
}

/**
 * Reloads with the new version. Its service worker takes over first: a later start offline has it too, and the other tabs
 * change over as well.
 */
export async function applyUpdate(): Promise<void> {
  accepted = true
  const registration = await navigator.serviceWorker?.getRegistration()
  const next = registration && navigator.serviceWorker.controller ? await installed(registration) : undefined
  if (!next) return reload()
  next.postMessage('activate')
  setTimeout(reload, ACTIVATION_MS_MAX)
}

/** The worker of a new version once it has its files; undefined if there is none, or if it does not get them. */
async function installed(registration: ServiceWorkerRegistration): Promise<ServiceWorker | undefined> {
  try {
    await registration.update()
  } catch {
    // No connection, or no such file any more: the page that can be had is loaded.
  }
  const next = registration.installing ?? registration.waiting
  if (!next) return undefined
  if (next.state === 'installing')
    await new Promise<unknown>((resolve) => {
      next.addEventListener('statechange', resolve, { once: true })
      setTimeout(resolve, INSTALL_MS_MAX)
    })
  return next.state === 'installed' ? next : undefined
}
