import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import {
  addAgent,
  type Channel,
  generalChannel,
  join,
  type Message,
  type Person,
  setUp,
} from '../support/client.ts'
import type { TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import { violationsInBothThemes } from './support/axe.ts'
import { composer, hasBrowser, launch, openChannel, session, signIn, visit } from './support/browser.ts'
import { startEmpty } from './support/server.ts'

const WINDOWS = { desk: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } } as const

describe.skipIf(!hasBrowser)('axe finds nothing', () => {
  let server: TestServer
  let browser: Browser
  let admin: Person
  let channel: Channel
  let setup_link: string

  beforeAll(async () => {
    await buildApp()
    server = await startEmpty({ env: { DEPLOYMENT_MODE: 'multi-tenant' } })
    setup_link = `${server.url}/setup?token=${server.setup_token}`
    browser = await launch()
    const { page, context } = await visit(browser)
    await page.goto(setup_link)
    await page.getByRole('button', { name: 'Create organization' }).click()
    await page.getByText('Type your name.').waitFor()
    expect(await violationsInBothThemes(page)).toEqual([])
    await context.close()
    admin = await setUp(server)
    channel = await generalChannel(admin)
    await fill()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  /** Everything that a channel can show. */
  async function fill(): Promise<void> {
    const mei = await join(admin, 'Mei Lindqvist')
    const forge = await addAgent(admin, 'forge')
    const post = (who: { in: Person['in'] }, body: Record<string, unknown>) =>
      who.in<Message>('POST', `/channels/${channel.id}/messages`, body)
    await admin.in('POST', '/users', {
      type: 'human',
      email: 'priya@example.com',
      display_name: 'Priya Shah',
      role: 'contributor',
    })
    const asked = (
      await post(mei, {
        content:
          '@forge @ines-carvalho look: **bold** `code` https://example.com\n\n- a\n- b\n\n> quoted\n\n| a | b |\n|---|---|\n| 1 | 2 |',
      })
    ).body
    for (const state of ['queued', 'working'])
      await forge.in('POST', `/channels/${channel.id}/messages/${asked.seq}/deliveries`, { state })
    await post(forge, { content: '```ts src/a.ts\nconst a = 1 // one\n```', reply_to: asked.id })
    await post(mei, { content: '/status @forge' })
    await post(forge, { content: 'a   1\nb   2', kind: 'command_output' })
    await admin.in('POST', '/channels', { name: 'releases' })
  }

  for (const [name, viewport] of Object.entries(WINDOWS)) {
    test(`before sign-in, ${name}`, async () => {
      const { page, context } = await visit(browser, { viewport })
      await page.goto(`${server.url}/login`)
      await page.getByLabel('E-mail').fill('ines@example.com')
      await page.getByLabel('Password', { exact: true }).fill('wrong')
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByRole('alert').waitFor()
      expect(await violationsInBothThemes(page)).toEqual([])
      await page.goto(`${server.url}/invite/${'x'.repeat(43)}`)
      await page.getByRole('alert').waitFor()
      expect(await violationsInBothThemes(page)).toEqual([])
      await page.goto(setup_link)
      await page.getByText('This server is set up already.').waitFor()
      expect(await violationsInBothThemes(page)).toEqual([])
      await page.goto(`${server.url}/nowhere`)
      await page.getByRole('heading', { name: 'Nothing is here' }).waitFor()
      expect(await violationsInBothThemes(page)).toEqual([])
      await context.close()
    })

    test(`signed in, ${name}`, async () => {
      const { page, context } = await visit(browser, { viewport })
      await session(page, server.url, 'ines@example.com')
      await page.goto(`${server.url}/orgs`)
      await page.getByRole('link', { name: /Fieldnote/ }).waitFor()
      expect(await violationsInBothThemes(page)).toEqual([])
      await openTalk(page, name)
      expect(await violationsInBothThemes(page)).toEqual([])
      await page.getByRole('button', { name: 'Channel details' }).click()
      await page.getByRole('complementary', { name: 'Channel details' }).waitFor()
      expect(await violationsInBothThemes(page)).toEqual([])
      if (name === 'phone') {
        // They cover everything, so nothing else can be reached; Escape leads back to where one came from.
        await page.locator('button[aria-label="Close details"]:focus').waitFor()
        await page.keyboard.press('Shift+Tab')
        expect(await page.evaluate('document.activeElement.closest(".talk, .roomhead")')).toBeNull()
        await page.getByRole('button', { name: 'Close details' }).focus()
        await page.keyboard.press('Escape')
        await page.locator('button[aria-label="Channel details"]:focus').waitFor()
      }
      await composer(page).pressSequentially('@')
      await page.getByRole('listbox').waitFor()
      expect(await violationsInBothThemes(page)).toEqual([])
      await composer(page).fill('')
      await page
        .getByRole('button', { name: /^Actions for/ })
        .first()
        .click()
      await page.getByRole('menu').waitFor()
      // A menu lies at the end of the page, outside of its landmarks, while it is open.
      expect(await violationsInBothThemes(page, { except: ['region'] })).toEqual([])
      await page.keyboard.press('Escape')
      if (name === 'phone') {
        await page.goto(`${server.url}/o/fieldnote/channels`)
        await page.getByRole('heading', { name: 'Channels' }).waitFor()
        expect(await violationsInBothThemes(page)).toEqual([])
      }
      await page.goto(`${server.url}/o/fieldnote/settings/members`)
      await page.getByText('Priya Shah').waitFor()
      expect(await violationsInBothThemes(page)).toEqual([])
      await page.getByRole('button', { name: 'Add agent' }).click()
      await page.getByRole('dialog').waitFor()
      await page.getByRole('dialog').getByRole('button', { name: 'Add agent' }).click()
      await page.getByText('Type a name.').waitFor()
      expect(await violationsInBothThemes(page)).toEqual([])
      await context.close()
    })
  }

  async function openTalk(page: Page, window: string): Promise<void> {
    if (window === 'desk') await openChannel(page, server.url, 'fieldnote', channel.id)
    else {
      await page.goto(`${server.url}/o/fieldnote/channels/${channel.id}`)
      await composer(page).waitFor()
    }
    await page.locator('.deliv').waitFor()
  }

  test('everything can be reached and done with the keyboard alone', async () => {
    const { page, context } = await visit(browser)
    await session(page, server.url, 'ines@example.com')
    await openChannel(page, server.url, 'fieldnote', channel.id)
    await page.locator('body').press('Alt+ArrowDown')
    await page.getByRole('heading', { level: 1, name: 'releases' }).waitFor()
    await composer(page).press('Tab')
    await page.keyboard.press('[')
    await page.locator('.shell.mini').waitFor()
    await page.keyboard.press('[')
    await page.locator('.shell:not(.mini)').waitFor()
    await page.keyboard.press('?')
    const dialog = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
    await dialog.waitFor()
    for (let at = 0; at < 8; at++) {
      await page.keyboard.press('Tab')
      expect(await page.evaluate('document.activeElement.closest("[role=dialog]") !== null')).toBe(true)
    }
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    // It comes back a moment later, and would take the focus from what is opened meanwhile.
    await page.locator('button[aria-label="Mention someone"]:focus').waitFor()
    const account = page.getByRole('button', { name: /^Account/ })
    await account.focus()
    await page.keyboard.press('Enter')
    await page.locator('[role="menuitemradio"][aria-checked="true"]:focus').waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    expect(await page.evaluate('document.documentElement.dataset.theme')).toBe('dark')
    await page.keyboard.press('Escape')
    await page.getByRole('menu', { name: 'Account' }).waitFor({ state: 'detached' })
    // The focus comes back when the menu has faded out.
    await page.locator('button.me:focus').waitFor()
    await context.close()
  })

  test('nothing is wider than a window of 320 pixels, however long a name is', async () => {
    const name = 'Northwind Survey and Inspection Cooperative of the Alpine Regions'
    await admin.call('POST', '/api/v1/orgs', { name, slug: 'northwind' })
    await join(admin, 'Maximiliana Featherstonehaugh-Wolfeschlegelstein von Hohenzollern')
    const made = await admin.in<Channel>('POST', '/channels', { name: 'x'.repeat(64) })
    await admin.in('POST', `/channels/${made.body.id}/messages`, { content: `${'w'.repeat(300)} ok` })
    const { page, context } = await visit(browser, { viewport: { width: 320, height: 640 } })
    await signIn(page, server.url, 'ines@example.com')
    for (const path of [
      `/o/fieldnote/channels/${channel.id}`,
      `/o/fieldnote/channels/${made.body.id}`,
      '/o/fieldnote/channels',
      '/o/fieldnote/settings/members',
      '/o/fieldnote/settings/keys',
      '/o/fieldnote/agents',
      '/o/fieldnote/events',
      '/o/northwind/channels',
      '/orgs',
      '/login',
    ]) {
      await page.goto(server.url + path)
      await page.getByRole('heading', { level: 1 }).waitFor()
      const [wide, window_width] = (await page.evaluate(
        '[document.documentElement.scrollWidth, innerWidth]',
      )) as [number, number]
      expect([path, wide]).toEqual([path, window_width])
      // Pages of an org scroll inside their sheet; the window itself has nothing to scroll.
      if (path.startsWith('/o/'))
        expect([path, await page.evaluate('document.documentElement.scrollHeight - innerHeight')]).toEqual([
          path,
          0,
        ])
    }
    await context.close()
  })
})
