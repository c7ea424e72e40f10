import { GlobalRegistrator } from '@happy-dom/global-registrator'
import { plugin } from 'bun'

/**
 * A document for tests of components: imported first by those that need it, so that tests of pure modules run without.
 * Compiles `.vue` files, takes Quasar's browser build (Bun would choose the one for servers), and leaves Bun's own
 * network classes in place.
 */
const { fetch, WebSocket, Response, Request, Headers, ReadableStream, structuredClone } = globalThis
if (!GlobalRegistrator.isRegistered) {
  GlobalRegistrator.register({ url: 'http://localhost/' })
  Object.assign(globalThis, { fetch, WebSocket, Response, Request, Headers, ReadableStream, structuredClone })
  Object.defineProperty(window.screen, 'orientation', {
    value: { type: 'landscape-primary', angle: 0, addEventListener() {}, removeEventListener() {} },
  })
}

plugin({
  name: 'vue components',
  setup(build) {
    const quasar = import.meta.resolve('quasar/dist/quasar.client.js')
    build.module('quasar', async () => ({ exports: await import(quasar), loader: 'object' }))
    build.onLoad({ filter: /\.svg$/ }, () => ({ contents: 'export default "/icons.svg"', loader: 'js' }))
    build.onLoad({ filter: /\.vue$/ }, async ({ path }) => {
      const { compileScript, compileTemplate, parse } = await import('vue/compiler-sfc')
      const { descriptor } = parse(await Bun.file(path).text(), { filename: path })
      const id = Bun.hash(path).toString(16)
      if (descriptor.scriptSetup) {
        const { content } = compileScript(descriptor, { id, inlineTemplate: true, genDefaultAs: '_sfc' })
        return { contents: `${content}\nexport default _sfc`, loader: 'ts' }
      }
      const { code } = compileTemplate({ id, filename: path, source: descriptor.template?.content ?? '' })
      return { contents: `${code}\nexport default { render }`, loader: 'ts' }
    })
  },
})
