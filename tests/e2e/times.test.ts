import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { generalChannel, join, setUp } from '../support/client.ts'
import type { TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import { violationsInBothThemes } from './support/axe.ts'
import { composer, hasBrowser, launch, session, type Visit, visit, waitForText } from './support/browser.ts'
import { startEmpty } from './support/server.ts'

/** Berlin puts its clocks forward and back: two moments around each change. */
const MOMENTS = [
  '2026-03-29T00:59:59.000Z',
  '2026-03-29T01:00:00.000Z',
  '2026-10-25T00:30:00.000Z',
  '2026-10-25T01:30:00.000Z',
] as const

describe.skipIf(!hasBrowser)('times of the app', () => {
  let server: TestServer
  let browser: Browser
  let berlin: Visit
  let phone: Visit
  let channel_id: string

  beforeAll(async () => {
    await buildApp()
    server = await startEmpty()
    const admin = await setUp(server)
    await join(admin, 'Mei Lindqvist')
    channel_id = (await generalChannel(admin)).id
    for (const at of MOMENTS)
      await admin.in('POST', `/channels/${channel_id}/messages`, { content: `Said ${at}` })
    browser = await launch()
    const locale = 'en-GB'
    berlin = await visit(browser, { locale, timezoneId: 'Europe/Berlin' })
    phone = await visit(browser, {
      locale,
      timezoneId: 'America/New_York',
      viewport: { width: 390, height: 844 },
      hasTouch: true,
    })
    await session(berlin.page, server.url, 'ines@example.com')
    await session(phone.page, server.url, 'mei.lindqvist@example.com')
    for (const { page } of [berlin, phone]) {
      await datesOf(page)
      await page.goto(`${server.url}/o/fieldnote/channels/${channel_id}`)
      await composer(page).waitFor()
      await waitForText(page, MOMENTS[3])
    }
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  /** Messages of the server are of now: what the page reads is dated as their text says. */
  async function datesOf(page: Page) {
    await page.route(/\/messages(\?|$)/, async (route) => {
      const answer = await route.fetch()
      const body = (await answer.json()) as { data?: { content: string; created_at: string }[] }
      for (const message of body.data ?? [])
        if (message.content.startsWith('Said ')) message.created_at = message.content.slice(5)
      await route.fulfill({ response: answer, json: body })
    })
  }
  const timeOf = (page: Page, at: string) => page.locator('article', { hasText: at }).locator('time').first()
  const tip = (page: Page) => page.locator('.timetip')
  const lines = async (page: Page) => {
    await tip(page).waitFor()
    return (await tip(page).locator('dt, dd').allInnerTexts()).join(' | ')
  }

  test('are those of the reader’s zone, on both sides of a change of the clocks', async () => {
    const shown = async ({ page }: Visit) =>
      await Promise.all(MOMENTS.map((at) => timeOf(page, at).innerText()))
    expect(await shown(berlin)).toEqual(['01:59', '03:00', '02:30', '02:30'])
    expect(await shown(phone)).toEqual(['20:59', '21:00', '20:30', '21:30'])
    const days = await berlin.page.locator('.daysep span, [role="separator"] span').allInnerTexts()
    expect(days.join(' ')).toBe('Sunday 29 March Sunday 25 October')
  })

  test('say exactly when under the pointer, one tooltip for all of them', async () => {
    const { page } = berlin
    await timeOf(page, MOMENTS[2]).hover()
    expect(await lines(page)).toBe(
      'Europe/Berlin | Sunday, 25 October 2026 at 02:30:00 CEST | UTC | Sunday, 25 October 2026 at 00:30:00',
    )
    await timeOf(page, MOMENTS[3]).hover()
    await tip(page).getByText('02:30:00 CET').waitFor()
    expect(await tip(page).count()).toBe(1)
    // The pointer may go onto the tooltip; it closes when the pointer leaves both, or by Escape.
    await tip(page).hover()
    await tip(page).getByText('02:30:00 CET').waitFor()
    await page.keyboard.press('Escape')
    await tip(page).waitFor({ state: 'detached' })
    await timeOf(page, MOMENTS[3]).hover()
    await tip(page).waitFor()
    expect(await violationsInBothThemes(page)).toEqual([])
    await composer(page).hover()
    await tip(page).waitFor({ state: 'detached' })
  })

  test('say it on the focus of the keyboard, and to who does not see it', async () => {
    const { page } = berlin
    await page.locator('article', { hasText: MOMENTS[1] }).locator('a.when').focus()
    await page.keyboard.press('Shift+Tab')
    await page.keyboard.press('Tab')
    expect(await lines(page)).toContain('Sunday, 29 March 2026 at 03:00:00 CEST')
    await page.keyboard.press('Tab')
    await tip(page).waitFor({ state: 'detached' })
    expect(await timeOf(page, MOMENTS[1]).getAttribute('aria-description')).toBe(
      'Sunday, 29 March 2026 at 03:00:00 CEST (Europe/Berlin); Sunday, 29 March 2026 at 01:00:00 (UTC)',
    )
    // A time that is no link is a stop of its own.
    await page.goto(`${server.url}/o/fieldnote/events`)
    const first = page.locator('tbody time').first()
    await first.waitFor()
    await first.focus()
    await page.keyboard.press('Shift+Tab')
    await page.keyboard.press('Tab')
    expect(await lines(page)).toMatch(/^Europe\/Berlin \| .+ CES?T \| UTC \| /)
    const box = await tip(page).boundingBox()
    expect(box && box.x >= 0 && box.y >= 0).toBe(true)
  })

  test('say it after a touch, and close after one elsewhere', async () => {
    const { page } = phone
    await timeOf(page, MOMENTS[3]).tap()
    expect(await lines(page)).toBe(
      'America/New_York | Saturday, 24 October 2026 at 21:30:00 GMT-4 | UTC | Sunday, 25 October 2026 at 01:30:00',
    )
    const box = await tip(page).boundingBox()
    expect(box && box.x >= 0 && box.x + box.width <= 390).toBe(true)
    // While it is open it may lie over the buttons of the message above.
    expect(await violationsInBothThemes(page, { except: ['target-size'] })).toEqual([])
    await composer(page).tap()
    await tip(page).waitFor({ state: 'detached' })
    for (const { complaints } of [berlin, phone]) expect(complaints).toEqual([])
  })
})
