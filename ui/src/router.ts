import type { QueryClient } from '@tanstack/vue-query'
import { createRouter, createWebHistory, type RouteLocationNormalized, type Router } from 'vue-router'
import { asFailure } from './api/failure.ts'
import { keys } from './api/keys.ts'
import { meQuery } from './composables/queries.ts'
import { localPath, paths } from './paths.ts'
import { lastOrg } from './stores/shell.ts'

declare module 'vue-router' {
  interface RouteMeta {
    /** Needs a session; without one the way leads to sign-in and back. */
    signed_in?: boolean
  }
}

const PLACE = 'mc.place'

/** Keeps the name of a place for the sign-in page to say where one returns to. */
function rememberPlace(path: string, title: string): void {
  try {
    sessionStorage.setItem(PLACE, JSON.stringify({ path, title }))
  } catch {
    // No storage: sign-in then does not name the place.
  }
}

/** Leads to sign-in, and back to this place afterwards. Called twice it does nothing more. */
export function leaveForSignIn(router: Router, client: QueryClient): void {
  const place = router.currentRoute.value
  if (!place.meta.signed_in) return
  rememberPlace(place.fullPath, document.title)
  client.removeQueries({ queryKey: keys.me() })
  void router.replace(paths.login(place.fullPath))
}

/** The first part of the title that the page at `path` had, when this tab was signed out there. */
export function rememberedPlace(path: string): string | undefined {
  try {
    const place = JSON.parse(sessionStorage.getItem(PLACE) ?? '{}')
    return place.path === path && typeof place.title === 'string' ? place.title.split(' · ')[0] : undefined
  } catch {
    // No storage, or not ours.
    return undefined
  }
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
          { path: 'channels', component: () => import('./pages/org/ChannelsPage.vue') },
          { path: 'channels/:channel_id', component: () => import('./pages/org/ChannelPage.vue') },
          { path: 'settings', redirect: (to) => paths.members(String(to.params.org)) },
          { path: 'settings/members', component: () => import('./pages/org/MembersPage.vue') },
        ],
      },
      { path: '/:rest(.*)*', component: () => import('./pages/NotFoundPage.vue') },
    ],
  })

  router.beforeEach(async (to) => {
    if (to.meta.signed_in) return await signedInOrLogin(client, to)
    return true
  })
  return router
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
