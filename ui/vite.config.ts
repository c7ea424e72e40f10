import { fileURLToPath } from 'node:url'
import { quasar, transformAssetUrls } from '@quasar/vite-plugin'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'
import { GUIDE_ASSETS, guide } from './scripts/guide/plugin.ts'
import { precompress } from './scripts/precompress.ts'
import { preloadApp } from './scripts/preload-app.ts'
import { serviceWorker } from './scripts/service-worker.ts'
import { shellPage } from './scripts/shell-page.ts'

/** Where `bun run --cwd ui dev` finds a running server. */
const server = process.env.MC_DEV_SERVER ?? 'http://127.0.0.1:3000'

/** `--mode shell`: the files of the wrapped app, which brings them along. Else those that the server sends. */
export default defineConfig(({ mode }) => ({
  plugins: [
    vue({ template: { transformAssetUrls } }),
    quasar(),
    ...(mode === 'shell' ? [shellPage()] : [preloadApp(), guide(), serviceWorker(), precompress()]),
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
    outDir: mode === 'shell' ? 'mobile/www' : 'dist',
    manifest: true,
    target: 'es2022',
    // Fonts and pictures stay files: the content policy allows no `data:` fonts, and a file is cached once.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Small modules of every page are one file: each file has half a kilobyte of headers.
    rolldownOptions: {
      input: { index: 'index.html', guide: 'src/guide/guide.ts' },
      output: {
        // Beside the pages of the guide, out of what the app keeps on a device.
        entryFileNames: ({ name }) => `${name === 'guide' ? GUIDE_ASSETS : 'assets'}/[name]-[hash].js`,
        assetFileNames: ({ names }) =>
          `${names.includes('guide.css') ? GUIDE_ASSETS : 'assets'}/[name]-[hash][extname]`,
        advancedChunks: {
          groups: [
            {
              name: 'gate',
              test: /src\/contracts\/ids\.ts|ui\/src\/(composables\/(now|session|session-keeper|arrival|title|form)\.ts|stores\/theme\.ts|components\/base\/(Icon|Notice|SubmitButton|TextField|WordMark)\.vue|components\/base\/writes\.ts|layouts\/GateLayout\.vue)/,
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
      '/docs': { target: server },
      '/version': { target: server },
      '/ready': { target: server },
    },
  },
}))
