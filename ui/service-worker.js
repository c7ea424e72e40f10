// The service worker of the app: it keeps the files of one version on the device, so that the app starts without a
// connection. The build fills in VERSION and FILES (scripts/service-worker.ts). Answers of the API are never stored.
const VERSION = '__VERSION__'
const FILES = ['__FILES__']

/** The path of the app, with a slash at the end: `/`, or below a base path `/mc/`. Other apps of the host are none of ours. */
const BASE = new URL('./', location.href).pathname
/** All apps of a host share its caches. */
const CACHES = `mission-control ${BASE} `
const CACHE = CACHES + VERSION
/** Names of caches before there was a base path. */
const FORMER = /^app [0-9a-f]{16}$/
/** A server that does not answer within this time counts as away; the app reports it and connects when it is back. */
const PAGE_MS = 4_000
/** Paths below the base that are not pages of the app. */
const NOT_PAGES = /^(?:api|auth|health|ready|version|metrics|docs)(?:\/|$)|\.[^/]*$/

self.addEventListener('install', (event) => {
  event.waitUntil(store())
})

// A new version waits until the person accepts the update, or until the last page of the old version is closed.
self.addEventListener('message', (event) => {
  if (event.data === 'activate') event.waitUntil(self.skipWaiting())
})

self.addEventListener('activate', (event) => {
  event.waitUntil(removeOtherVersions())
})

self.addEventListener('fetch', (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (request.method !== 'GET' || origin !== location.origin || !pathname.startsWith(BASE)) return
  const path = pathname.slice(BASE.length)
  if (request.mode === 'navigate') {
    if (!NOT_PAGES.test(path)) event.respondWith(page(request))
  } else if (path.startsWith('assets/')) event.respondWith(asset(request))
})

self.addEventListener('notificationclick', (event) => {
  const { notification } = event
  notification.close()
  event.waitUntil(openPlace(notification))
})

/** Opens the place of a notification in the window of the app that was used last, or in a new one. */
async function openPlace({ tag, data }) {
  const url = new URL(String(data?.path ?? ''), location.origin + BASE)
  const own = url.origin === location.origin && url.pathname.startsWith(BASE)
  const path = own ? url.pathname + url.search : BASE
  const [page] = await self.clients.matchAll({ type: 'window' })
  if (!page) return await self.clients.openWindow(path)
  page.postMessage({ type: 'open', path, tag })
  return await page.focus()
}

async function store() {
  const cache = await caches.open(CACHE)
  // Hashed names may come from the HTTP cache; the page must not.
  await cache.addAll(
    FILES.map((path) => new Request(BASE + path, { cache: path === '' ? 'reload' : 'default' })),
  )
}

/** Versions whose files stay while pages are open: one that waits for its text to be written goes on with the old code. */
const FORMER_VERSIONS_KEPT = 2

async function removeOtherVersions() {
  const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
  const names = await caches.keys()
  // In the order in which they were made.
  const others = names.filter((name) => name.startsWith(CACHES) && name !== CACHE)
  const old = pages.length > 0 ? others.slice(0, -FORMER_VERSIONS_KEPT) : others
  for (const name of [...old, ...names.filter((one) => BASE === '/' && FORMER.test(one))])
    await caches.delete(name)
  await self.clients.claim()
}

/** The page of the server, which is the newest; the stored one when the server does not answer. */
async function page(request) {
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(PAGE_MS) })
    if (answer.status < 500) return answer
  } catch {
    // No connection, or no answer in time.
  }
  return (await caches.match(BASE, { cacheName: CACHE })) ?? Response.error()
}

async function asset(request) {
  return (await caches.match(request, { ignoreVary: true })) ?? (await fetch(request))
}
