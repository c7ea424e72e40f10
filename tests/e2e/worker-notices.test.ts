import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, BrowserContext, Page, Worker } from 'playwright-core'
import type { Message } from '../../src/contracts/resources.ts'
import { generalChannel, join, type Person, setUp } from '../support/client.ts'
import type { TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import { hasBrowser, launch, signIn, until, visit } from './support/browser.ts'
import { startEmpty } from './support/server.ts'

/** Lets a test hide the page, which is when notifications of the browser are shown. */
const HIDEABLE = `
  let hidden = false
  Object.defineProperty(document, 'visibilityState', { get: () => (hidden ? 'hidden' : 'visible') })
  window.hide = (now) => { hidden = now; document.dispatchEvent(new Event('visibilitychange')) }
  localStorage.setItem('mc.browser_notifications', 'true')
`

interface Shown {
  title: string
  body: string
  tag: string
  path: string
}

/** The part of the worker's scope that is asked: the types of the DOM do not know it. */
interface Clients {
  matchAll(): Promise<readonly unknown[]>
}

describe.skipIf(!hasBrowser)('notifications by the service worker', () => {
  let server: TestServer
  let browser: Browser
  let admin: Person
  let ana: Person
  let general: string

  beforeAll(async () => {
    await buildApp()
    server = await startEmpty()
    admin = await setUp(server)
    ana = await join(admin, 'Ana Lima')
    general = (await generalChannel(admin)).id
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  /** Ana's page, away from the channel and hidden, with the service worker at work. */
  async function hiddenPage(): Promise<{
    context: BrowserContext
    page: Page
    worker: Worker
    complaints: string[]
  }> {
    const { page, context, complaints } = await visit(browser, { serviceWorkers: 'allow' })
    await context.grantPermissions(['notifications'], { origin: server.url })
    await context.addInitScript(HIDEABLE)
    await signIn(page, server.url, 'ana.lima@example.com')
    await page.evaluate(async () => void (await navigator.serviceWorker.ready))
    await page.goto(`${server.url}/o/fieldnote/tasks`)
    await page.getByText('Events live').waitFor()
    await until(
      'the worker has the page',
      () => page.evaluate(() => navigator.serviceWorker.controller !== null),
      Boolean,
    )
    await page.evaluate('window.hide(true)')
    const [worker] = context.serviceWorkers()
    if (!worker) throw new Error('there is no service worker')
    return { context, page, worker, complaints }
  }

  const shown = (worker: Worker) =>
    worker.evaluate(async () => {
      const { registration } = self as unknown as { registration: ServiceWorkerRegistration }
      const all = await registration.getNotifications()
      return all.map(({ title, body, tag, data }) => ({ title, body, tag, path: data.path }) as Shown)
    })

  /** A click on the notification, as the browser tells the worker. Only a real one may focus a window: that is noted instead. */
  const click = (worker: Worker) =>
    worker.evaluate(async () => {
      const scope = self as unknown as {
        registration: ServiceWorkerRegistration
        clients: { openWindow(url: string): Promise<unknown> }
        opened: string[]
        dispatchEvent(event: Event): boolean
      }
      scope.opened = []
      scope.clients.openWindow = async (url) => void scope.opened.push(url)
      const [notification] = await scope.registration.getNotifications()
      const Click = Reflect.get(self, 'NotificationEvent') as new (type: string, init: object) => Event
      scope.dispatchEvent(new Click('notificationclick', { notification }))
    })
  const opened = (worker: Worker) => worker.evaluate(() => Reflect.get(self, 'opened') as string[])

  /** The app is closed; its page may outlive the navigation by a moment. */
  async function leave(page: Page, worker: Worker): Promise<void> {
    await page.goto('about:blank')
    await until(
      'the worker has no page',
      () =>
        worker.evaluate(
          async () => (await (self as unknown as { clients: Clients }).clients.matchAll()).length,
        ),
      (pages) => pages === 0,
    )
  }

  async function mention(): Promise<number> {
    const content = '@ana-lima look here'
    return (await admin.in<Message>('POST', `/channels/${general}/messages`, { content })).body.seq
  }

  test('stand while the page is hidden, and a click opens the place and marks it as read', async () => {
    const { context, page, worker, complaints } = await hiddenPage()
    const seq = await mention()
    const [one] = await until(
      'it is shown',
      () => shown(worker),
      (all) => all.length === 1,
    )
    expect(one).toMatchObject({
      path: `/o/fieldnote/channels/${general}?seq=${seq}`,
      body: 'in general',
    })
    expect(one?.title).toContain('Ines Carvalho')
    await page.evaluate('window.hide(false)')
    await click(worker)
    await page.waitForURL(new RegExp(`/channels/${general}\\?seq=${seq}$`))
    await until(
      'it is gone',
      () => shown(worker),
      (all) => all.length === 0,
    )
    await until(
      'it is read',
      async () =>
        (await ana.in<{ data: { read_at: string | null }[] }>('GET', '/notifications?per_page=1')).body.data,
      ([notification]) => notification?.read_at !== null,
    )
    expect(await opened(worker)).toEqual([])
    expect(complaints).toEqual([])
    await context.close()
  })

  test('outlive their page: a click opens the place in another page of the app, or in a new window', async () => {
    const { context, page, worker } = await hiddenPage()
    const seq = await mention()
    await until(
      'it is shown',
      () => shown(worker),
      (all) => all.length === 1,
    )
    // Loaded anew, the page knows nothing of what it showed.
    await page.goto(`${server.url}/o/fieldnote/tasks`)
    await page.getByText('Events live').waitFor()
    await click(worker)
    await page.waitForURL(new RegExp(`/channels/${general}\\?seq=${seq}$`))
    await page.goto(`${server.url}/o/fieldnote/tasks`)
    await page.getByText('Events live').waitFor()
    await page.evaluate('window.hide(true)')
    const next = await mention()
    await until(
      'it is shown',
      () => shown(worker),
      (all) => all.length === 1,
    )
    await leave(page, worker)
    await click(worker)
    await until(
      'a window is opened',
      () => opened(worker),
      (urls) => urls.join() === `/o/fieldnote/channels/${general}?seq=${next}`,
    )
    await context.close()
  })

  test('never lead out of the app', async () => {
    const { context, page, worker } = await hiddenPage()
    await leave(page, worker)
    for (const path of ['https://evil.example/', '//evil.example/x', 'javascript:alert(1)']) {
      await worker.evaluate(async (to) => {
        const { registration } = self as unknown as { registration: ServiceWorkerRegistration }
        await registration.showNotification('x', { tag: 'x', data: { path: to } })
      }, path)
      await click(worker)
      await until(
        'the app is opened',
        () => opened(worker),
        (urls) => urls.join() === '/',
      )
    }
    await context.close()
  })
})
