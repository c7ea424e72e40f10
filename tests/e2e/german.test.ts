/** The app in German, as the browser asks for it: what a person reads on the way from the sign-in to a message. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { addAgent, type Channel, generalChannel, PASSWORD, type Person, setUp } from '../support/client.ts'
import type { TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import { violations } from './support/axe.ts'
import { hasBrowser, launch, until, type Visit, visit } from './support/browser.ts'
import { startEmpty } from './support/server.ts'

describe.skipIf(!hasBrowser)('in German', () => {
  let server: TestServer
  let browser: Browser
  let admin: Person
  let channel: Channel
  let german: Visit

  beforeAll(async () => {
    await buildApp()
    server = await startEmpty()
    admin = await setUp(server)
    channel = await generalChannel(admin)
    await addAgent(admin, 'forge')
    await admin.in('POST', '/tasks', { title: 'Uhren abgleichen', priority: 'high' })
    browser = await launch()
    german = await visit(browser, { locale: 'de-AT' })
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  const heading = (page: Page, name: string) =>
    page.getByRole('heading', { name, level: 1, exact: true }).waitFor()

  test('the sign-in says what was wrong, and lets in', async () => {
    const { page } = german
    await page.goto(`${server.url}/login`)
    await heading(page, 'Anmelden')
    expect(await page.evaluate('document.documentElement.lang')).toBe('de')
    expect(await page.title()).toBe('Anmelden · Mission Control')
    await page.getByLabel('E-Mail').fill('ines@example.com')
    await page.getByLabel('Passwort', { exact: true }).fill('falsch')
    await page.getByRole('button', { name: 'Anmelden' }).click()
    await page.getByText('E-Mail oder Passwort ist nicht richtig.').waitFor()
    expect(await violations(page)).toEqual([])
    await page.getByLabel('Passwort', { exact: true }).fill(PASSWORD)
    await page.getByRole('button', { name: 'Anmelden' }).click()
    await page.getByRole('navigation', { name: 'Hauptnavigation' }).waitFor()
  })

  test('the server knows the language of the app, for its mails, and which one was chosen instead', async () => {
    const { page } = german
    const known = (language: string) =>
      until(
        `the server knows ${language}`,
        async () => (await admin.call<{ user: { language: string } }>('GET', '/auth/me')).body.user.language,
        (told) => told === language,
      )
    await known('de')
    for (const [name, language] of [
      ['English', 'en'],
      ['Deutsch', 'de'],
    ] as const) {
      await page.locator('button.me').click()
      await page.getByRole('menuitemradio', { name }).click()
      await page.waitForFunction(`document.documentElement.lang === '${language}'`)
      await known(language)
    }
    await page.getByRole('navigation', { name: 'Hauptnavigation' }).waitFor()
  })

  test('a refusal of the server is told in German, with the field that it is about', async () => {
    const { page } = german
    await page.getByRole('button', { name: 'Neuer Kanal' }).click()
    const dialog = page.getByRole('dialog', { name: 'Neuer Kanal' })
    await dialog.getByLabel('Name').fill('a\u202eb')
    await dialog.getByRole('button', { name: 'Kanal anlegen' }).click()
    await dialog.getByText('Darf keine Steuer- oder Richtungszeichen enthalten.').waitFor()
    await dialog.getByRole('button', { name: 'Abbrechen' }).click()
    await dialog.waitFor({ state: 'detached' })
  })

  test('a message is written, and its time and day are those of the language', async () => {
    const { page } = german
    await page.goto(`${server.url}/o/fieldnote/channels/${channel.id}`)
    const field = page.locator('textarea').first()
    await field.fill('Guten Morgen')
    await field.press('Enter')
    await page.locator('.log article .prose', { hasText: 'Guten Morgen' }).waitFor()
    await page.getByText('Heute', { exact: true }).first().waitFor()
  })

  test('board and settings are in German', async () => {
    const { page, complaints } = german
    await page.goto(`${server.url}/o/fieldnote/tasks`)
    await heading(page, 'Aufgaben')
    for (const status of ['Rückstand', 'In Arbeit', 'In Prüfung', 'Fertig'])
      await page.getByText(status, { exact: true }).first().waitFor()
    await page.goto(`${server.url}/o/fieldnote/settings/general`)
    await heading(page, 'Einstellungen')
    expect(await violations(page)).toEqual([])
    expect(complaints).toEqual([])
  })

  test('another language is chosen in the account menu, and stays after a reload', async () => {
    const { page } = german
    await page.getByRole('button', { name: /^Konto/ }).click()
    await page.getByRole('menuitemradio', { name: 'English' }).click()
    await heading(page, 'Settings')
    await page.reload()
    await heading(page, 'Settings')
    expect(await page.evaluate('document.documentElement.lang')).toBe('en')
  })
})
