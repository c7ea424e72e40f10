/**
 * The whole app behind a proxy, with TLS and without: below a path of a host that the proxy keeps or strips, and at the root.
 * The proxy answers every other path of the host with 404 and notes it: nothing of the app may ask for one.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, BrowserContext } from 'playwright-core'
import { PASSWORD } from '../support/client.ts'
import { type PathProxy, startPathProxy } from '../support/path-proxy.ts'
import { freePort, type TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import { composer, hasBrowser, launch, newPage, say, until, visit, waitForText } from './support/browser.ts'
import { startEmpty } from './support/server.ts'

const WAYS = [
  { path: '', prefix: 'kept', tls: true, cookie: '__Host-' },
  { path: '/mc', prefix: 'kept', tls: true, cookie: '__Secure-' },
  { path: '/tools/mc', prefix: 'stripped', tls: false, cookie: '' },
] as const

describe.skipIf(!hasBrowser).each(WAYS)('below “$path”, $prefix by the proxy, TLS: $tls', (way) => {
  let proxy: PathProxy
  let server: TestServer
  let browser: Browser
  let context: BrowserContext
  let at: string

  beforeAll(async () => {
    await buildApp()
    const port = freePort()
    proxy = await startPathProxy({ ...way, target: () => port })
    at = proxy.origin + way.path
    server = await startEmpty({
      port,
      env: { MC_BASE_PATH: `${way.path}/`, MC_PUBLIC_URL: proxy.origin, MC_TRUSTED_PROXIES: '127.0.0.0/8' },
    })
    // The certificate is nobody's: a service worker is fetched without the consent that a page may have.
    browser = await launch(way.tls ? ['--ignore-certificate-errors'] : [])
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
    await proxy?.stop()
  })

  test('set-up, chat, events, deep links, sign-out, sign-in and the document of the API work', async () => {
    const visited = await visit(browser, { serviceWorkers: 'allow', ignoreHTTPSErrors: true })
    const { page, complaints } = visited
    context = visited.context
    expect(server.log()).toContain(`${at}/setup?token=`)
    const first = await page.goto(`${at}/setup?token=${server.setup_token}`)
    expect('strict-transport-security' in (first?.headers() ?? {})).toBe(way.tls)
    await page.getByLabel('Name').first().fill('Ines Carvalho')
    await page.getByLabel('E-mail').fill('ines@example.com')
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await page.getByLabel('Name').nth(1).fill('Fieldnote')
    await page.getByRole('button', { name: 'Create organization' }).click()
    await page.waitForURL(/\/o\/fieldnote\/channels\/[0-9a-f-]+$/)
    expect(page.url()).toStartWith(`${at}/o/fieldnote/channels/`)
    await page.getByText('Events live').waitFor()
    await page.getByText('Chat live').waitFor()
    await composer(page).waitFor()
    await say(page, 'below a path')
    await waitForText(page, 'below a path')
    await page.reload()
    await waitForText(page, 'below a path')

    const invite = page.getByRole('dialog')
    await page.goto(`${at}/o/fieldnote/settings/members`)
    await page.getByRole('button', { name: 'Invite person' }).click()
    await invite.getByLabel('E-mail').fill('ana@example.com')
    await invite.getByLabel('Name').fill('Ana Lima')
    await invite
      .getByRole('button', { name: /invite/i })
      .last()
      .click()
    await page.getByText(`${at}/invite/`).first().waitFor()

    await page.goto(`${at}/docs`)
    await page.getByText('Sign in with e-mail and password').waitFor()
    await page.goto(at)
    await page.waitForURL(new RegExp(`${way.path}/o/fieldnote/`))
    await page.getByRole('button', { name: /^Account/ }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.waitForURL(/\/login/)
    expect(page.url()).toStartWith(`${at}/login`)
    await page.goto(`${at}/o/fieldnote/tasks`)
    await page.waitForURL(/\/login\?return_to=/)
    await page.getByLabel('E-mail').fill('ines@example.com')
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByRole('heading', { name: 'Tasks', level: 1 }).waitFor()
    expect(page.url()).toBe(`${at}/o/fieldnote/tasks`)
    expect(complaints).toEqual([])
  })

  test('the cookies are sent below the path only, as the scheme allows', async () => {
    const cookies = (await context.cookies(at)).filter(({ name }) => name.includes('mc_'))
    expect(cookies.length).toBeGreaterThanOrEqual(3)
    for (const { name, path, secure, sameSite, httpOnly } of cookies) {
      expect([name, path, secure, sameSite]).toEqual([name, way.path || '/', way.tls, 'Lax'])
      expect([name, name.slice(0, name.indexOf('mc_'))]).toEqual([name, way.cookie])
      expect([name, httpOnly]).toEqual([name, !name.includes('csrf')])
    }
    if (way.path !== '') expect(await context.cookies(`${proxy.origin}/`)).toEqual([])
  })

  test('the service worker controls the path only, and starts the app without a server', async () => {
    const complaints: string[] = []
    const page = await newPage(context, complaints)
    await page.goto(`${at}/o/fieldnote/tasks`)
    await page.getByRole('heading', { name: 'Tasks', level: 1 }).waitFor()
    // Two servers on one host are two apps: the identity is the address of the start, so the manifest names none.
    const devtools = await context.newCDPSession(page)
    expect((await devtools.send('Page.getAppId')).appId).toBe(`${at}/`)
    const scope = () =>
      page.evaluate(
        async () =>
          (await navigator.serviceWorker.getRegistration())?.active &&
          (await navigator.serviceWorker.ready).scope,
      )
    expect(await until('the app is on the device', scope, (found) => typeof found === 'string')).toBe(
      `${at}/`,
    )
    const kept = () => page.evaluate(async () => (await caches.keys()).join())
    expect(await until('its files are kept', kept, (names) => names !== '')).toStartWith(
      `mission-control ${way.path}/ `,
    )
    await server.kill('SIGTERM')
    await page.reload()
    // With what was read on this device, if that was stored already.
    await page
      .getByText(/^No connection/)
      .first()
      .waitFor()
    await server.restart()
    await page.reload()
    await page.getByText('Events live').waitFor()

    expect(complaints).toEqual([])
    await page.close()
  })

  test('nothing asked for a path outside, and the server says so by its own port, too', async () => {
    expect(proxy.outside).toEqual([])
    for (const path of ['/health', `${way.path}/health`])
      expect((await fetch(server.url + path)).status).toBe(200)
    const alike = await fetch(`${server.url}${way.path || '/mc'}x/health`)
    expect(alike.headers.get('content-type')).toContain('text/html')
    const document = (await (await fetch(`${server.url}/docs/json`)).json()) as { servers?: unknown }
    expect(document.servers).toEqual(way.path === '' ? undefined : [{ url: way.path }])
    await context.close()
  })
})
