import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { join, PASSWORD, Person, setUp } from '../support/client.ts'
import type { TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import { violationsInBothThemes } from './support/axe.ts'
import { hasBrowser, launch, session, signIn, until, visit } from './support/browser.ts'
import { startEmpty } from './support/server.ts'

const EMAIL = 'ana.lima@example.com'
const NEW_PASSWORD = 'another quiet harbour 43'

describe.skipIf(!hasBrowser)('the own account in a browser', () => {
  let server: TestServer
  let browser: Browser

  beforeAll(async () => {
    await buildApp()
    server = await startEmpty()
    await join(await setUp(server), 'Ana Lima')
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  /** A picture that is wider than high, drawn by the browser. */
  async function portrait(page: Page): Promise<Buffer> {
    const drawn = await page.evaluate(() => {
      const canvas = document.createElement('canvas')
      canvas.width = 640
      canvas.height = 400
      const context = canvas.getContext('2d')
      if (!context) throw new Error('no canvas')
      context.fillStyle = 'teal'
      context.fillRect(0, 0, 640, 400)
      context.fillStyle = 'gold'
      context.fillRect(220, 100, 200, 200)
      return canvas.toDataURL('image/png').split(',')[1] ?? ''
    })
    return Buffer.from(drawn, 'base64')
  }

  async function choose(page: Page, item: string): Promise<void> {
    // A navigation closes menus and dialogs: the org leads on to its first channel.
    await page.waitForURL(/\/channels\//)
    await page.getByRole('button', { name: /^Account/ }).click()
    await page.getByRole('menuitem', { name: item }).click()
  }

  test('other sessions are listed with their device, and signed out', async () => {
    const { context, page, complaints } = await visit(browser)
    const other = await visit(browser, { userAgent: 'Mozilla/5.0 (Windows NT 10.0; rv:140.0) Firefox/140.0' })
    await signIn(page, server.url, EMAIL)
    await other.page.goto(`${server.url}/login`)
    await other.page.getByLabel('E-mail').fill(EMAIL)
    await other.page.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await other.page.getByRole('button', { name: 'Sign in' }).click()
    await other.page.waitForURL(/\/channels\//)
    await choose(page, 'Sessions')
    const dialog = page.getByRole('dialog', { name: 'Sessions' })
    await dialog.getByText('This browser').waitFor()
    await dialog.getByText('Firefox on Windows').waitFor()
    if (process.env.PICTURE) await page.screenshot({ path: `${process.env.PICTURE}-sessions.png` })
    await dialog.getByRole('button', { name: 'Sign out Firefox on Windows' }).click()
    await dialog.getByText('Firefox on Windows').waitFor({ state: 'detached' })
    await other.page.waitForURL(/\/login/)
    await dialog.getByRole('button', { name: 'Sign out all others' }).click()
    await until(
      'this browser is the only one',
      () => dialog.getByRole('listitem').count(),
      (count) => count === 1,
    )
    expect(complaints).toEqual([])
    await context.close()
    await other.context.close()
  })

  test('a picture is chosen, scaled down, shown wherever the person is, and removed', async () => {
    const { context, page, complaints } = await visit(browser)
    const other = await visit(browser)
    await session(other.page, server.url, 'ines@example.com')
    await other.page.goto(`${server.url}/o/fieldnote/settings/members`)
    const row = other.page.getByRole('row', { name: /Ana Lima/ })
    await row.waitFor()
    expect(await row.locator('.av img').count()).toBe(0)
    await signIn(page, server.url, EMAIL)
    await choose(page, 'Picture')
    const dialog = page.getByRole('dialog', { name: 'Your picture' })
    const file = dialog.locator('input[type=file]')
    await file.setInputFiles({ name: 'x.png', mimeType: 'image/png', buffer: Buffer.from('<svg/>') })
    await dialog.getByText('This file cannot be shown.').waitFor()
    await file.setInputFiles({ name: 'me.svg', mimeType: 'image/svg+xml', buffer: await portrait(page) })
    await dialog.getByAltText('Your choice').waitFor()
    expect(await violationsInBothThemes(page, { within: '[role="dialog"]' })).toEqual([])
    if (process.env.PICTURE) await page.screenshot({ path: `${process.env.PICTURE}-picture.png` })
    await dialog.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Your picture is changed').waitFor()
    const shown = page.getByRole('button', { name: /^Account/ }).locator('.av img')
    await shown.waitFor()
    await until(
      'the picture is loaded',
      () => shown.evaluate((image) => (image as HTMLImageElement).naturalWidth),
      (width) => width === 256,
    )
    await row.locator('.av img').waitFor()
    if (process.env.PICTURE) await other.page.screenshot({ path: `${process.env.PICTURE}-members.png` })
    await choose(page, 'Picture')
    if (process.env.PICTURE) await page.screenshot({ path: `${process.env.PICTURE}-present.png` })
    await dialog.getByRole('button', { name: 'Remove the picture' }).click()
    await page.getByText('Your picture is removed').waitFor()
    await shown.waitFor({ state: 'detached' })
    await row.locator('.av img').waitFor({ state: 'detached' })
    expect([...complaints, ...other.complaints]).toEqual([])
    await context.close()
    await other.context.close()
  })

  test('the password is changed with the current one', async () => {
    const { context, page, complaints } = await visit(browser)
    await signIn(page, server.url, EMAIL)
    await choose(page, 'Change password')
    const dialog = page.getByRole('dialog', { name: 'Change password' })
    await dialog.getByLabel('Current password').fill('not this one')
    await dialog.getByLabel('New password').fill(NEW_PASSWORD)
    await dialog.getByRole('button', { name: 'Change password' }).click()
    await dialog.getByText('This is not your current password.').waitFor()
    await dialog.locator('[aria-invalid="true"]:focus').waitFor()
    await dialog.getByLabel('Current password').fill(PASSWORD)
    await dialog.getByRole('button', { name: 'Change password' }).click()
    await page.getByText('Your password is changed').waitFor()
    await new Person(server.url).signIn(EMAIL, NEW_PASSWORD)
    expect(complaints).toEqual([])
    await context.close()
  })

  test('who forgot the password gets a sign-in link from an administrator', async () => {
    const { context, page, complaints } = await visit(browser)
    await session(page, server.url, 'ines@example.com')
    await page.goto(`${server.url}/o/fieldnote/settings/members`)
    await page.getByRole('button', { name: 'Actions for Ana Lima' }).click()
    await page.getByRole('menuitem', { name: 'New sign-in link' }).click()
    const dialog = page.getByRole('dialog', { name: 'Sign-in link for Ana Lima' })
    await dialog.getByRole('button', { name: 'Make sign-in link' }).click()
    const link = await dialog.locator('.keybox code').innerText()
    if (process.env.PICTURE) await page.screenshot({ path: `${process.env.PICTURE}-link.png` })
    const ana = await visit(browser)
    await ana.page.goto(link)
    await ana.page.getByLabel('New password').fill('a third quiet harbour 44')
    await ana.page.getByRole('button', { name: 'Set password and sign in' }).click()
    await ana.page.getByRole('button', { name: 'Account: Ana Lima' }).waitFor()
    expect([...complaints, ...ana.complaints]).toEqual([])
    await context.close()
    await ana.context.close()
  })
})
