import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import type { TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import { violationsInBothThemes } from './support/axe.ts'
import { hasBrowser, launch, visit } from './support/browser.ts'
import { startEmpty } from './support/server.ts'

const WINDOWS = { desk: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } } as const
/** One of each kind: lists, pictures, tables, diagrams, code, a folder, headings by the hundred. */
const PAGES = [
  '',
  'tours/trying-it',
  'tours/writing-an-agent',
  'guides/for-humans',
  'architecture',
  'self-hosting',
  'decisions/',
  'spec/actors',
  'api',
]

describe.skipIf(!hasBrowser)('the guide', () => {
  let server: TestServer
  let browser: Browser

  beforeAll(async () => {
    await buildApp()
    // Below a path, so that an address that begins at the root of the host is found.
    server = await startEmpty({ env: { MC_BASE_PATH: '/mc' } })
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })
  const guide = () => `${server.url}/mc/docs/guide`

  test('leads from every page to every other, and each address leads to something', async () => {
    const seen = new Map<string, string>()
    const waiting = [`${guide()}/`]
    const broken: string[] = []
    for (let url = waiting.pop(); url !== undefined; url = waiting.pop()) {
      const answer = await fetch(url)
      const html = await answer.text()
      seen.set(url, html)
      if (answer.status !== 200 || !answer.headers.get('Content-Type')?.startsWith('text/html'))
        broken.push(`${url}: ${answer.status}`)
      for (const [, target = ''] of html.matchAll(/ href="([^"]*)"/g)) {
        const to = new URL(target, url)
        to.hash = ''
        if (!to.href.startsWith(`${guide()}/`) || to.pathname.includes('/assets/')) continue
        if (!seen.has(to.href) && !waiting.includes(to.href)) waiting.push(to.href)
      }
    }
    const names = [...new Bun.Glob('**/*.md').scanSync({ cwd: `${import.meta.dir}/../../docs` })]
    expect(seen.size).toBe(names.length)
    const files = new Set<string>()
    for (const [url, html] of seen)
      for (const [, target = ''] of html.matchAll(/ (?:href|src|srcset)="([^"]*)"/g)) {
        const to = new URL(target, url)
        if (to.origin !== server.url) continue
        const page = new URL(to)
        page.hash = ''
        const id = decodeURIComponent(to.hash.slice(1))
        if (seen.has(page.href) && id !== '' && !seen.get(page.href)?.includes(` id="${id}"`))
          broken.push(`${url}: ${target}`)
        if (!seen.has(page.href)) files.add(page.href)
      }
    for (const file of files) {
      const { status } = await fetch(file)
      if (status !== 200) broken.push(`${file}: ${status}`)
    }
    expect(broken).toEqual([])
  })

  test('has its first page at the address without a slash too; what it lacks is not found', async () => {
    const answer = await fetch(guide(), { redirect: 'manual' })
    expect([answer.status, answer.headers.get('Location')]).toEqual([308, '/mc/docs/guide/'])
    for (const path of ['/nothing', '/../guide.html', '/spec', '/assets/none.js', '/%2e%2e/index.html']) {
      const refused = await fetch(`${guide()}${path}`)
      expect([path, refused.status]).toEqual([path, 404])
      expect(await refused.json()).toMatchObject({ error: { code: 'NOT_FOUND' } })
    }
  })

  for (const [name, viewport] of Object.entries(WINDOWS))
    test(`has nothing that axe finds, asks no other host, and nothing is wider than the window: ${name}`, async () => {
      const { page, context, complaints } = await visit(browser, { viewport })
      const elsewhere: string[] = []
      page.on('request', (request) => {
        if (!request.url().startsWith(server.url)) elsewhere.push(request.url())
      })
      for (const path of PAGES) {
        await page.goto(`${guide()}/${path}`)
        await page.locator('.find input').waitFor()
        expect([path, await violationsInBothThemes(page)]).toEqual([path, []])
        expect([path, await page.evaluate('document.documentElement.scrollWidth <= innerWidth')]).toEqual([
          path,
          true,
        ])
      }
      expect([complaints, elsewhere]).toEqual([[], []])
      await context.close()
    })

  test('finds a word, by the keyboard alone, and says so when there is none', async () => {
    const { page, context } = await visit(browser)
    await page.goto(`${guide()}/tours/trying-it`)
    await page.locator('.find input').waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('fencing token')
    await page
      .getByRole('status')
      .filter({ hasText: /\d+ places?/ })
      .waitFor()
    expect(await violationsInBothThemes(page)).toEqual([])
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/mc\/docs\/guide\/architecture/)
    await page.keyboard.press('/')
    await page.keyboard.type('xyzzy')
    await page.getByRole('status').filter({ hasText: 'Nothing has “xyzzy”.' }).waitFor()
    await page.keyboard.press('Escape')
    await page.locator('.found').waitFor({ state: 'hidden' })
    await context.close()
  })

  test('copies code, and opens its contents on a phone', async () => {
    const { page, context } = await visit(browser, {
      viewport: WINDOWS.phone,
      permissions: ['clipboard-read', 'clipboard-write'],
    })
    await page.goto(`${guide()}/tours/trying-it`)
    await page.getByRole('button', { name: 'Copy' }).first().click()
    await page.getByRole('button', { name: 'Copied' }).waitFor()
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe('npm run demo\n')
    const contents = page.getByRole('navigation', { name: 'Contents' })
    await contents.waitFor({ state: 'hidden' })
    await page.getByRole('link', { name: 'Contents', exact: true }).click()
    await contents.getByRole('link', { name: 'Operating' }).click()
    await page.getByRole('heading', { name: 'Tour: operating' }).waitFor()
    await context.close()
  })
})
