import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, WebSocketRoute } from 'playwright-core'
import { generalChannel, type Message, type Person, setUp } from '../support/client.ts'
import type { TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import {
  composer,
  hasBrowser,
  launch,
  openChannel,
  said,
  say,
  session,
  signIn,
  until,
  visit,
} from './support/browser.ts'
import { startEmpty } from './support/server.ts'

describe.skipIf(!hasBrowser)('writing without a connection', () => {
  let server: TestServer
  let browser: Browser
  let admin: Person
  let channel_id: string

  beforeAll(async () => {
    await buildApp()
    server = await startEmpty()
    admin = await setUp(server)
    channel_id = (await generalChannel(admin)).id
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  test('the queue survives a reload and is sent once, in order', async () => {
    const { page, context, complaints } = await visit(browser)
    let away = false
    const open = new Set<WebSocketRoute>()
    // The page itself stays reachable: a reload needs it.
    await context.routeWebSocket(/\/channels\/ws(\?|$)/, (socket) => {
      if (away) {
        void socket.close({ code: 1012 })
        return
      }
      socket.connectToServer()
      open.add(socket)
    })
    // With a live stream the chat would go over HTTP.
    await context.route(/\/events\/stream/, (route) => route.abort())
    await session(page, server.url, 'ines@example.com')
    await openChannel(page, server.url, 'fieldnote', channel_id)
    await say(page, 'before')
    await until('it is stored', stored, (texts) => texts.length === 1)
    // The page has its acknowledgement, too: else it would wait with the others.
    await page.locator('.own').first().waitFor({ state: 'detached' })

    away = true
    for (const socket of open) await socket.close({ code: 1012 })
    await page.getByText('No connection since').waitFor()
    const written = ['one', 'two', 'three']
    for (const text of written) await say(page, text)
    await page.getByText('Waiting for the connection, 3 of 3').waitFor()
    expect(await stored()).toEqual(['before'])

    await page.reload()
    await composer(page).waitFor()
    await page.getByText('Waiting for the connection, 1 of 3').waitFor()
    expect(await said(page)).toEqual(['before', ...written])
    await page.getByText('3 messages are sent in order').waitFor()

    away = false
    await page.getByRole('button', { name: 'Try now' }).click()
    await until('all are stored', stored, (texts) => texts.length === 4)
    await page.locator('.own').first().waitFor({ state: 'detached' })
    expect(await stored()).toEqual(['before', ...written])
    expect(await said(page)).toEqual(['before', ...written])

    // Another reload finds nothing left to send.
    await page.reload()
    await page.getByText('Chat live').waitFor()
    await say(page, 'after')
    await until('it is stored', stored, (texts) => texts.length >= 5)
    expect(await stored()).toEqual(['before', ...written, 'after'])
    expect(complaints).toEqual([])
    await context.close()
  })

  test('without a connection one still goes from page to page, and nobody is said to be here', async () => {
    const { page, context, complaints } = await visit(browser)
    await session(page, server.url, 'ines@example.com')
    await openChannel(page, server.url, 'fieldnote', channel_id)
    await page.getByRole('link', { name: /Members.*1 here now/ }).waitFor()
    // The pages of the org are loaded ahead.
    await until(
      'the members page is on the device',
      async () =>
        await page.evaluate(
          "performance.getEntriesByType('resource').filter(({ name }) => /SettingsPage.*js$/.test(name)).length",
        ),
      (count) => count === 1,
    )
    await context.setOffline(true)
    await page.getByText('No connection since').waitFor()
    const below = async () => {
      const [head, banner] = await Promise.all([
        page.locator('.roomhead, .head').first().boundingBox(),
        page.locator('.banner').boundingBox(),
      ])
      return (banner?.y ?? 0) - (head?.y ?? 0) - (head?.height ?? 0)
    }
    expect(await below()).toBeGreaterThanOrEqual(0)
    await page.getByRole('link', { name: 'Members', exact: true }).click()
    await page.getByRole('row', { name: /Ines Carvalho/ }).waitFor()
    expect(await below()).toBeGreaterThanOrEqual(0)
    expect(await page.getByText('here now').count()).toBe(0)

    // A page that is not on the device says so, and opens when the server answers again.
    const organizations = async () => {
      await page.getByRole('button', { name: /^Organization/ }).click()
      await page.getByRole('menuitem', { name: 'All organizations' }).click()
    }
    await organizations()
    await page.getByText('Page not opened').waitFor()
    await page.getByRole('row', { name: /Ines Carvalho/ }).waitFor()
    await context.setOffline(false)
    await page.getByRole('button', { name: 'Close' }).click()
    await organizations()
    await page.getByRole('heading', { name: 'Your organizations' }).waitFor()
    expect(await page.locator('.gatepage').evaluate((one) => getComputedStyle(one).display)).toBe('grid')
    expect(complaints).toEqual([])
    await context.close()
  })

  test('what could not be read is read again by itself', async () => {
    const { page, context } = await visit(browser, { serviceWorkers: 'allow' })
    await signIn(page, server.url, 'ines@example.com')
    const lists = /\/orgs\/fieldnote\/channels(\?|$)/
    await page.route(lists, (route) => route.abort())
    await page.goto(`${server.url}/o/fieldnote/channels/${channel_id}`)
    await page.getByText('The channels could not be read.').waitFor()
    await page.unroute(lists)
    await composer(page).waitFor()
    await page.getByText('Chat live').waitFor()
    await context.close()
  })

  test('messages that came in the meantime are caught up and counted', async () => {
    const { page, context } = await visit(browser)
    let away = false
    const open = new Set<WebSocketRoute>()
    await context.routeWebSocket(/\/channels\/ws(\?|$)/, (socket) => {
      if (away) {
        void socket.close({ code: 1012 })
        return
      }
      socket.connectToServer()
      open.add(socket)
    })
    await context.route(/\/events\/stream/, (route) => route.abort())
    await session(page, server.url, 'ines@example.com')
    await openChannel(page, server.url, 'fieldnote', channel_id)
    away = true
    for (const socket of open) await socket.close({ code: 1012 })
    await page.getByText('No connection since').waitFor()
    for (const content of ['while', 'you were', 'away'])
      await admin.in('POST', `/channels/${channel_id}/messages`, { content })
    away = false
    await page.getByRole('button', { name: 'Try now' }).click()
    await page.getByText('Reconnected. 3 messages caught up.').waitFor()
    // They are counted when the connection is back, and follow it.
    await until(
      'they are on the page',
      async () => (await said(page)).slice(-3),
      (texts) => texts.join() === 'while,you were,away',
    )
    await context.close()
  })

  test('a new server version shows a notice until the reload', async () => {
    const { page, context } = await visit(browser, { serviceWorkers: 'allow' })
    let version: string | undefined
    await context.route('**/version', async (route) => {
      // While the server restarts there is no answer, and the page asks again.
      const answer = await route.fetch().catch(() => undefined)
      if (!answer) return await route.abort()
      const body: object = await answer.json()
      await route.fulfill({ response: answer, json: version === undefined ? body : { ...body, version } })
    })
    await session(page, server.url, 'ines@example.com')
    await openChannel(page, server.url, 'fieldnote', channel_id)
    version = '99.0.0'
    await server.restart()
    await page.getByText('A new version is on the server.').waitFor()
    await page.getByText('Server 99.0.0').waitFor()
    await page.getByRole('button', { name: 'Reload to update' }).click()
    await page.getByText('Chat live').waitFor()
    expect(await page.getByText('A new version is on the server.').count()).toBe(0)
    await context.unrouteAll({ behavior: 'ignoreErrors' })
    await context.close()
  })

  test('an old session token is renewed by one tab, and the page never notices', async () => {
    const { page, context, complaints } = await visit(browser)
    await session(page, server.url, 'ines@example.com')
    await openChannel(page, server.url, 'fieldnote', channel_id)
    const token = async () => (await context.cookies()).find(({ name }) => name.endsWith('mc_session'))?.value
    // The app has not signed in itself, so it renews the token when it starts.
    await until(
      'the first renewal is over',
      () => page.evaluate('localStorage.getItem("mc.refreshed_at")'),
      (at) => at !== null,
    )
    const before = await token()
    let renewals = 0
    context.on('request', (request) => {
      if (request.url().endsWith('/auth/refresh')) renewals++
    })
    await page.evaluate('localStorage.setItem("mc.refreshed_at", "0")')
    const other = await context.newPage()
    await Promise.all([page.reload(), openChannel(other, server.url, 'fieldnote', channel_id)])
    await until('the token is another', token, (now) => now !== undefined && now !== before)
    for (const one of [page, other]) await one.getByText('Chat live').waitFor()
    await say(page, 'with the new token')
    await until('it is stored', stored, (texts) => texts.at(-1) === 'with the new token')
    expect(renewals).toBe(1)
    expect(complaints).toEqual([])
    await context.close()
  })

  async function stored(): Promise<string[]> {
    const { body } = await admin.in<{ data: Message[] }>('GET', `/channels/${channel_id}/messages?limit=200`)
    return body.data.map(({ content }) => content).reverse()
  }
})
