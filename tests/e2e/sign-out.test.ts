import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { generalChannel, join, PASSWORD, setUp } from '../support/client.ts'
import type { TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import {
  composer,
  hasBrowser,
  launch,
  newPage,
  openChannel,
  session,
  until,
  visit,
} from './support/browser.ts'
import { startEmpty } from './support/server.ts'

const EMAIL = 'ana.lima@example.com'

describe.skipIf(!hasBrowser)('drafts at sign-out', () => {
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

  const draft = async (page: Page, text: string) => {
    await composer(page).fill(text)
    const stored = () => page.evaluate('Object.values(localStorage).join()')
    await until('the draft is stored', stored, (values) => String(values).includes(text))
  }
  const signOut = async (page: Page) => {
    await page.getByRole('button', { name: 'Account: Ana Lima' }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
  }

  test('those of this tab are discarded once that is confirmed', async () => {
    const { context, page, complaints } = await visit(browser, { serviceWorkers: 'allow' })
    await session(page, server.url, EMAIL)
    await openChannel(page, server.url, 'fieldnote', channel_id)
    await draft(page, 'a thought of this tab')
    await signOut(page)
    await page.getByText('Signing out discards one draft on this device.').waitFor()
    await page.getByRole('button', { name: 'Stay' }).click()
    expect(await composer(page).inputValue()).toBe('a thought of this tab')
    await signOut(page)
    await page.getByRole('button', { name: 'Discard and sign out' }).click()
    await page.waitForURL(/\/login$/)
    expect(await page.evaluate('Object.keys(localStorage).join()')).not.toContain('mc.draft')
    expect(complaints).toEqual([])
    await context.close()
  })

  test('that of another tab is kept, as its sign-in page promises', async () => {
    const { context, page, complaints } = await visit(browser, { serviceWorkers: 'allow' })
    await session(page, server.url, EMAIL)
    await openChannel(page, server.url, 'fieldnote', channel_id)
    const other = await newPage(context, complaints)
    await openChannel(other, server.url, 'fieldnote', channel_id)
    await draft(other, 'a thought of the other tab')
    await signOut(page)
    await other.getByText('your draft is kept').waitFor()
    await other.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await other.getByRole('button', { name: 'Sign in' }).click()
    await composer(other).waitFor()
    expect(await composer(other).inputValue()).toBe('a thought of the other tab')
    expect(complaints).toEqual([])
    await context.close()
  })
})
