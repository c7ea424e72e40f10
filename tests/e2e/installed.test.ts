import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { generalChannel, join, setUp } from '../support/client.ts'
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
  waitForText,
} from './support/browser.ts'
import { kept } from './support/device.ts'
import { startEmpty } from './support/server.ts'

/**
 * What the sign-in page may transfer in all: files, fonts, answers and their headers. A seventh of it are the English texts of
 * the whole app.
 */
const SIGN_IN_BYTES_MAX = 240 * 1024

describe.skipIf(!hasBrowser)('the app on the wire and on the device', () => {
  let server: TestServer
  let browser: Browser
  let channel_id: string

  beforeAll(async () => {
    await buildApp()
    server = await startEmpty()
    const ines = await setUp(server)
    await join(ines, 'Ana Lima')
    channel_id = (await generalChannel(ines)).id
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  test('sign-in transfers no more than 240 KiB in all, with its text in a content coding', async () => {
    const { page, context, complaints } = await visit(browser, { serviceWorkers: 'allow' })
    const devtools = await context.newCDPSession(page)
    await devtools.send('Network.enable')
    let bytes = 0
    devtools.on('Network.loadingFinished', ({ encodedDataLength }) => {
      bytes += encodedDataLength
    })
    const uncoded: string[] = []
    page.on('response', (answer) => {
      const { 'content-encoding': coding, 'content-length': length } = answer.headers()
      if (/\.(js|css)$/.test(answer.url()) && coding === undefined && Number(length) >= 1024)
        uncoded.push(answer.url())
    })
    await page.goto(`${server.url}/login`, { waitUntil: 'networkidle' })
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    expect(bytes).toBeGreaterThan(0)
    expect(bytes).toBeLessThanOrEqual(SIGN_IN_BYTES_MAX)
    expect(uncoded).toEqual([])
    expect(complaints).toEqual([])
    await context.close()
  })

  test('the page shows content before its first script has come', async () => {
    const { page, context } = await visit(browser, { serviceWorkers: 'allow' })
    await context.route('**/*.js', () => undefined)
    await page.goto(`${server.url}/login`, { waitUntil: 'commit' })
    await page.getByText('Mission Control').waitFor()
    await context.close()
  })

  test('the manifest makes it installable', async () => {
    const { page, context } = await visit(browser, { serviceWorkers: 'allow' })
    await page.goto(`${server.url}/login`)
    const devtools = await context.newCDPSession(page)
    const { data, errors } = await devtools.send('Page.getAppManifest')
    expect(errors).toEqual([])
    const { icons, screenshots, shortcuts } = JSON.parse(data ?? '{}') as Record<
      'icons' | 'screenshots' | 'shortcuts',
      { src: string; url: string; sizes: string; purpose?: string; form_factor?: string }[]
    >
    expect(icons.some(({ purpose }) => purpose === 'maskable')).toBe(true)
    expect(screenshots.map(({ form_factor }) => form_factor).sort()).toEqual(['narrow', 'wide'])
    for (const { src, sizes } of [...icons, ...screenshots]) {
      const answer = await fetch(new URL(src, server.url))
      expect([src, answer.status]).toEqual([src, 200])
      // Width and height of a PNG stand behind its first chunk's name.
      const header = new DataView(await answer.arrayBuffer(), 16, 8)
      expect([src, `${header.getUint32(0)}x${header.getUint32(4)}`]).toEqual([src, sizes])
    }
    expect((await devtools.send('Page.getAppId')).appId).toBe(`${server.url}/`)
    for (const { url } of shortcuts) {
      await page.goto(new URL(url, server.url).href)
      // Signed out: sign-in, and then the place.
      await page.waitForURL(/\/login/)
    }
    await session(page, server.url, 'ines@example.com')
    await page.goto(`${server.url}/o/fieldnote/channels`)
    await page.getByText('Events live').waitFor()
    for (const { url } of shortcuts) {
      await page.goto(new URL(url, server.url).href)
      await page.waitForURL(
        new RegExp(`/o/fieldnote${new URL(url, 'http://x/go/').pathname.replace('/go/go', '')}`),
      )
    }
    const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors')
    expect(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito')).toEqual([])
    await context.close()
  })

  test('it starts without a server with what was read on the device, and goes on when the server is back', async () => {
    const { page, context, complaints } = await visit(browser, { serviceWorkers: 'allow' })
    await page.goto(`${server.url}/login`)
    expect(await workers(page)).toBe(0)
    await session(page, server.url, 'ines@example.com')
    await openChannel(page, server.url, 'fieldnote', channel_id)
    await say(page, 'before the stop')
    await page.evaluate(async () => void (await navigator.serviceWorker.ready))
    await until(
      'the message is on the device',
      () => kept(page),
      (text) => text.includes('before the stop'),
    )
    await composer(page).fill('half a thought')
    const drafts = () => page.evaluate('Object.values(localStorage).join()')
    await until('the draft is stored', drafts, (values) => String(values).includes('half a thought'))
    await server.kill('SIGTERM')
    // A page that was never opened.
    await page.getByRole('button', { name: /^Organization/ }).click()
    await page.getByRole('menuitem', { name: 'All organizations' }).click()
    await page.getByRole('heading', { name: 'Your organizations' }).waitFor()
    await page.goto(server.url)
    await page.getByText('No connection. You see what was on this device.').waitFor()
    await waitForText(page, 'before the stop')
    expect(await composer(page).inputValue()).toBe('half a thought')
    // Reloaded in the same task: the message has no time to reach a database.
    await composer(page).fill('written offline')
    await composer(page).evaluate((field: HTMLElement) => {
      field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }))
      location.reload()
    })
    await page.getByText('Waiting for the connection').waitFor()
    await waitForText(page, 'before the stop')
    await page.getByRole('link', { name: /^Members/ }).click()
    await page.getByRole('row', { name: /Ines Carvalho/ }).waitFor()
    await page.goBack()
    await server.restart()
    await page.getByText('Chat live').waitFor()
    await page.getByText('No connection. You see').waitFor({ state: 'detached' })
    await page.locator('.own').waitFor({ state: 'detached' })
    expect(await said(page)).toEqual(['before the stop', 'written offline'])
    expect(complaints).toEqual([])
    await context.close()
  })

  test('what was read goes from the device at sign-out, and is never shown to the next person', async () => {
    const { page, context } = await visit(browser, { serviceWorkers: 'allow' })
    await session(page, server.url, 'ines@example.com')
    await openChannel(page, server.url, 'fieldnote', channel_id)
    await until(
      'a message is on the device',
      () => kept(page),
      (text) => text.includes('before the stop'),
    )
    await page.getByRole('button', { name: /^Account/ }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.waitForURL(/\/login/)
    expect(await kept(page)).toBe('[]')
    await context.setOffline(true)
    await page.goto(`${server.url}/o/fieldnote/channels/${channel_id}`)
    await page.getByRole('heading', { name: 'No connection' }).waitFor()
    await context.setOffline(false)
    // Another person in the same browser, while the first one's session is replaced.
    await session(page, server.url, 'ines@example.com')
    await openChannel(page, server.url, 'fieldnote', channel_id)
    await until(
      'a message is on the device',
      () => kept(page),
      (text) => text.includes('before the stop'),
    )
    await signIn(page, server.url, 'ana.lima@example.com')
    await page.getByRole('button', { name: 'Account: Ana Lima' }).waitFor()
    await until(
      'the first person’s are gone',
      () => kept(page),
      (text) => !text.includes('ines@example.com"'),
    )
    await context.close()
  })
})

async function workers(page: Page): Promise<number> {
  return await page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length)
}
