import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { generalChannel, join, type Message, type Person, setUp } from '../support/client.ts'
import type { TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import { violations } from './support/axe.ts'
import {
  composer,
  hasBrowser,
  launch,
  newPage,
  openChannel,
  session,
  stillRows,
  until,
  type Visit,
  visit,
} from './support/browser.ts'
import { startEmpty } from './support/server.ts'

const OLD = 400

describe.skipIf(!hasBrowser)('a long channel', () => {
  let server: TestServer
  let browser: Browser
  let reader: Visit
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
    reader = await visit(browser)
    await session(reader.page, server.url, 'ines@example.com')
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  const post = (who: Person, content: string) =>
    who.in<Message>('POST', `/channels/${channel_id}/messages`, { content })
  const row = (page: Page, at: number) =>
    page.locator('.log article', { hasText: new RegExp(`number ${at}(?!\\d)`) })
  const distance = (page: Page) =>
    page.locator('.log').evaluate((log) => log.scrollHeight - log.clientHeight - log.scrollTop)
  const top = async (page: Page, at: number) =>
    Math.round((await row(page, at).boundingBox())?.y ?? Number.NaN)

  /** Numbers of the messages that are drawn now. */
  const drawn = async (page: Page) =>
    (await page.locator('.log article').allInnerTexts()).map((text) => Number(/number (\d+)/.exec(text)?.[1]))

  const still = (page: Page) => stillRows(page.locator('.log'), 'article')

  async function opened(): Promise<Page> {
    const page = await newPage(reader.context, reader.complaints)
    await openChannel(page, server.url, 'fieldnote', channel_id)
    await row(page, OLD).waitFor()
    return page
  }

  /** Scrolls up until older messages are requested; they arrive when the returned function is called. */
  async function askForOlder(page: Page): Promise<() => void> {
    const held: (() => void)[] = []
    let hold = true
    // Those that are older only: the end is read again when the chat gets live, which may be just now.
    await page.route(/\/messages\?.*before=/, async (route) => {
      if (hold) await new Promise<void>((resolve) => held.push(resolve))
      await route.continue()
    })
    await page.locator('.log').hover()
    await until(
      'older messages are requested',
      async () => {
        await page.mouse.wheel(0, -400)
        return held.length
      },
      (count) => count > 0,
    )
    return () => {
      hold = false
      for (const release of held.splice(0)) release()
    }
  }

  test('opens at its end, with a line before what is new, and is read by being seen', async () => {
    const page = await opened()
    expect(await page.locator('.unreadline').innerText()).toMatch(/^3 new since \d{1,2}:\d\d/)
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
    await page.close()
  })

  test('what one reads stays under the eyes while older messages arrive above it', async () => {
    const page = await opened()
    const arrive = await askForOlder(page)
    await still(page)
    const height = () => page.locator('.log').evaluate((log) => log.scrollHeight)
    const [reading = 0, before] = [Math.max(...(await drawn(page))), await height()]
    const place = await top(page, reading)
    arrive()
    await until('they have arrived', height, (now) => now > before + 1_000)
    await still(page)
    expect(Math.abs((await top(page, reading)) - place)).toBeLessThanOrEqual(1)
    await page.close()
  })

  test('an older page that arrives late, while the reader is back near the end, does not move the view', async () => {
    const page = await opened()
    const arrive = await askForOlder(page)
    const height = () => page.locator('.log').evaluate((log) => log.scrollHeight)
    await page.locator('.log').evaluate((log) => {
      log.scrollTop = log.scrollHeight - log.clientHeight - 300
    })
    await still(page)
    const [reading = 0, before] = [Math.max(...(await drawn(page))) - 4, await height()]
    const place = await top(page, reading)
    arrive()
    await until('the page has arrived', height, (now) => now > before + 1_000)
    await still(page)
    expect(Math.abs((await top(page, reading)) - place)).toBeLessThanOrEqual(1)
    await page.close()
  })

  test('the end stays in view when the composer grows, the window changes or a row changes its height', async () => {
    const page = await opened()
    const isAtEnd = async () => {
      await still(page)
      expect(await distance(page)).toBeLessThan(2)
    }
    await composer(page).fill('a\n'.repeat(6))
    await isAtEnd()
    await page.setViewportSize({ width: 1000, height: 500 })
    await isAtEnd()
    await page.setViewportSize({ width: 390, height: 700 })
    await isAtEnd()
    await page
      .locator('.log article')
      .last()
      .evaluate((row) => {
        row.style.minHeight = '300px'
      })
    await isAtEnd()
    await page.close()
  })

  test('another width of the window keeps the message that one reads', async () => {
    const page = await opened()
    await page.locator('.log').evaluate((log) => {
      log.scrollTop -= 1_500
    })
    await still(page)
    /** The messages and how far each is below the upper edge of the log, all of one moment. */
    const places = () =>
      page.locator('.log').evaluate((log) =>
        [...log.querySelectorAll('article')].map((one) => ({
          at: Number(/number (\d+)/.exec(one.textContent ?? '')?.[1]),
          y: one.getBoundingClientRect().y - log.getBoundingClientRect().y,
        })),
      )
    // A list that was scrolled a moment ago takes changes of its rows for those of the scroll. Its own timer, of 150 ms, is
    // older than this one.
    await page.evaluate(() => new Promise((over) => setTimeout(over, 400)))
    await still(page)
    // The row across the upper edge stays where it begins; what it needs more, it needs below.
    const reading = (await places()).findLast(({ y }) => y <= 0)
    await page.setViewportSize({ width: 420, height: 800 })
    await page.getByRole('link', { name: 'Back to channels' }).waitFor()
    await still(page)
    const now = (await places()).find(({ at }) => at === reading?.at)
    expect(Math.abs((now?.y ?? Number.NaN) - (reading?.y ?? Number.NaN))).toBeLessThanOrEqual(60)
    await page.close()
  })

  test('older messages come while one scrolls up, each once and in order', async () => {
    const page = await opened()
    await page.locator('.log').hover()
    await until(
      'the beginning is reached',
      async () => {
        await page.mouse.wheel(0, -900)
        return await page.getByText('This is the beginning of the channel.').isVisible()
      },
      (is) => is,
    )
    await row(page, 1).waitFor()
    // Every message is there once and in order: jump through the log and read it.
    const read = await page.locator('.log').evaluate(async (log) => {
      const found: number[] = []
      const filled = (view: DOMRect) => {
        const rows = [...log.querySelectorAll('article')].map((article) => article.getBoundingClientRect())
        const above = log.scrollTop < 200 || (rows[0]?.top ?? Infinity) <= view.top
        const below =
          log.scrollHeight - log.clientHeight - log.scrollTop < 200 ||
          (rows.at(-1)?.bottom ?? 0) >= view.bottom
        return rows.length > 0 && above && below
      }
      log.scrollTop = 0
      for (let at = 0; at < 400; at++) {
        // Rows are drawn after the scroll: wait until they fill the view, however long that takes here.
        const view = log.getBoundingClientRect()
        for (let frames = 0; frames < 2 || !filled(view); frames++)
          await new Promise((resolve) => requestAnimationFrame(resolve))
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
    await page.close()
  })

  test('messages that arrive below do not move what one reads; a button leads to them', async () => {
    const page = await opened()
    await page.goto(`${server.url}/o/fieldnote/channels/${channel_id}?seq=${OLD - 30}`)
    await row(page, OLD - 30).waitFor()
    await page.locator('article.is-found').waitFor()
    await still(page)
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
    await page.close()
  })

  test('a link to an old message opens there, goes on in both directions and finds the end again', async () => {
    const page = await opened()
    await page.goto(`${server.url}/o/fieldnote/channels/${channel_id}?seq=100`)
    await row(page, 100).waitFor()
    const box = await row(page, 100).boundingBox()
    expect(box?.y).toBeGreaterThan(0)
    expect(box?.y).toBeLessThan(800)
    await page.locator('.log').hover()
    await until(
      'newer messages come while one scrolls down',
      async () => {
        await page.mouse.wheel(0, 500)
        return await drawn(page)
      },
      (numbers) => Math.max(...numbers) >= 160,
    )
    await until(
      'older messages come while one scrolls up',
      async () => {
        await page.mouse.wheel(0, -500)
        return await drawn(page)
      },
      (numbers) => Math.min(...numbers) <= 40,
    )
    await post(mei, 'the very last')
    await page.getByRole('button', { name: /Latest|new/ }).click()
    await page.locator('.log article', { hasText: 'the very last' }).waitFor()
    await until(
      'it is at the end',
      () => distance(page),
      (px) => px < 2,
    )
    await page.close()
  })

  test('a link opens its message also when the members are known last', async () => {
    const page = await newPage(reader.context, reader.complaints)
    const messages = page.waitForResponse(/\/messages\?/)
    await page.route(/\/users\?/, async (route) => {
      await (await messages).finished()
      await route.continue()
    })
    await page.goto(`${server.url}/o/fieldnote/channels/${channel_id}?seq=${OLD - 20}`)
    await row(page, OLD - 20).waitFor()
    await page.locator('article.is-found', { hasText: `number ${OLD - 20}` }).waitFor()
    await page.close()
  })

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
    await page.close()
  })
})
