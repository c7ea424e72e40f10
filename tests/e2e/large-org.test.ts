import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import type { Channel, Org } from '../../src/contracts/resources.ts'
import { setUp } from '../support/client.ts'
import { databaseOf, type TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import {
  composer,
  hasBrowser,
  launch,
  openChannel,
  say,
  session,
  signIn,
  until,
  type Visit,
  visit,
  waitForText,
} from './support/browser.ts'
import { startEmpty } from './support/server.ts'

const MEMBERS = 2_000
const CHANNELS = 500
/** What a page of this app has at the most, however large the org: rows are drawn around the view only. */
const NODES_MAX = 3_000
/** A phone on a slow mobile network. */
const SLOW = { offline: false, latency: 400, downloadThroughput: 200_000, uploadThroughput: 90_000 }

describe.skipIf(!hasBrowser)('an org of 2,000 members and 500 channels on a slow network', () => {
  let server: TestServer
  let browser: Browser
  let ines: Visit
  let general: string

  beforeAll(async () => {
    await buildApp()
    server = await startEmpty({ env: { MC_RATE_LIMITS: 'off' } })
    const admin = await setUp(server)
    const org_id = (await admin.in<Org>('GET', '')).body.id
    general = (await admin.in<{ data: Channel[] }>('GET', '/channels')).body.data[0]!.id
    const sql = databaseOf(server)
    await sql`with made as (
        insert into users (id, type, email, display_name, status)
        select gen_random_uuid(), 'human', 'p' || n || '@large.example', 'Person ' || n, 'active' from generate_series(1, ${MEMBERS - 2}) n
        union all select gen_random_uuid(), 'human', 'zoe@large.example', 'Zoë Quick', 'active'
        returning id, display_name, email)
      insert into memberships (org_id, user_id, type, role, display_name, username, status, notification_preferences)
      select ${org_id}, id, 'human', 'contributor', display_name, split_part(email, '@', 1), 'active', '{"email": "all"}' from made`
    await sql`insert into channels (org_id, id, name, type)
      select ${org_id}, gen_random_uuid(), 'topic ' || n, 'org_wide' from generate_series(1, ${CHANNELS - 1}) n`
    await sql.end()
    // It keeps the members and channels of an org in memory.
    await server.restart()

    browser = await launch()
    ines = await visit(browser)
    const devtools = await ines.context.newCDPSession(ines.page)
    await devtools.send('Network.enable')
    await devtools.send('Network.emulateNetworkConditions', SLOW)
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  const nodes = (page: Page): Promise<number> => page.evaluate('document.querySelectorAll("*").length')
  const scrollToEnd = (page: Page, selector: string) =>
    page.evaluate(`{ const one = document.querySelector('${selector}'); one.scrollTop = one.scrollHeight }`)

  test('a channel is read and written, and a mention completed, before all members are on the device', async () => {
    const { page } = ines
    // The further pages of the members never come.
    await page.route(/\/users\?(?!.*\bq=).*\bpage=([2-9]|\d\d)\b/, () => undefined)
    await session(page, server.url, 'ines@example.com')
    await openChannel(page, server.url, 'fieldnote', general)
    await say(page, 'hello to all')
    await waitForText(page, 'hello to all')
    await composer(page).pressSequentially('@zoe')
    await page.getByRole('option', { name: /Zoë Quick/ }).waitFor()
    await composer(page).press('Tab')
    expect(await composer(page).inputValue()).toBe('@zoe ')
    await composer(page).fill('')
    expect(await nodes(page)).toBeLessThan(NODES_MAX)
  })

  test('the members are searched by the server until they are here, and drawn where one looks', async () => {
    const { page } = ines
    await page
      .getByRole('link', { name: /Members/ })
      .first()
      .click()
    await page.getByRole('row', { name: /Person 1\b/ }).waitFor()
    await page.getByPlaceholder(/Name, username/).fill('zoe@')
    await page.getByRole('row', { name: /Zoë Quick/ }).waitFor()
    await page.getByPlaceholder(/Name, username/).fill('')

    await page.unroute(/\/users\?(?!.*\bq=).*\bpage=([2-9]|\d\d)\b/)
    await page.reload()
    const table = page.getByRole('region', { name: 'Members' }).locator('table')
    await until(
      'all members are on the device',
      () => table.getAttribute('aria-rowcount'),
      (rows) => rows === String(MEMBERS + 1),
    )
    expect(await nodes(page)).toBeLessThan(NODES_MAX)
    await until(
      'the end of the list is drawn',
      async () => {
        await scrollToEnd(page, '.page > .scroller')
        return await page.getByRole('row', { name: /Zoë Quick/ }).count()
      },
      (rows) => rows === 1,
    )
    expect(await page.getByRole('row', { name: /Person 1\b/ }).count()).toBe(0)
    expect(await nodes(page)).toBeLessThan(NODES_MAX)
    await page.getByPlaceholder(/Name, username/).fill('ZOE')
    await page.getByRole('row', { name: /Zoë Quick/ }).waitFor()
    expect(await table.getAttribute('aria-rowcount')).toBe('2')
  })

  test('the sidebar lists the channels by number, and leads to the last of them', async () => {
    const { page } = ines
    const names = await page.locator('.side .room-i .lbl').allInnerTexts()
    expect(names.slice(0, 11)).toEqual(['general', ...Array.from({ length: 10 }, (_, i) => `topic ${i + 1}`)])
    expect(names.length).toBeLessThan(CHANNELS / 4)
    const last = page.locator('.side').getByRole('link', { name: `topic ${CHANNELS - 1}` })
    await until(
      'the end of the list is drawn',
      async () => {
        await scrollToEnd(page, '.side')
        return await last.count()
      },
      (links) => links === 1,
    )
    await last.click()
    await page.getByRole('heading', { level: 1, name: `topic ${CHANNELS - 1}` }).waitFor()
    await say(page, 'first words')
    await waitForText(page, 'first words')
    expect(await nodes(page)).toBeLessThan(NODES_MAX)
  })

  test('a phone draws the channels around the view, too', async () => {
    const phone = await visit(browser, { viewport: { width: 390, height: 800 } })
    const { page } = phone
    await signIn(page, server.url, 'ines@example.com')
    const first = page.locator('.mroom', { hasText: 'topic 2' }).first()
    await first.waitFor()
    expect(await nodes(page)).toBeLessThan(NODES_MAX)
    const last = page.getByRole('link', { name: `topic ${CHANNELS - 1}` })
    await until(
      'the end of the list is drawn',
      async () => {
        await scrollToEnd(page, '.mlist')
        return await last.count()
      },
      (links) => links === 1,
    )
    await last.click()
    await composer(page).waitFor()

    // The place in the list stays while rows are drawn around it.
    await page.goto(`${server.url}/o/fieldnote/settings/members`)
    const table = page.getByRole('region', { name: 'Members' }).locator('table')
    await until(
      'all members are on the device',
      () => table.getAttribute('aria-rowcount'),
      (rows) => rows === String(MEMBERS + 1),
    )
    const place: () => Promise<number> = () =>
      page.evaluate("document.querySelector('.page > .scroller').scrollTop")
    await page.evaluate("document.querySelector('.page > .scroller').scrollTop = 40_000")
    const drawn: () => Promise<boolean> = () =>
      page.evaluate(`{
        const view = document.querySelector('.page > .scroller').getBoundingClientRect()
        const at = document.elementFromPoint(view.left + 90, view.top + view.height / 2)
        at?.closest('tr[data-row]') !== null
      }`)
    await until('rows are drawn there', drawn, (there) => there)
    expect(await place()).toBe(40_000)
    expect([...phone.complaints, ...ines.complaints]).toEqual([])
    await phone.context.close()
  })
})
