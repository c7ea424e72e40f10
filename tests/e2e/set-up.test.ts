import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { PASSWORD } from '../support/client.ts'
import type { TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import { composer, hasBrowser, launch, say, signIn, visit, waitForText } from './support/browser.ts'
import { startEmpty } from './support/server.ts'

describe.skipIf(!hasBrowser)('first run in a browser', () => {
  let server: TestServer
  let browser: Browser

  beforeAll(async () => {
    await buildApp()
    server = await startEmpty()
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  const link = () => `${server.url}/setup?token=${server.setup_token}`

  test('a link that is not whole, or not right, says what to do', async () => {
    const { page, context, complaints } = await visit(browser)
    await page.goto(`${server.url}/setup`)
    await page.getByText('This address is not the whole set-up link.').waitFor()
    await page.goto(`${server.url}/setup?token=wrong`)
    await page.getByText('This set-up link is not valid.').waitFor()
    expect(await page.getByLabel('E-mail').count()).toBe(0)
    expect(await page.locator('.steps .is-done').count()).toBe(0)
    await page.goto(link())
    await page.locator('.steps .is-done', { hasText: 'Set-up link' }).waitFor()
    await page.getByLabel('E-mail').waitFor()
    expect(complaints).toEqual([])
    await context.close()
  })

  test('sign-in says that the server is not set up', async () => {
    const { page, context } = await visit(browser)
    await page.goto(server.url)
    await page.waitForURL(/\/login/)
    await page.getByText('This server is not set up yet.').waitFor()
    await context.close()
  })

  test('the form names each mistake at its field, then sets up, signs in and opens general', async () => {
    const { page, context, complaints } = await visit(browser)
    await page.goto(link())
    await page.getByRole('button', { name: 'Create organization' }).click()
    await page.getByText('Type your name.').waitFor()
    await page.getByText('Type an e-mail address.').waitFor()

    await page.getByLabel('Name').first().fill('Ines Carvalho')
    await page.getByLabel('E-mail').fill('ines@example.com')
    await page.getByLabel('Password', { exact: true }).fill('password123')
    await page.getByLabel('Name').nth(1).fill('Fieldnote Ltd')
    expect(await page.getByLabel('Address').inputValue()).toBe('fieldnote-ltd')
    await page.getByLabel('Address').fill('login')
    await page.getByText('This address is reserved.').waitFor()
    await page.getByLabel('Address').fill('fieldnote')
    await page.getByRole('button', { name: 'Create organization' }).click()
    // The server knows more common passwords than the form does.
    await page
      .locator('.fld', { has: page.getByLabel('Password', { exact: true }) })
      .locator('.err')
      .waitFor()
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await page.getByRole('button', { name: 'Create organization' }).click()

    await page.waitForURL(/\/o\/fieldnote\/channels\/[0-9a-f-]+$/)
    await page.getByRole('heading', { level: 1, name: 'general' }).waitFor()
    await page.getByText('Events live').waitFor()
    await composer(page).waitFor()
    await say(page, 'the first word')
    await waitForText(page, 'the first word')
    expect(complaints).toEqual([])
    await context.close()
  })

  test('the first agent gets its key in general, says hello by the offered lines, and is seen', async () => {
    const { page, context, complaints } = await visit(browser)
    await signIn(page, server.url, 'ines@example.com')
    await page.getByRole('button', { name: 'Add your first agent' }).click()
    const form = page.getByRole('dialog', { name: 'Add an agent' })
    await form.getByLabel('Name').fill('Forge')
    await form.getByRole('button', { name: 'Add agent' }).click()
    const dialog = page.getByRole('dialog', { name: /^Key of/ })
    await dialog.getByText('to connect').waitFor()
    const [, env = '', hello = ''] = await dialog.locator('.keybox code').allTextContents()
    const folder = mkdtempSync(join(tmpdir(), 'mc-first-agent-'))
    try {
      writeFileSync(join(folder, '.env'), env)
      const shell = Bun.spawn(['sh', '-c', hello], {
        cwd: folder,
        env: process.env,
        stdout: 'ignore',
        stderr: 'inherit',
      })
      expect(await shell.exited).toBe(0)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
    await dialog.getByText('Hello!').waitFor()
    const opened = context.waitForEvent('page')
    await dialog.getByRole('link', { name: 'guide for agents' }).click()
    const guide = await opened
    await guide.getByRole('heading', { name: 'Guide for agents' }).waitFor()
    await guide.getByText(server.url).first().waitFor()
    await guide.close()
    await dialog.getByRole('button', { name: 'I stored it' }).click()
    await waitForText(page, 'Hello!')
    await page.getByRole('button', { name: 'Add your first agent' }).waitFor({ state: 'detached' })
    expect(complaints).toEqual([])
    await context.close()
  })

  test('the used link leads to sign-in', async () => {
    const { page, context } = await visit(browser)
    await page.goto(link())
    await page.getByText('This server is set up already.').waitFor()
    await page.getByRole('link', { name: 'Go to sign-in' }).click()
    await page.waitForURL(/\/login/)
    await context.close()
  })

  test('a wrong password is reported at the field, and the right one opens the page left before', async () => {
    const { page, context, complaints } = await visit(browser)
    await page.goto(`${server.url}/o/fieldnote/settings/members`)
    await page.waitForURL(/\/login\?return_to=/)
    await page.getByLabel('E-mail').fill('ines@example.com')
    await page.getByLabel('Password', { exact: true }).fill('not this one')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('E-mail or password is not right.').waitFor()
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL(/\/settings\/members$/)
    await page.getByRole('row', { name: /Ines Carvalho/ }).waitFor()
    expect(complaints).toEqual([])
    await context.close()
  })
})
