import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import { generalChannel, join, type Person, setUp } from '../support/client.ts'
import { type MailServer, startMailServer } from '../support/mail-server.ts'
import type { TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import { violationsInBothThemes } from './support/axe.ts'
import { hasBrowser, launch, session, visit } from './support/browser.ts'
import { startEmpty } from './support/server.ts'

const ADDRESS = 'ana.lima@example.com'
const WINDOWS = { desk: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } } as const

describe.skipIf(!hasBrowser)('mails in a browser', () => {
  let smtp: MailServer
  let server: TestServer
  let browser: Browser
  let admin: Person
  let ana: Person

  beforeAll(async () => {
    await buildApp()
    smtp = await startMailServer()
    server = await startEmpty({ env: { MC_SMTP_URL: smtp.url, MC_EMAIL_DELAY_SECONDS: '0' } })
    admin = await setUp(server)
    ana = await join(admin, 'Ana Lima', 'contributor', () => smtp.mailsTo(ADDRESS))
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
    await smtp?.stop()
  })

  async function mention() {
    const general = await generalChannel(admin)
    await admin.in('POST', `/channels/${general.id}/messages`, { content: '@ana-lima have a look' })
  }
  const settings = () => `${server.url}/o/fieldnote/settings/notifications`

  test('an administrator sees why a mail failed, and resends it', async () => {
    smtp.next(ADDRESS, 'refuse')
    await mention()
    const { page, context, complaints } = await visit(browser)
    await session(page, server.url, 'ines@example.com')
    await page.goto(settings())
    const failed = page.getByRole('list', { name: 'Mails that failed' })
    await failed.getByText('550 5.1.1 No such user here').waitFor()
    await page.getByText('one has failed').waitFor()
    for (const viewport of Object.values(WINDOWS)) {
      await page.setViewportSize(viewport)
      expect(await violationsInBothThemes(page)).toEqual([])
    }
    await failed.getByRole('button', { name: /^Resend the mail to .*ana\.lima@example\.com/ }).click()
    await failed.waitFor({ state: 'detached' })
    await smtp.mailsTo(ADDRESS, 2)
    await page.getByText('none has failed').waitFor()
    expect(complaints).toEqual([])
    await context.close()
  })

  test('an administrator sets the author of mails', async () => {
    const { page, context, complaints } = await visit(browser)
    await session(page, server.url, 'ines@example.com')
    await page.goto(settings())
    await page.getByLabel('Mails come from').fill('team@fieldnote.example')
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByText('Mails come from team@fieldnote.example.').waitFor()
    await mention()
    const [, , mail] = await smtp.mailsTo(ADDRESS, 3)
    expect([mail?.mail.from?.address, mail?.from]).toEqual([
      'team@fieldnote.example',
      'mission-control@localhost',
    ])
    expect(complaints).toEqual([])
    await context.close()
  })

  test('a contributor sees nothing of the mails of others', async () => {
    const { page, context } = await visit(browser)
    await session(page, server.url, ADDRESS)
    await page.goto(settings())
    await page.getByRole('heading', { name: 'Delivery of e-mail' }).waitFor()
    await page.getByText('Mails come from team@fieldnote.example.').waitFor()
    expect(await page.getByText(/No mail waits|mails? waits?/).count()).toBe(0)
    await context.close()
  })

  test('the link of a mail asks before it unsubscribes, and works without a session', async () => {
    const [, mail] = await smtp.mailsTo(ADDRESS, 2)
    const link = /https?:\S+\/unsubscribe\?token=\S+/.exec(mail?.mail.text ?? '')?.[0] ?? ''
    const preference = async () =>
      (await ana.in<{ notification_preferences: { email: string } }>('GET', '/users/me')).body
        .notification_preferences.email
    const before = await preference()
    const { page, context, complaints } = await visit(browser)
    await page.goto(link)
    const button = page.getByRole('button', { name: 'Unsubscribe' })
    await button.waitFor()
    expect(await preference()).toBe(before)
    for (const viewport of Object.values(WINDOWS)) {
      await page.setViewportSize(viewport)
      expect(await violationsInBothThemes(page)).toEqual([])
    }
    await button.click()
    await page.getByText('You get no more mails about notifications of Fieldnote.').waitFor()
    expect(await preference()).toBe('none')
    expect(await violationsInBothThemes(page)).toEqual([])
    expect(complaints).toEqual([])
    await page.goto(`${server.url}/unsubscribe?token=x`)
    await page.getByRole('button', { name: 'Unsubscribe' }).click()
    await page.getByText('This link does not work.').waitFor()
    expect(await violationsInBothThemes(page)).toEqual([])
    await context.close()
  })
})

test.skipIf(!hasBrowser)('without a mail server the settings say that e-mail is off', async () => {
  const server = await startEmpty()
  await setUp(server)
  const browser = await launch()
  const { page } = await visit(browser)
  await session(page, server.url, 'ines@example.com')
  await page.goto(`${server.url}/o/fieldnote/settings/notifications`)
  await page.getByText('E-mail is off: no mail server is configured').waitFor()
  expect(await violationsInBothThemes(page)).toEqual([])
  await browser.close()
  await server.stop()
})
