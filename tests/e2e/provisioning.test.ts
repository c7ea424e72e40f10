import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import { join, type Person, setUp } from '../support/client.ts'
import { newUser, Provider } from '../support/scim.ts'
import type { TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import { violationsInBothThemes } from './support/axe.ts'
import { hasBrowser, launch, signIn, type Visit, visit } from './support/browser.ts'
import { startEmpty } from './support/server.ts'

describe.skipIf(!hasBrowser)('provisioning in a browser', () => {
  let server: TestServer
  let browser: Browser
  let admin: Person
  let ines: Visit

  beforeAll(async () => {
    await buildApp()
    server = await startEmpty()
    admin = await setUp(server)
    await join(admin, 'Ana Lima')
    browser = await launch()
    ines = await visit(browser)
    await signIn(ines.page, server.url, 'ines@example.com')
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  const path = (tab: string) => `${server.url}/o/fieldnote/settings/${tab}`
  const base_url = () => `${server.url}/api/v1/orgs/fieldnote/scim/v2`

  test('a token is made, shown once, used by a provider and revoked', async () => {
    const { page } = ines
    await page.goto(path('provisioning'))
    await page.getByText('There is no token').waitFor()
    await page.getByText(base_url()).waitFor()
    expect(await violationsInBothThemes(page)).toEqual([])
    await page.getByRole('button', { name: 'Make a token…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Token for an identity provider' })
    await dialog.getByLabel('Name of the provider').fill('Our <b>directory</b>')
    await dialog.getByRole('button', { name: 'Make token' }).click()
    const token = (await dialog.getByText(/^mc_scim_/).textContent()) ?? ''
    await dialog.getByText(base_url()).waitFor()
    expect(await violationsInBothThemes(page)).toEqual([])
    // What is shown once is not lost by a key or a click beside it.
    await page.keyboard.press('Escape')
    await dialog.getByRole('button', { name: 'I stored it' }).click()
    await dialog.waitFor({ state: 'detached' })
    await page.getByText('Our <b>directory</b>').waitFor()
    await page.getByText('Never used').waitFor()
    expect(await page.getByText(token).count()).toBe(0)

    const provider = new Provider(server.url, 'fieldnote', token)
    const { body: una } = await provider.post('/Users', newUser('Una Lowe'))
    await page.goto(path('members'))
    await page.getByText('Una Lowe').first().waitFor()
    await provider.patch(`/Users/${una.id}`, { op: 'replace', path: 'active', value: false })
    await page.getByText('Deactivated', { exact: true }).waitFor()
    await provider.patch('/Groups/administrators', { op: 'add', path: 'members', value: [{ value: una.id }] })
    await page.goto(`${server.url}/o/fieldnote/events`)
    await page.getByText('made the provisioning token').first().waitFor()

    await page.goto(path('provisioning'))
    await page.getByText(/^Used/).waitFor()
    await page.getByRole('button', { name: 'Revoke Our <b>directory</b>' }).click()
    const alert = page.getByRole('alertdialog')
    expect(await violationsInBothThemes(page)).toEqual([])
    await alert.getByRole('button', { name: 'Revoke token' }).click()
    await page.getByText('There is no token').waitFor()
    expect((await provider.get('/Users')).status).toBe(401)
    await page.setViewportSize({ width: 390, height: 844 })
    expect(await violationsInBothThemes(page)).toEqual([])
    const wider = await page.evaluate(
      () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
    )
    expect(wider).toBe(false)
    await page.setViewportSize({ width: 1280, height: 800 })
  })

  test('a token that is made elsewhere is listed at once', async () => {
    const { page } = ines
    await page.goto(path('provisioning'))
    await page.getByText('There is no token').waitFor()
    const { body } = await admin.in<{ id: string }>('POST', '/scim-tokens', { name: 'Elsewhere' })
    await page.getByText('Elsewhere').waitFor()
    await admin.in('DELETE', `/scim-tokens/${body.id}`)
    await page.getByText('There is no token').waitFor()
  })

  test('contributors have no such page', async () => {
    const ana = await visit(browser)
    await signIn(ana.page, server.url, 'ana.lima@example.com')
    await ana.page.goto(path('provisioning'))
    await ana.page.getByText('There is no such page of the settings').waitFor()
    expect(await ana.page.getByRole('link', { name: 'Provisioning', exact: true }).count()).toBe(0)
  })
})
