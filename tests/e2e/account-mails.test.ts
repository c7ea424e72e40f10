import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import { join, PASSWORD, type Person, setUp } from '../support/client.ts'
import { type MailServer, startMailServer } from '../support/mail-server.ts'
import type { TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import { violationsInBothThemes } from './support/axe.ts'
import { hasBrowser, launch, signIn, visit } from './support/browser.ts'
import { startServer } from './support/server.ts'

const EMAIL = 'ana.lima@example.com'
const NEW_EMAIL = 'ana@example.org'
const NEW_PASSWORD = 'another quiet harbour 43'

describe.skipIf(!hasBrowser)('mails to an account, in a browser', () => {
  let smtp: MailServer
  let server: TestServer
  let browser: Browser
  let admin: Person

  beforeAll(async () => {
    await buildApp()
    smtp = await startMailServer()
    server = await startServer({
      env: { MC_SMTP_URL: smtp.url, MC_EMAIL_FROM: 'mc@fieldnote.example', MC_RATE_LIMITS: 'off' },
    })
    admin = await setUp(server)
    await join(admin, 'Ana Lima')
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
    await smtp?.stop()
  })

  /** The link in the last of so many mails to an address. */
  async function linkTo(address: string, mails: number): Promise<string> {
    const { mail } = (await smtp.mailsTo(address, mails))[mails - 1]!
    const link = /https?:\S+\/(sign-in-link|confirm-email)\/\S+/.exec(mail.text ?? '')?.[0]
    if (link === undefined) throw new Error(`no link in: ${mail.text}`)
    return link
  }

  test('U16 who forgot the password asks for a mail on the sign-in page, and sets a new one', async () => {
    const { page, context, complaints } = await visit(browser)
    await page.goto(`${server.url}/login`)
    await page.getByLabel('E-mail').fill(EMAIL)
    await page.getByRole('link', { name: 'Forgot your password?' }).click()
    await page.getByRole('heading', { name: 'Forgotten password' }).waitFor()
    expect(await page.getByLabel('E-mail').inputValue()).toBe(EMAIL)
    expect(await violationsInBothThemes(page)).toEqual([])
    await page.getByRole('button', { name: 'Mail me a link' }).click()
    await page.getByRole('status').getByText('a mail with a link is on its way').waitFor()
    expect(await violationsInBothThemes(page)).toEqual([])
    // The first mail is that of the invite.
    await page.goto(await linkTo(EMAIL, 2))
    await page.getByText(EMAIL).waitFor()
    await page.getByLabel('New password', { exact: true }).fill(NEW_PASSWORD)
    await page.getByRole('button', { name: 'Set password and sign in' }).click()
    await page.getByRole('button', { name: 'Account: Ana Lima' }).waitFor()
    expect(complaints).toEqual([])
    await context.close()
  })

  test('U17 the address is changed from the account menu, by a mail to the new one', async () => {
    await join(admin, 'Tomasz Nowak')
    const email = 'tomasz.nowak@example.com'
    const { page, context, complaints } = await visit(browser)
    await signIn(page, server.url, email)
    await page.waitForURL(/\/channels\//)
    await page.getByRole('button', { name: /^Account/ }).click()
    await page.getByRole('menuitem', { name: 'Change e-mail' }).click()
    const dialog = page.getByRole('dialog', { name: 'Change e-mail' })
    await dialog.getByLabel('New e-mail').fill(email)
    await dialog.getByLabel('Current password').fill('not this one')
    await dialog.getByRole('button', { name: 'Mail a link' }).click()
    await dialog.getByText('This is your present address.').waitFor()
    await dialog.getByLabel('New e-mail').fill(NEW_EMAIL)
    await dialog.getByRole('button', { name: 'Mail a link' }).click()
    await dialog.getByText('This is not your current password.').waitFor()
    await dialog.getByLabel('Current password').fill(PASSWORD)
    await dialog.getByRole('button', { name: 'Mail a link' }).click()
    await dialog.getByText('A mail with a link is on its way').waitFor()
    await dialog.getByRole('button', { name: 'Close' }).last().click()
    const link = await linkTo(NEW_EMAIL, 1)
    await page.goto(link)
    await page.getByRole('button', { name: 'Confirm the address' }).waitFor()
    expect(await violationsInBothThemes(page)).toEqual([])
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await page.getByRole('button', { name: 'Confirm the address' }).click()
    await page.getByRole('status').getByText('You sign in with').waitFor()
    await page.goto(link)
    await page.getByText('This link does not work.').waitFor()
    await page.getByRole('link', { name: 'Open Mission Control' }).click()
    await page.getByRole('button', { name: /^Account/ }).click()
    await page.getByText(NEW_EMAIL).waitFor()
    expect(complaints).toEqual([])
    await context.close()
  })
})
