import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { generalChannel, join, type Message, type Person, setUp } from '../support/client.ts'
import type { TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import { violations } from './support/axe.ts'
import { hasBrowser, launch, openChannel, signIn, until, visit } from './support/browser.ts'
import { startEmpty } from './support/server.ts'

const OLD = 400

describe.skipIf(!hasBrowser)('a long channel', () => {
  let server: TestServer
  let browser: Browser
  let admin: Person
  let mei: Person
  let channel_id: string

  beforeAll(async () => {
    await buildApp()
    server = await startEmpty()
    admin = await setUp(server)
    mei = await join(admin, 'Mei Lindqvist')
    channel_id = (await generalChannel(admin)).id
    // Of different heights, so that guesses are wrong.
    for (let at = 1; at <= OLD; at++) await post(mei, `number ${at}${'\n\nmore of it'.repeat(at % 5)}`)
    await admin.in('PUT', `/channels/${channel_id}/read`, { seq: OLD - 3 })
    browser = await launch()
  }, 240_000)
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  }, 60_000)

  const post = (who: Person, content: string) =>
    who.in<Message>('POST', `/channels/${channel_id}/messages`, { content })
  const row = (page: Page, at: number) =>
    page.locator('.log article', { hasText: new RegExp(`number ${at}(?!\\d)`) })
  const distance = (page: Page) =>
    page.locator('.log').evaluate((log) => log.scrollHeight - log.clientHeight - log.scrollTop)
  const top = async (page: Page, at: number) =>
    Math.round((await row(page, at).boundingBox())?.y ?? Number.NaN)

  async function opened(): Promise<Page> {
    const { page } = await visit(browser)
    await signIn(page, server.url, 'ines@example.com')
    await openChannel(page, server.url, 'fieldnote', channel_id)
    await row(page, OLD).waitFor()
    return page
  }

  test('opens at its end, with a line before what is new, and is read by being seen', async () => {
    const page = await opened()
    expect(await page.locator('.unreadline').innerText()).toMatch(/^3 new since \d\d:\d\d$/)
    await until(
      'it is at the end',
      () => distance(page),
      (px) => px < 2,
    )
    await until(
      'the marker is stored',
      async () =>
        (await admin.in<{ unread_count: number }>('GET', `/channels/${channel_id}`)).body.unread_count,
      (count) => count === 0,
    )
    expect(await page.locator('.log article').count()).toBeLessThan(80)
    await page.context().close()
  }, 120_000)

  test('older messages come while one scrolls up, and what one reads stays under the eyes', async () => {
    const page = await opened()
    await page.locator('.log').hover()
    let seen = OLD
    while (seen > 1) {
      const first = await page.locator('.log article').first().innerText()
      await page.mouse.wheel(0, -900)
      seen = Math.min(seen, Number(/number (\d+)/.exec(first)?.[1] ?? seen))
      if (await page.getByText('This is the beginning of the channel.').isVisible()) break
    }
    await row(page, 1).waitFor()
    await page.getByText('This is the beginning of the channel.').waitFor()
    // Every message is there once and in order: jump through the log and read it.
    const read = await page.locator('.log').evaluate(async (log) => {
      const found: number[] = []
      log.scrollTop = 0
      for (let at = 0; at < 400; at++) {
        await new Promise((resolve) => setTimeout(resolve, 20))
        for (const article of log.querySelectorAll('article')) {
          const number = Number(/number (\d+)/.exec(article.textContent ?? '')?.[1])
          if (!found.includes(number)) found.push(number)
        }
        if (log.scrollHeight - log.clientHeight - log.scrollTop < 2) break
        log.scrollTop += 500
      }
      return found
    })
    expect(read).toEqual(Array.from({ length: OLD }, (_, at) => at + 1))
    await page.context().close()
  }, 240_000)

  test('messages that arrive below do not move what one reads; a button leads to them', async () => {
    const page = await opened()
    await page.goto(`${server.url}/o/fieldnote/channels/${channel_id}?seq=${OLD - 30}`)
    await row(page, OLD - 30).waitFor()
    await page.locator('article.is-found').waitFor()
    await until(
      'it stands still',
      async () => [await top(page, OLD - 30), await Bun.sleep(100), await top(page, OLD - 30)],
      ([a, , b]) => a === b,
    )
    const before = await top(page, OLD - 30)
    for (let at = 1; at <= 3; at++) await post(mei, `late ${at}`)
    await page.getByRole('button', { name: '3 new' }).waitFor()
    expect(Math.abs((await top(page, OLD - 30)) - before)).toBeLessThanOrEqual(1)
    await page.getByRole('button', { name: '3 new' }).click()
    await page.locator('.log article', { hasText: 'late 3' }).waitFor()
    await until(
      'it is at the end',
      () => distance(page),
      (px) => px < 2,
    )
    await page.context().close()
  }, 120_000)

  test('a link to an old message opens there, goes on in both directions and finds the end again', async () => {
    const page = await opened()
    await page.goto(`${server.url}/o/fieldnote/channels/${channel_id}?seq=100`)
    await row(page, 100).waitFor()
    const box = await row(page, 100).boundingBox()
    expect(box?.y).toBeGreaterThan(0)
    expect(box?.y).toBeLessThan(800)
    await page.locator('.log').hover()
    for (let at = 0; at < 60 && (await row(page, 160).count()) === 0; at++) await page.mouse.wheel(0, 700)
    await row(page, 160).waitFor()
    await post(mei, 'the very last')
    await page.getByRole('button', { name: /Latest|new/ }).click()
    await page.locator('.log article', { hasText: 'the very last' }).waitFor()
    await until(
      'it is at the end',
      () => distance(page),
      (px) => px < 2,
    )
    await page.context().close()
  }, 180_000)

  test('a link to a message that is not there says so, in the window, until that is closed', async () => {
    const page = await opened()
    await page.goto(`${server.url}/o/fieldnote/channels/${channel_id}?seq=999999`)
    const toast = page.locator('.toast', { hasText: 'It is not in this channel.' })
    await toast.waitFor()
    await until(
      'the toast stands inside the window',
      () => toast.boundingBox(),
      (box) =>
        box !== null && box.x > 0 && box.x + box.width <= 1280 && box.y > 0 && box.y + box.height <= 800,
    )
    expect(await violations(page)).toEqual([])
    await toast.getByRole('button', { name: 'Close' }).click()
    await toast.waitFor({ state: 'detached' })
    await page.context().close()
  }, 120_000)
})
