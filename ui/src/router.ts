import type { QueryClient } from '@tanstack/vue-query'
import { promiseTimeout } from '@vueuse/core'
import {
  createRouter,
  createWebHistory,
  type RouteLocationNormalized,
  type Router,
  START_LOCATION,
} from 'vue-router'
import type { SignedIn } from './api/auth.ts'
import { asFailure } from './api/failure.ts'
import type { SessionLoss } from './api/http.ts'
import { keys } from './api/keys.ts'
import { setPageUser } from './api/page-user.ts'
import { service } from './api/service.ts'
import { below } from './base.ts'
import { forgetOnDevice, startFromDevice } from './composables/device.ts'
import { meQuery } from './composables/queries.ts'
import { toastFailure } from './composables/toast.ts'
import { t } from './i18n/index.ts'
import { localPath, paths } from './paths.ts'
import { hasDraft } from './stores/drafts.ts'
import { lastOrg } from './stores/shell.ts'
import { lastView } from './stores/visits.ts'

declare module 'vue-router' {
  interface RouteMeta {
    /** Requires a session; without one the router leads to sign-in and back. */
    signed_in?: boolean
  }
}

const PLACE = 'mc.place'

/** The place where this tab was signed out, for display on the sign-in page. */
interface Place {
  /** Title of the page, e.g. the name of a channel. */
  name: string
  org: string | undefined
  /** E-mail of the user whose session ended. */
  email: string
  /** Whether the channel of the place has a draft of that user. */
  has_draft: boolean
  why: SessionLoss
}

/** Stores a place for the sign-in page. */
function rememberPlace(path: string, place: Place): void {
  try {
    sessionStorage.setItem(PLACE, JSON.stringify({ path, ...place }))
  } catch {
    // No storage: the sign-in page does not name the place.
  }
}

/**
 * Opens sign-in with the current place as the return path, and forgets what this page read: the next person may be another.
 * Idempotent.
 */
export function leaveForSignIn(router: Router, client: QueryClient, why: SessionLoss): void {
  const place = router.currentRoute.value
  if (!place.meta.signed_in) return
  const me = client.getQueryData<SignedIn>(keys.me())
  // Undefined at a second call before the navigation: the place is stored already.
  if (me) {
    rememberPlace(place.fullPath, placeOf(place, me, why))
    void forgetOnDevice(me.user.id)
  }
  client.removeQueries({ queryKey: keys.me() })
  void router.replace(paths.login(place.fullPath)).then(() => {
    // Not before: until then the page may still send requests, which must name its user.
    setPageUser(undefined)
    client.clear()
  })
}

function placeOf({ params }: RouteLocationNormalized, me: SignedIn, why: SessionLoss): Place {
  const org = me.memberships.find((one) => one.org.slug === params.org)?.org.name
  // Without the number of notifications in front, e.g. "(2) general".
  const name = document.title
    .split(' · ', 1)
    .join()
    .replace(/^\(\d+\) /, '')
  return { name, org, email: me.user.email, has_draft: hasDraft(me.user.id, String(params.channel_id)), why }
}

/** Forgets the place after sign-in. */
export function forgetPlace(): void {
  try {
    sessionStorage.removeItem(PLACE)
  } catch {
    // No storage, so nothing was stored.
  }
}

/** The stored place, if this tab was signed out at `path`. */
export function rememberedPlace(path: string): Place | undefined {
  try {
    const place = JSON.parse(sessionStorage.getItem(PLACE) ?? '{}')
    return place.path === path && typeof place.name === 'string' ? place : undefined
  } catch {
    // No storage, or not written by this app.
    return undefined
  }
}

const org_pages = {
  channels: () => import('./pages/org/ChannelsPage.vue'),
  channel: () => import('./pages/org/ChannelPage.vue'),
  projects: () => import('./pages/org/ProjectsPage.vue'),
  tasks: () => import('./pages/org/TasksPage.vue'),
  agents: () => import('./pages/org/AgentsPage.vue'),
  connect: () => import('./pages/org/ConnectPage.vue'),
  events: () => import('./pages/org/EventsPage.vue'),
  search: () => import('./pages/org/SearchPage.vue'),
  settings: () => import('./pages/org/SettingsPage.vue'),
}

/** Preloads the pages of an org, so that navigation between them works without a connection. */
export function loadOrgPages(): void {
  for (const load of Object.values(org_pages))
    load().catch(() => {
      // Loaded again when the page is opened; a failure is reported then.
    })
}

/** The router of the app. Each page is a chunk of its own, so that sign-in loads only sign-in. */
export function createAppRouter(client: QueryClient): Router {
  const router = createRouter({
    history: createWebHistory(below('/')),
    routes: [
      { path: '/', redirect: () => home() },
      { path: '/setup', component: () => import('./pages/SetupPage.vue') },
      { path: '/login', component: () => import('./pages/LoginPage.vue') },
      { path: '/invite/:token', component: () => import('./pages/InvitePage.vue') },
      { path: '/sign-in-link/:token', component: () => import('./pages/SignInLinkPage.vue') },
      { path: '/second-step', component: () => import('./pages/SecondStepPage.vue') },
      { path: '/forgot-password', component: () => import('./pages/ForgotPasswordPage.vue') },
      { path: '/confirm-email/:token', component: () => import('./pages/ConfirmEmailPage.vue') },
      { path: '/unsubscribe', component: () => import('./pages/UnsubscribePage.vue') },
      { path: '/guide', component: () => import('./pages/GuidePage.vue') },
      { path: '/orgs', component: () => import('./pages/OrgsPage.vue'), meta: { signed_in: true } },
      {
        path: '/o/:org',
        component: () => import('./layouts/OrgLayout.vue'),
        meta: { signed_in: true },
        children: [
          { path: '', redirect: (to) => entrance(String(to.params.org)) },
          { path: 'channels', component: org_pages.channels },
          { path: 'channels/:channel_id', component: org_pages.channel },
          { path: 'projects/:project_id?', component: org_pages.projects },
          { path: 'tasks/:task_id?', component: org_pages.tasks },
          { path: 'agents', component: org_pages.agents },
          { path: 'agents/connect/:agent_id?', component: org_pages.connect },
          { path: 'events', component: org_pages.events },
          { path: 'search', component: org_pages.search },
          { path: 'settings', redirect: (to) => paths.settings(String(to.params.org), 'general') },
          { path: 'settings/:tab', component: org_pages.settings },
        ],
      },
      { path: '/:rest(.*)*', component: () => import('./pages/NotFoundPage.vue') },
    ],
  })

  router.beforeEach(async (to) => {
    if (to.meta.signed_in) return await signedInOrLogin(client, to)
    return true
  })
  recoverChunks(router)
  return router
}

/**
 * Recovers from a chunk that failed to load: the connection was lost, or the server has another version with other files. A
 * full page load fixes both, once the server answers; until then the current page stays.
 */
function recoverChunks(router: Router): void {
  // After a preload error a second import of the chunk succeeds without its styles.
  let incomplete = false
  window.addEventListener('vite:preloadError', () => {
    incomplete = true
  })
  router.onError(async (_error, to, from) => {
    if (from === START_LOCATION) return
    try {
      await service.version()
      location.assign(below(to.fullPath))
    } catch (no_answer) {
      toastFailure(t('common.page_not_opened'), no_answer)
    }
  })
  router.beforeEach(async (to, from) => {
    if (!incomplete || from === START_LOCATION || to.path === from.path) return true
    try {
      await service.version()
    } catch {
      // Without an answer: the chunk may be cached, else `onError` reports it.
      return true
    }
    location.assign(below(to.fullPath))
    return false
  })
}

/** The last org, else the list of orgs. */
function home(): string {
  const slug = lastOrg()
  return slug === undefined ? paths.orgs() : paths.org(slug)
}

/** The view of an org that was open last, else its channels. */
function entrance(slug: string): string {
  const view = lastView(slug)
  return view?.startsWith(`${paths.org(slug)}/`) ? localPath(view) : paths.channels(slug)
}

/** A server that does not answer within this time counts as away at the start. */
const ANSWER_MS = 4_000

/** Asks once who is signed in. Throws the refusal of a server that answers. */
async function isUnreachable(client: QueryClient): Promise<boolean> {
  try {
    const answer = client.fetchQuery({ ...meQuery, retry: false }).then(() => false)
    return await Promise.race([answer, promiseTimeout(ANSWER_MS).then(() => true)])
  } catch (error) {
    if (asFailure(error).transient) return true
    throw error
  }
}

async function signedInOrLogin(client: QueryClient, to: RouteLocationNormalized) {
  try {
    // Without a server and without anything on the device the page reports that the server cannot be reached.
    if (client.getQueryData(keys.me()) === undefined && (await isUnreachable(client))) await startFromDevice()
    else await client.ensureQueryData(meQuery)
    return true
  } catch (error) {
    // Without an answer the page itself reports that the server cannot be reached.
    return asFailure(error).status === 401 ? paths.login(localPath(to.fullPath)) : true
  }
}
