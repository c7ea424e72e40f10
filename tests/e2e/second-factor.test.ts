import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { totpCode, totpStep } from '../../src/auth/totp.ts'
import { join, PASSWORD, setUp } from '../support/client.ts'
import { databaseOf, type TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import { violationsInBothThemes } from './support/axe.ts'
import { hasBrowser, launch, signIn, visit } from './support/browser.ts'
import { startEmpty } from './support/server.ts'

const EMAIL = 'ana.lima@example.com'

describe.skipIf(!hasBrowser)('second factor and passkeys in a browser', () => {
  let server: TestServer
  let browser: Browser
  /** Passkeys are bound to a name, never to a bare address. */
  let url: string

  beforeAll(async () => {
    await buildApp()
    server = await startEmpty({ env: { MC_RATE_LIMITS: 'off' } })
    url = server.url
    const admin = await setUp(server)
    await join(admin, 'Ana Lima')
    await join(admin, 'Pia Key')
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  async function choose(page: Page, item: string): Promise<void> {
    await page.waitForURL(/\/channels\//)
    await page.getByRole('button', { name: /^Account/ }).click()
    await page.getByRole('menuitem', { name: item }).click()
  }

  function codeOf(secret: string): string {
    const bits = [...secret]
      .map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0'))
      .join('')
    const bytes = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
    return totpCode(bytes, totpStep(Date.now()))
  }

  async function typePassword(page: Page, email: string): Promise<void> {
    await page.goto(`${url}/login`)
    await page.getByLabel('E-mail').fill(email)
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByRole('heading', { name: 'Second step' }).waitFor()
  }

  test('U19 U20 a second factor is turned on from the account menu, and asked for at the next sign-in', async () => {
    const { page, context, complaints } = await visit(browser)
    await signIn(page, url, EMAIL)
    await choose(page, 'Second factor')
    const dialog = page.getByRole('dialog', { name: 'Second factor' })
    await dialog.getByLabel('Current password').fill('not this one')
    await dialog.getByRole('button', { name: 'Continue' }).click()
    await dialog.getByText('This is not your current password.').waitFor()
    await dialog.getByLabel('Current password').fill(PASSWORD)
    await dialog.getByRole('button', { name: 'Continue' }).click()
    await dialog.getByRole('img', { name: 'QR code' }).waitFor()
    await dialog.locator('input[autocomplete="one-time-code"]:focus').waitFor()
    expect(await violationsInBothThemes(page, { within: '[role=dialog]' })).toEqual([])
    if (process.env.PICTURE) await page.screenshot({ path: `${process.env.PICTURE}-qr.png` })
    const secret = await dialog.locator('.keybox code').innerText()
    await dialog.getByLabel('Code').fill('000000')
    await dialog.getByRole('button', { name: 'Turn on' }).click()
    await dialog.getByText('This code is not right.').waitFor()
    await dialog.getByLabel('Code').fill(codeOf(secret))
    await dialog.getByRole('button', { name: 'Turn on' }).click()
    const codes = dialog.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem')
    await codes.first().waitFor()
    expect(await codes.count()).toBe(10)
    expect(await violationsInBothThemes(page, { within: '[role=dialog]' })).toEqual([])
    if (process.env.PICTURE) await page.screenshot({ path: `${process.env.PICTURE}-codes.png` })
    const [first = '', second = ''] = await codes.allInnerTexts()
    await dialog.getByRole('button', { name: 'I stored them' }).click()
    await dialog.waitFor({ state: 'detached' })
    await context.close()

    const later = await visit(browser)
    await typePassword(later.page, EMAIL)
    expect(await violationsInBothThemes(later.page)).toEqual([])
    if (process.env.PICTURE) await later.page.screenshot({ path: `${process.env.PICTURE}-step.png` })
    await later.page.getByLabel('Code', { exact: true }).fill('000000')
    await later.page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await later.page.getByText('This code is not right').waitFor()
    // The code that turned it on is used up; nobody waits half a minute for the next one.
    const sql = databaseOf(server)
    await sql`update second_factors set last_step = 0`
    await sql.end()
    await later.page.getByLabel('Code', { exact: true }).fill(codeOf(secret))
    await later.page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await later.page.getByRole('button', { name: 'Account: Ana Lima' }).waitFor()
    await later.context.close()

    const lost = await visit(browser)
    await typePassword(lost.page, EMAIL)
    await lost.page.getByRole('button', { name: 'Use a recovery code' }).click()
    await lost.page.getByLabel('Recovery code').fill(first)
    await lost.page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await choose(lost.page, 'Second factor')
    const state = lost.page.getByRole('dialog', { name: 'Second factor' })
    await state.getByText('Recovery codes left: 9.').waitFor()
    await state.getByRole('button', { name: 'Turn off' }).click()
    await state.getByLabel('Current password').fill(PASSWORD)
    await state.getByLabel('Code').fill(second)
    expect(await violationsInBothThemes(lost.page, { within: '[role=dialog]' })).toEqual([])
    await state.getByRole('button', { name: 'Turn off' }).last().click()
    await lost.page.getByText('The second factor is off').waitFor()
    expect([...complaints, ...later.complaints, ...lost.complaints]).toEqual([])
    await lost.context.close()
  })

  test('U20 a reload of the second step begins the sign-in again', async () => {
    const { page, context } = await visit(browser)
    await page.goto(`${url}/second-step`)
    await page.waitForURL(/\/login/)
    await context.close()
  })

  test('U23 U25 a passkey of the browser is added, signs in, and is removed', async () => {
    const { page, context, complaints } = await visit(browser)
    const cdp = await context.newCDPSession(page)
    await cdp.send('WebAuthn.enable')
    await cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    })
    await signIn(page, url, 'pia.key@example.com')
    await choose(page, 'Passkeys')
    const dialog = page.getByRole('dialog', { name: 'Passkeys' })
    await dialog.getByRole('button', { name: 'Add a passkey' }).click()
    await dialog.getByLabel('Name').fill('This laptop')
    await dialog.getByLabel('Current password').fill(PASSWORD)
    expect(await violationsInBothThemes(page, { within: '[role=dialog]' })).toEqual([])
    await dialog.getByRole('button', { name: 'Make passkey' }).click()
    await dialog.getByText('This laptop').waitFor()
    expect(await violationsInBothThemes(page, { within: '[role=dialog]' })).toEqual([])
    if (process.env.PICTURE) await page.screenshot({ path: `${process.env.PICTURE}-passkeys.png` })
    await dialog.getByRole('button', { name: 'Close' }).last().click()
    await dialog.waitFor({ state: 'detached' })
    await context.clearCookies()

    await page.goto(`${url}/login`)
    const button = page.getByRole('button', { name: 'Use a passkey' })
    await button.waitFor()
    expect(await violationsInBothThemes(page)).toEqual([])
    if (process.env.PICTURE) await page.screenshot({ path: `${process.env.PICTURE}-login.png` })
    await button.click()
    await page.getByRole('button', { name: 'Account: Pia Key' }).waitFor()

    await choose(page, 'Passkeys')
    await dialog.getByText('used').waitFor()
    await dialog.getByRole('button', { name: 'Remove This laptop' }).click()
    await dialog.getByLabel('Current password').fill(PASSWORD)
    await dialog.getByRole('button', { name: 'Remove', exact: true }).click()
    await page.getByText('The passkey is removed').waitFor()
    await dialog.getByRole('button', { name: 'Close' }).last().click()
    await context.clearCookies()
    await page.goto(`${url}/login`)
    await button.click()
    await page.getByText('This passkey does not open an account here.').waitFor()
    expect(complaints).toEqual([])
    await context.close()
  })
})
