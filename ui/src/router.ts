import type { QueryClient } from '@tanstack/vue-query'
import {
  createRouter,
  createWebHistory,
  type RouteLocationNormalized,
  type Router,
  START_LOCATION,
} from 'vue-router'
import type { SignedIn } from './api/auth.ts'
import { asFailure } from './api/failure.ts'
import { keys } from './api/keys.ts'
import { service } from './api/service.ts'
import { meQuery } from './composables/queries.ts'
import { toastFailure } from './composables/toast.ts'
import { localPath, paths } from './paths.ts'
import { lastOrg } from './stores/shell.ts'

declare module 'vue-router' {
  interface RouteMeta {
    /** Needs a session; without one the way leads to sign-in and back. */
    signed_in?: boolean
  }
}

const PLACE = 'mc.place'

/** What the sign-in page knows of the place that this tab was signed out at. */
interface Place {
  /** What the page showed, e.g. the name of a channel. */
  name: string
  org: string | undefined
  /** Whose page it was. */
  email: string
}

/** Keeps a place for the sign-in page to say where one returns to. */
function rememberPlace(path: string, place: Place): void {
  try {
    sessionStorage.setItem(PLACE, JSON.stringify({ path, ...place }))
  } catch {
    // No storage: sign-in then does not name the place.
  }
}

/** Leads to sign-in, and back to this place afterwards. Called twice it does nothing more. */
export function leaveForSignIn(router: Router, client: QueryClient): void {
  const place = router.currentRoute.value
  if (!place.meta.signed_in) return
  const me = client.getQueryData<SignedIn>(keys.me())
  // Called again before the page has changed: then it is known already whose it was.
  if (me) rememberPlace(place.fullPath, placeOf(place, me))
  client.removeQueries({ queryKey: keys.me() })
  void router.replace(paths.login(place.fullPath))
}

function placeOf({ params }: RouteLocationNormalized, me: SignedIn): Place {
  const org = me.memberships.find((one) => one.org.slug === params.org)?.org.name
  // Without the number of mentions, e.g. "(2) general".
  const name = document.title
    .split(' · ', 1)
    .join()
    .replace(/^\(\d+\) /, '')
  return { name, org, email: me.user.email }
}

/** Whoever signed in is back: the place is nobody's business any more. */
export function forgetPlace(): void {
  try {
    sessionStorage.removeItem(PLACE)
  } catch {
    // No storage, nothing kept.
  }
}

/** The place at `path`, when this tab was signed out there. */
export function rememberedPlace(path: string): Place | undefined {
  try {
    const place = JSON.parse(sessionStorage.getItem(PLACE) ?? '{}')
    return place.path === path && typeof place.name === 'string' ? place : undefined
  } catch {
    // No storage, or not ours.
    return undefined
  }
}

const org_pages = {
  channels: () => import('./pages/org/ChannelsPage.vue'),
  channel: () => import('./pages/org/ChannelPage.vue'),
  members: () => import('./pages/org/MembersPage.vue'),
}

/** Loads the pages of an org ahead, so that one can go from one to another without a connection. */
export function loadOrgPages(): void {
  for (const load of Object.values(org_pages))
    load().catch(() => {
      // It is loaded when it is opened, and a failure is told then.
    })
}

/** The app's pages. Each is a chunk of its own, so that sign-in loads only sign-in. */
export function createAppRouter(client: QueryClient): Router {
  const router = createRouter({
    history: createWebHistory(),
    routes: [
      { path: '/', redirect: () => home() },
      { path: '/setup', component: () => import('./pages/SetupPage.vue') },
      { path: '/login', component: () => import('./pages/LoginPage.vue') },
      { path: '/invite/:token', component: () => import('./pages/InvitePage.vue') },
      { path: '/orgs', component: () => import('./pages/OrgsPage.vue'), meta: { signed_in: true } },
      {
        path: '/o/:org',
        component: () => import('./layouts/OrgLayout.vue'),
        meta: { signed_in: true },
        children: [
          { path: '', redirect: (to) => paths.channels(String(to.params.org)) },
          { path: 'channels', component: org_pages.channels },
          { path: 'channels/:channel_id', component: org_pages.channel },
          { path: 'settings', redirect: (to) => paths.members(String(to.params.org)) },
          { path: 'settings/members', component: org_pages.members },
        ],
      },
      { path: '/:rest(.*)*', component: () => import('./pages/NotFoundPage.vue') },
    ],
  })

  router.beforeEach(async (to) => {
    if (to.meta.signed_in) return await signedInOrLogin(client, to)
    return true
  })
  recoverParts(router)
  return router
}

/**
 * A page whose code does not come: the connection is gone, or another version of the server has other files. A new load
 * of the whole app helps against both, but only once the server answers; what is open stays open until then.
 */
function recoverParts(router: Router): void {
  // What is asked for again would come without its styles.
  let incomplete = false
  window.addEventListener('vite:preloadError', () => {
    incomplete = true
  })
  router.onError(async (_error, to, from) => {
    if (from === START_LOCATION) return
    try {
      await service.version()
      location.assign(to.fullPath)
    } catch (no_answer) {
      toastFailure('Page not opened', no_answer)
    }
  })
  router.beforeEach(async (to, from) => {
    if (!incomplete || from === START_LOCATION || to.path === from.path) return true
    try {
      await service.version()
    } catch {
      // Without an answer the part may still be here; if it is not, that is told.
      return true
    }
    location.assign(to.fullPath)
    return false
  })
}

/** Where one was last, else the choice. */
function home(): string {
  const slug = lastOrg()
  return slug === undefined ? paths.orgs() : paths.channels(slug)
}

async function signedInOrLogin(client: QueryClient, to: RouteLocationNormalized) {
  try {
    await client.ensureQueryData(meQuery)
    return true
  } catch (error) {
    // Without an answer the page itself says that the server cannot be reached.
    return asFailure(error).status === 401 ? paths.login(localPath(to.fullPath)) : true
  }
}
