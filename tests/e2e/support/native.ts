import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { PASSWORD } from '../../support/client.ts'

const MOBILE = join(import.meta.dir, '..', '..', '..', 'ui', 'mobile', 'www')
const BRIDGE = join(
  import.meta.dir,
  '..',
  '..',
  '..',
  'ui/node_modules/@capacitor/android/capacitor/src/main/assets/native-bridge.js',
)

/** The files of the wrapped app as the system serves them: on an origin of their own, and its page for every path of a page. */
export function serveShell(): { url: string; stop(): Promise<void> } {
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      const { pathname } = new URL(request.url)
      const file = Bun.file(join(MOBILE, pathname))
      const is_page = !pathname.slice(pathname.lastIndexOf('/')).includes('.')
      if (!is_page && !(await file.exists())) return new Response(null, { status: 404 })
      return new Response(is_page ? Bun.file(join(MOBILE, 'index.html')) : file)
    },
  })
  return { url: `http://127.0.0.1:${server.port}`, stop: () => server.stop(true) }
}

interface Call {
  callbackId: string
  pluginId: string
  methodName: string
  options: Record<string, unknown>
}

/** The methods of the plugins, as the native side of the app lists them for the page. */
const HEADERS = [
  {
    name: 'App',
    methods: [{ name: 'addListener' }, { name: 'removeListener' }, { name: 'minimizeApp', rtype: 'promise' }],
  },
  { name: 'Preferences', methods: ['get', 'set', 'remove'].map((name) => ({ name, rtype: 'promise' })) },
  {
    name: 'SecureStorage',
    methods: ['internalGetItem', 'internalSetItem', 'internalRemoveItem'].map((name) => ({
      name,
      rtype: 'promise',
    })),
  },
]

/** The system around the app: Capacitor's own bridge in the page, with this on the other side of it instead of Android. */
export class Native {
  readonly settings = new Map<string, string>()
  readonly secrets = new Map<string, string>()
  /** Times that the app gave the screen back. */
  left = 0
  readonly #listeners = new Map<string, string>()

  async install(context: BrowserContext): Promise<void> {
    await context.exposeBinding('nativeSide', (_, json: string) => this.#called(JSON.parse(json)))
    await context.addInitScript(
      `window.androidBridge = { postMessage: (json) => window.nativeSide(json).then((reply) => reply && window.androidBridge.onmessage({ data: reply })) };
      window.Capacitor = { DEBUG: false, isLoggingEnabled: false };
      ${readFileSync(BRIDGE, 'utf8')};
      window.Capacitor.PluginHeaders = ${JSON.stringify(HEADERS)};`,
    )
  }

  /** An event of the App plugin. */
  async emit(
    page: Page,
    event: 'backButton' | 'appUrlOpen',
    data: Record<string, unknown> = {},
  ): Promise<void> {
    const callbackId = this.#listeners.get(event)
    if (callbackId === undefined) throw new Error(`nobody listens to ${event}`)
    const reply = JSON.stringify({
      callbackId,
      pluginId: 'App',
      methodName: 'addListener',
      save: true,
      success: true,
      data,
    })
    await page.evaluate(
      (text) =>
        (
          window as unknown as { androidBridge: { onmessage(event: { data: string }): void } }
        ).androidBridge.onmessage({
          data: text,
        }),
      reply,
    )
  }

  #called({ callbackId, pluginId, methodName, options }: Call): string | undefined {
    if (methodName === 'addListener') {
      this.#listeners.set(String(options.eventName), callbackId)
      return undefined
    }
    const data = this.#answer(`${pluginId}.${methodName}`, options)
    return JSON.stringify({ callbackId, pluginId, methodName, success: true, data })
  }

  #answer(method: string, options: Record<string, unknown>): Record<string, unknown> {
    const key = String(options.key ?? options.prefixedKey)
    switch (method) {
      case 'App.minimizeApp':
        this.left++
        return {}
      case 'Preferences.get':
        return { value: this.settings.get(key) ?? null }
      case 'Preferences.set':
        this.settings.set(key, String(options.value))
        return {}
      case 'Preferences.remove':
        this.settings.delete(key)
        return {}
      case 'SecureStorage.internalGetItem':
        return { data: this.secrets.get(key) ?? null }
      case 'SecureStorage.internalSetItem':
        this.secrets.set(key, String(options.data))
        return {}
      case 'SecureStorage.internalRemoveItem':
        return { success: this.secrets.delete(key) }
      default:
        throw new Error(`the app has no ${method}`)
    }
  }
}

/** Chooses a server on the first page of the app. */
export async function chooseServer(page: Page, address: string): Promise<void> {
  await page.getByLabel('Address of the server').fill(address)
  await page.getByRole('button', { name: 'Use this server' }).tap()
}

export async function signInByForm(page: Page, email: string): Promise<void> {
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in', exact: true }).tap()
}
