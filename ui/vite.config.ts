import { fileURLToPath } from 'node:url'
import { quasar, transformAssetUrls } from '@quasar/vite-plugin'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'
import { precompress } from './scripts/precompress.ts'
import { preloadApp } from './scripts/preload-app.ts'
import { serviceWorker } from './scripts/service-worker.ts'

/** Where `bun run --cwd ui dev` finds a running server. */
const server = process.env.MC_DEV_SERVER ?? 'http://127.0.0.1:3000'

export default defineConfig({
  plugins: [
    vue({ template: { transformAssetUrls } }),
    quasar(),
    preloadApp(),
    serviceWorker(),
    precompress(),
  ],
  resolve: {
    alias: {
      '@contracts': fileURLToPath(new URL('../src/contracts', import.meta.url)),
      '@text': fileURLToPath(new URL('../src/text', import.meta.url)),
    },
  },
  experimental: {
    // Files name each other relatively, so that one build works below any path. The page is written for the root of a host;
    // the server changes its addresses (src/http/assets.ts).
    renderBuiltUrl: (_, { hostType }) => (hostType === 'html' ? undefined : { relative: true }),
  },
  build: {
    outDir: 'dist',
    manifest: true,
    target: 'es2022',
    // Fonts and pictures stay files: the content policy allows no `data:` fonts, and a file is cached once.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Small modules of every page are one file: each file has half a kilobyte of headers.
    rolldownOptions: {
      output: {
        advancedChunks: {
          groups: [
            {
              name: 'gate',
              test: /ui\/src\/(composables\/(now|session|session-keeper|arrival|title)\.ts|components\/base\/(Icon|Notice|SubmitButton|TextField|WordMark)\.vue|components\/base\/writes\.ts|layouts\/GateLayout\.vue)/,
            },
          ],
        },
      },
    },
    reportCompressedSize: false,
  },
  server: {
    proxy: {
      '/api': { target: server, ws: true },
      '/auth': { target: server },
      // Opened, it is a page of the app.
      '/unsubscribe': {
        target: server,
        bypass: ({ method }) => (method === 'POST' ? undefined : '/index.html'),
      },
      '/version': { target: server },
      '/ready': { target: server },
    },
  },
})
