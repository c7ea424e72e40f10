import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { generalChannel, setUp } from '../support/client.ts'
import type { TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import { hasBrowser, launch, openChannel, say, signIn, visit } from './support/browser.ts'
import { startEmpty } from './support/server.ts'

/** What the sign-in page may transfer in all: files, fonts, answers and their headers. */
const SIGN_IN_BYTES_MAX = 200 * 1024

describe.skipIf(!hasBrowser)('the app on the wire and on the device', () => {
  let server: TestServer
  let browser: Browser
  let channel_id: string

  beforeAll(async () => {
    await buildApp()
    server = await startEmpty()
    channel_id = (await generalChannel(await setUp(server))).id
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  test('sign-in transfers no more than 200 KiB in all, with its text in a content coding', async () => {
    const { page, context, complaints } = await visit(browser)
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
    const { page, context } = await visit(browser)
    await context.route('**/*.js', () => undefined)
    await page.goto(`${server.url}/login`, { waitUntil: 'commit' })
    await page.getByText('Mission Control').waitFor()
    await context.close()
  })

  test('the manifest makes it installable', async () => {
    const { page, context } = await visit(browser)
    await page.goto(`${server.url}/login`)
    const devtools = await context.newCDPSession(page)
    const { data, errors } = await devtools.send('Page.getAppManifest')
    expect(errors).toEqual([])
    const { icons } = JSON.parse(data ?? '{}') as { icons: { src: string }[] }
    for (const { src } of icons) expect((await fetch(server.url + src)).status).toBe(200)
    const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors')
    expect(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito')).toEqual([])
    await context.close()
  })

  test('it starts without a server, says so, and goes on when the server is back', async () => {
    const { page, context, complaints } = await visit(browser)
    await page.goto(`${server.url}/login`)
    expect(await workers(page)).toBe(0)
    await signIn(page, server.url, 'ines@example.com')
    await openChannel(page, server.url, 'fieldnote', channel_id)
    await say(page, 'before the stop')
    await page.evaluate(async () => void (await navigator.serviceWorker.ready))
    await server.kill('SIGTERM')
    // A page that was never opened.
    await page.getByRole('button', { name: /^Organization/ }).click()
    await page.getByRole('menuitem', { name: 'All organizations' }).click()
    await page.getByRole('heading', { name: 'Your organizations' }).waitFor()
    await page.goBack()
    await page.reload()
    await page.getByRole('heading', { name: 'No connection' }).waitFor()
    await server.restart()
    await page.getByRole('button', { name: 'Try now' }).click()
    await page.getByText('before the stop').waitFor()
    expect(complaints).toEqual([])
    await context.close()
  })
})

async function workers(page: Page): Promise<number> {
  return await page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length)
}
