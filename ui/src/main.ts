import './styles/quasar.sass'
import './styles/fonts.css'
import './styles/tokens.css'
import './styles/base.css'
import './styles/controls.css'
import './styles/buttons.css'
import './styles/fields.css'
import './styles/notices.css'
import './styles/overlays.css'
import { QueryClient, VueQueryPlugin } from '@tanstack/vue-query'
import { createPinia } from 'pinia'
import { Dark, Notify, Quasar } from 'quasar'
import { createApp } from 'vue'
import App from './App.vue'
import { asFailure } from './api/failure.ts'
import { onSignedOut } from './api/http.ts'
import { createAppRouter, leaveForSignIn } from './router.ts'
import { useTheme } from './stores/theme.ts'

const TRIES_MAX = 4
/** What could not be read for a reason that passes is read again this often, while somebody looks at it. */
const READ_AGAIN_MS = 5_000

const client = new QueryClient({
  defaultOptions: {
    queries: {
      // Events keep what was read current; only a hole in them makes it stale.
      staleTime: Number.POSITIVE_INFINITY,
      gcTime: 30 * 60_000,
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      networkMode: 'always',
      retry: (count, error) => count < TRIES_MAX && asFailure(error).passing,
      refetchInterval: ({ state: { status, error } }) =>
        status === 'error' && asFailure(error).passing ? READ_AGAIN_MS : false,
      retryDelay: (count) => Math.min(8_000, 400 * 2 ** count),
    },
  },
})

const router = createAppRouter(client)

onSignedOut(() => leaveForSignIn(router, client))

const app = createApp(App)
  .use(createPinia())
  .use(Quasar, { plugins: { Dark, Notify }, config: { dark: 'auto' } })
  .use(VueQueryPlugin, { queryClient: client })
  .use(router)

// Before anything is drawn, so that a chosen theme does not begin with the other one.
useTheme()
app.mount('#app')
