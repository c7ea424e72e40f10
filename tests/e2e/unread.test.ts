import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import type { Channel } from '../../src/contracts/resources.ts'
import { addAgent, join, type Person, setUp } from '../support/client.ts'
import type { TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import { violations } from './support/axe.ts'
import {
  composer,
  hasBrowser,
  launch,
  openChannel,
  say,
  session,
  signIn,
  stillRows,
  until,
  visit,
} from './support/browser.ts'
import { startEmpty } from './support/server.ts'

/** More messages than the log of a page at its end keeps (`LOG_AT_END_MAX`). */
const FLOOD = 4_100

describe.skipIf(!hasBrowser)('unread messages', () => {
  let server: TestServer
  let browser: Browser
  let admin: Person
  let mei: Person
  let channels = 0

  beforeAll(async () => {
    await buildApp()
    server = await startEmpty({ env: { MC_RATE_LIMITS: 'off' } })
    admin = await setUp(server)
    // Administrators read every channel.
    mei = await join(admin, 'Mei Lindqvist')
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  /** A channel with messages of Mei that Ines has not read. */
  async function newChannel(contents: readonly string[]): Promise<string> {
    const { body } = await admin.in<Channel>('POST', '/channels', { name: `room ${channels++}` })
    for (const content of contents) await mei.in('POST', `/channels/${body.id}/messages`, { content })
    return body.id
  }
  const numbered = (count: number) => Array.from({ length: count }, (_, at) => `number ${at + 1}\n\nand more`)
  const marks = async (id: string) => {
    const { body } = await admin.in<Channel>('GET', `/channels/${id}`)
    return body
  }
  const readBy = (id: string) =>
    until(
      'everything is read',
      () => marks(id),
      ({ unread_count }) => unread_count === 0,
    )
  const row = (page: Page, at: number) =>
    page.locator('.log article', { hasText: new RegExp(`number ${at}(?!\\d)`) })

  async function opened(channel_id: string, prepare: (page: Page) => Promise<unknown> = async () => {}) {
    const { page, complaints } = await visit(browser)
    await signIn(page, server.url, 'ines@example.com')
    await prepare(page)
    await openChannel(page, server.url, 'fieldnote', channel_id)
    await page.locator('.log article').first().waitFor()
    return { page, complaints }
  }
  const link = (page: Page, id: string) => page.locator(`a[href*="${id}"]`).first()

  test('C48 what was not in view stays unread; a button leads there, and what is scrolled past is read', async () => {
    const id = await newChannel(numbered(45))
    const { page, complaints } = await opened(id)
    await row(page, 45).waitFor()
    await page.getByRole('button', { name: '45 new' }).waitFor()
    expect(await violations(page)).toEqual([])
    expect(await marks(id)).toMatchObject({ read_seq: 0, unread_count: 45 })

    await page.getByRole('button', { name: '45 new' }).click()
    await page.locator('.unreadline', { hasText: '45 new' }).waitFor()
    await row(page, 1).waitFor()
    const partly = await until(
      'the first ones are read',
      () => marks(id),
      ({ read_seq }) => read_seq > 0,
    )
    expect(partly.read_seq).toBeLessThan(44)
    await page.locator('.log').hover()
    await until(
      'the end is reached',
      async () => {
        await page.mouse.wheel(0, 150)
        return await marks(id)
      },
      ({ unread_count }) => unread_count === 0,
    )
    await page.locator('.newbar').waitFor({ state: 'detached' })
    await until(
      'the badge is gone',
      () => link(page, id).innerText(),
      (text) => !/unread/.test(text),
    )
    expect(complaints).toEqual([])
    await page.context().close()
  })

  test('C48 a page that nobody looks at reads nothing until it is looked at', async () => {
    const id = await newChannel(numbered(2))
    const { page } = await opened(id, (page) =>
      page.addInitScript('document.hasFocus = () => window.looked_at === true'),
    )
    await row(page, 2).waitFor()
    // By its echo the server has taken everything that the page sent before.
    await say(page, 'written without a look')
    await page.locator('.log article', { hasText: 'written without a look' }).waitFor()
    await until(
      'the message is stored',
      () => marks(id),
      ({ last_seq }) => last_seq === 3,
    )
    expect(await marks(id)).toMatchObject({ read_seq: 0, unread_count: 2 })
    await page.evaluate('window.looked_at = true; window.dispatchEvent(new Event("focus"))')
    await readBy(id)
    await page.context().close()
  })

  test('C48 all is read by the button that says so, and only then', async () => {
    const id = await newChannel(numbered(30))
    const { page } = await opened(id)
    await page.getByRole('button', { name: 'Mark as read' }).click()
    await readBy(id)
    await page.locator('.newbar').waitFor({ state: 'detached' })
    await page.context().close()
  })

  test('C49 a mention far above is found, also when it is not loaded; an own message has no line before it', async () => {
    const id = await newChannel(['start @ines-carvalho', ...numbered(90), 'end @ines-carvalho'])
    const { page } = await opened(id)
    await page.getByRole('button', { name: '2 mentions' }).click()
    await page.locator('article.is-found', { hasText: 'start @ines-carvalho' }).waitFor()
    await page.getByRole('button', { name: /mention/ }).click()
    await page.locator('article.is-found', { hasText: 'end @ines-carvalho' }).waitFor()
    await page.context().close()

    const short = await newChannel([])
    await admin.in('POST', `/channels/${short}/messages`, { content: 'of mine' })
    await mei.in('POST', `/channels/${short}/messages`, { content: 'number 1' })
    await admin.in('POST', `/channels/${short}/messages`, { content: 'mine again' })
    const { page: other } = await opened(short)
    await other.locator('.unreadline').waitFor()
    const texts = await other.locator('.log article .prose, .log .unreadline').allInnerTexts()
    expect(texts).toEqual(['of mine', expect.stringMatching(/^1 new since/), 'number 1', 'mine again'])
    await other.context().close()
  })

  test('the next channel with unread messages is a key away, also from the composer', async () => {
    const [unread, read] = [await newChannel([]), await newChannel([])]
    const { body } = await admin.in<{ data: Channel[] }>('GET', '/channels?per_page=100')
    for (const { id, last_seq } of body.data) await admin.in('PUT', `/channels/${id}/read`, { seq: last_seq })
    const { page } = await visit(browser)
    await session(page, server.url, 'ines@example.com')
    await openChannel(page, server.url, 'fieldnote', read)
    await mei.in('POST', `/channels/${unread}/messages`, { content: 'look here' })
    await link(page, unread).getByText('1 unread').waitFor()
    await composer(page).fill('a draft')
    await composer(page).press('Alt+Shift+ArrowDown')
    await page.waitForURL(new RegExp(unread))
    await page.context().close()
  })

  test('C67 what is marked as unread stays so in every tab, until the reader has left the channel', async () => {
    const [id, elsewhere] = [await newChannel(numbered(3)), await newChannel([])]
    const { page, complaints } = await opened(id)
    await readBy(id)
    const tab = await page.context().newPage()
    await openChannel(tab, server.url, 'fieldnote', elsewhere)
    await page.bringToFront()
    await row(page, 2).hover()
    await row(page, 2)
      .getByRole('button', { name: /^Actions for/ })
      .click()
    await page.getByRole('menuitem', { name: 'Mark unread from here' }).click()
    await page.locator('.unreadline', { hasText: '2 new' }).waitFor()
    // The divider of the day is in view: it is not said twice.
    expect(await page.locator('.day-now').count()).toBe(0)
    for (const one of [page, tab]) await link(one, id).getByText('2 unread').waitFor()
    // A message that comes meanwhile is unread, too, though the reader looks at it.
    await mei.in('POST', `/channels/${id}/messages`, { content: 'number 4' })
    await row(page, 4).waitFor()
    for (const one of [page, tab]) await link(one, id).getByText('3 unread').waitFor()
    await page.getByRole('button', { name: 'Mark as read' }).waitFor()
    expect(await violations(page)).toEqual([])
    // A lost connection sends its last markers again: they are from before.
    await page.context().setOffline(true)
    await page.getByText('No connection since').waitFor()
    await page.context().setOffline(false)
    await page.getByText('Chat live').waitFor()
    await say(page, 'an own message')
    await until(
      'it is stored',
      () => marks(id),
      ({ last_seq }) => last_seq === 5,
    )
    expect(await marks(id)).toMatchObject({ read_seq: 1, unread_count: 3, rewinds: 1 })
    await link(page, elsewhere).click()
    await page.waitForURL(new RegExp(elsewhere))
    await link(page, id).click()
    await readBy(id)
    for (const one of [page, tab])
      await until(
        'the badge is gone',
        () => link(one, id).innerText(),
        (text) => !/unread/.test(text),
      )
    expect(complaints).toEqual([])
    await page.context().close()
  })

  test('C68 a muted channel asks for attention by mentions only, in every tab', async () => {
    const id = await newChannel(['before'])
    const { body } = await admin.in<{ data: Channel[] }>('GET', '/channels?per_page=100')
    for (const { id: each, last_seq } of body.data)
      if (last_seq > 0) await admin.in('PUT', `/channels/${each}/read`, { seq: last_seq })
    const general = body.data.find(({ name }) => name === 'general')?.id ?? ''
    const { page, complaints } = await opened(id)
    const tab = await page.context().newPage()
    await openChannel(tab, server.url, 'fieldnote', general)
    await page.bringToFront()
    await page.getByRole('button', { name: 'Mute channel' }).click()
    await page.getByRole('button', { name: 'Mute channel', pressed: true }).waitFor()
    for (const one of [page, tab]) await link(one, id).getByText('muted').waitFor({ state: 'attached' })
    await link(page, general).click()
    await page.waitForURL(new RegExp(general))
    await mei.in('POST', `/channels/${id}/messages`, { content: 'nothing much' })
    await link(page, id).getByText('1 unread').waitFor()
    expect(await link(page, id).getAttribute('class')).not.toContain('unread')
    await page.keyboard.press('Alt+Shift+ArrowDown')
    expect(page.url()).toContain(general)
    await mei.in('POST', `/channels/${id}/messages`, { content: '@ines-carvalho look' })
    await link(page, id).getByText('1 mention of you').waitFor()
    // The bell leads to it.
    await page.getByRole('button', { name: 'Notifications, 1 unread' }).click()
    const tray = page.getByRole('dialog', { name: 'Notifications' })
    expect(await violations(page, { except: ['region'] })).toEqual([])
    await tray.getByRole('link', { name: 'Mei Lindqvist mentioned you' }).first().click()
    await page.waitForURL(new RegExp(`${id}.seq=3`))
    await page.getByRole('button', { name: 'Notifications', exact: true }).waitFor()
    // So does the key for the next channel that asks for attention.
    await link(page, general).click()
    await mei.in('POST', `/channels/${id}/messages`, { content: '@ines-carvalho again' })
    await link(page, id).getByText('1 mention of you').waitFor()
    await page.keyboard.press('Alt+Shift+ArrowDown')
    await page.waitForURL(new RegExp(id))
    // It is stored with the reader, not with the page.
    await page.reload()
    await page.getByRole('button', { name: 'Mute channel', pressed: true }).click()
    await page.getByRole('button', { name: 'Mute channel', pressed: false }).waitFor()
    expect(complaints).toEqual([])
    await page.context().close()
  })

  test('a page at the end follows a flood that outgrows its log, until the reader scrolls up', async () => {
    const id = await newChannel(['before'])
    const { page, complaints } = await opened(id)
    const bot = await addAgent(admin, 'bot')
    const post = (content: string) => bot.in('POST', `/channels/${id}/messages`, { content })
    async function flood(count: number) {
      let next = 0
      const poster = async () => {
        while (next < count) {
          // Rows that are lower than estimated: the list scrolls up by itself.
          const content = `flood ${next++}`
          if ((await post(content)).status !== 201) throw new Error(`${content} was refused`)
        }
      }
      await Promise.all(Array.from({ length: 16 }, poster))
    }
    await flood(FLOOD)
    await post('the last one')
    await page.getByText('the last one', { exact: true }).waitFor()
    await page.locator('.log').hover()
    await page.mouse.wheel(0, -600)
    await page.locator('.jump').waitFor()
    await stillRows(page.locator('.log'), 'article')
    const top = await page.locator('.log').evaluate((log) => log.scrollTop)
    const unread = () => page.locator('.jump').innerText()
    const before = await unread()
    await flood(20)
    await until('they are counted below', unread, (text) => text !== before)
    expect(await page.locator('.log').evaluate((log) => log.scrollTop)).toBeCloseTo(top, -1)
    expect(complaints).toEqual([])
    await page.context().close()
  })

  test('C50 a list of channels that was under way does not bring a badge back', async () => {
    const id = await newChannel(numbered(2))
    const held: (() => void)[] = []
    let hold = false
    const { page } = await opened(id, async (page) => {
      await page.addInitScript('document.hasFocus = () => window.looked_at === true')
      await page.route(/\/channels\?/, async (route) => {
        const response = await route.fetch()
        if (hold) await new Promise<void>((resolve) => held.push(resolve))
        await route.fulfill({ response })
      })
    })
    await link(page, id).getByText('2 unread').waitFor()
    hold = true
    // Its event makes the page read the list again; the answer has the counts of now.
    await admin.in('POST', '/projects', { name: 'Harbour', type: 'software' })
    await until(
      'the list is under way',
      async () => held.length,
      (count) => count > 0,
    )
    await page.evaluate('window.looked_at = true; window.dispatchEvent(new Event("focus"))')
    await readBy(id)
    await mei.in('POST', `/channels/${id}/messages`, { content: 'number 3' })
    await row(page, 3).waitFor()
    await readBy(id)
    hold = false
    for (const release of held) release()
    await page.getByRole('link', { name: 'Harbour' }).waitFor()
    await until(
      'the badge is gone',
      () => link(page, id).innerText(),
      (text) => !/unread/.test(text),
    )
    // A held route may still be at work.
    await page.unrouteAll({ behavior: 'ignoreErrors' })
    await page.context().close()
  })
})
