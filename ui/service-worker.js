// The service worker of the app: it keeps the files of one version on the device, so that the app starts without a
// connection. The build fills in VERSION and FILES (scripts/service-worker.ts). Answers of the API are never stored.
const VERSION = '__VERSION__'
const FILES = ['__FILES__']

const CACHE = `app ${VERSION}`
/** A server that does not answer within this time counts as away; the app reports it and connects when it is back. */
const PAGE_MS = 4_000
/** Paths that are not pages of the app. */
const NOT_PAGES = /^\/(?:api|auth|health|ready|version|metrics|docs)(?:\/|$)|\.[^/]*$/

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
  if (request.method !== 'GET' || origin !== location.origin) return
  if (request.mode === 'navigate') {
    if (!NOT_PAGES.test(pathname)) event.respondWith(page(request))
  } else if (pathname.startsWith('/assets/')) event.respondWith(asset(request))
})

async function store() {
  const cache = await caches.open(CACHE)
  // Hashed names may come from the HTTP cache; the page must not.
  await cache.addAll(
    FILES.map((path) => new Request(path, { cache: path.startsWith('/assets/') ? 'default' : 'reload' })),
  )
}

async function removeOtherVersions() {
  for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name)
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
  return (await caches.match('/', { cacheName: CACHE })) ?? Response.error()
}

async function asset(request) {
  return (await caches.match(request, { ignoreVary: true })) ?? (await fetch(request))
}
