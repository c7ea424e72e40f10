import { QueryClient, VueQueryPlugin } from '@tanstack/vue-query'
import { createPinia } from 'pinia'
import { Dark, Notify, Quasar } from 'quasar'
import quasar_texts from 'quasar/lang/en-US.js'
import { createApp } from 'vue'
import App from './App.vue'
import { asFailure } from './api/failure.ts'
import { onSessionLost } from './api/http.ts'
import { keepWhatIsRead } from './composables/device.ts'
import { FORWARD } from './composables/direction.ts'
import { createAppRouter, leaveForSignIn } from './router.ts'
import { useTheme } from './stores/theme.ts'

const RETRIES_MAX = 4
/** A query on screen that failed transiently is refetched this often. */
const REFETCH_AFTER_FAILURE_MS = 5_000

const client = new QueryClient({
  defaultOptions: {
    queries: {
      // Events keep the data current; only a gap in them invalidates it.
      staleTime: Number.POSITIVE_INFINITY,
      // Data is replaced, never changed in place: a proxy around each of 2,000 members would cost more than their rows.
      shallow: true,
      // Rules keep the objects that they do not change; a comparison of each of 10,000 tasks per event would find the same.
      structuralSharing: false,
      gcTime: 30 * 60_000,
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      networkMode: 'always',
      retry: (count, error) => count < RETRIES_MAX && asFailure(error).transient,
      refetchInterval: ({ state: { status, error } }) =>
        status === 'error' && asFailure(error).transient ? REFETCH_AFTER_FAILURE_MS : false,
      retryDelay: (count, error) =>
        Math.max(Math.min(8_000, 400 * 2 ** count), (asFailure(error).retry_after_s ?? 0) * 1000),
    },
  },
})

const router = createAppRouter(client)

keepWhatIsRead(client)
onSessionLost((why) => leaveForSignIn(router, client, why))

const app = createApp(App)
  .use(createPinia())
  .use(Quasar, {
    plugins: { Dark, Notify },
    // Language and direction of the page are set with its texts; Quasar asks this for the direction of its menus.
    lang: { ...quasar_texts, rtl: FORWARD === -1 },
    config: { dark: 'auto', lang: { noHtmlAttrs: true } },
  })
  .use(VueQueryPlugin, { queryClient: client })
  .use(router)

// Before the first render, so that the page does not flash in the other theme.
useTheme()
app.mount('#app')
