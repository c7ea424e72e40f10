import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import { join, type Person, setUp } from '../support/client.ts'
import type { TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import { composer, hasBrowser, launch, visit } from './support/browser.ts'
import { startEmpty } from './support/server.ts'

describe.skipIf(!hasBrowser)('a sign-in link in a browser', () => {
  let server: TestServer
  let browser: Browser
  let admin: Person

  beforeAll(async () => {
    await buildApp()
    server = await startEmpty()
    admin = await setUp(server)
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  test('U10 sets a new password, signs in, and says afterwards that it was used', async () => {
    const tomasz = await join(admin, 'Tomasz Nowak')
    const { body } = await admin.in<{ sign_in_url: string }>('POST', `/users/${tomasz.user_id}/sign-in-link`)
    const { page, context, complaints } = await visit(browser)
    await page.goto(body.sign_in_url)
    await page.getByText('tomasz.nowak@example.com').waitFor()
    await page.getByLabel('New password', { exact: true }).fill('short')
    await page.getByRole('button', { name: 'Set password and sign in' }).click()
    await page.getByText('At least 10 characters.').waitFor()
    await page.getByLabel('New password', { exact: true }).fill('password123')
    await page.getByRole('button', { name: 'Set password and sign in' }).click()
    await page.getByText('tried first').waitFor()
    await page.getByLabel('New password', { exact: true }).fill('the new harbour of 7')
    await page.getByRole('button', { name: 'Set password and sign in' }).click()
    await composer(page).waitFor()
    await page.goto(body.sign_in_url)
    await page.getByText('This link does not work.').waitFor()
    expect(complaints).toEqual([])
    await context.close()
  })
})
