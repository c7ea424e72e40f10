import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { addAgent, generalChannel, join, type Person, setUp } from '../support/client.ts'
import type { TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import { violationsInBothThemes } from './support/axe.ts'
import { composer, hasBrowser, launch, openChannel, session, until, visit } from './support/browser.ts'
import { startEmpty } from './support/server.ts'

const THEMES = ['light', 'dark'] as const
const OVERLAYS = '[role=dialog], [role=alertdialog], [role=menu], .toast'
const WINDOWS = { desk: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } } as const

describe.skipIf(!hasBrowser)('axe finds nothing in', () => {
  let server: TestServer
  let browser: Browser
  let ines: Person
  let channel_id: string
  let task_id: string
  let agent_id: string

  beforeAll(async () => {
    await buildApp()
    server = await startEmpty({ env: { DEPLOYMENT_MODE: 'multi-tenant' } })
    ines = await setUp(server)
    channel_id = (await generalChannel(ines)).id
    await join(ines, 'Mei Lindqvist')
    agent_id = (await addAgent(ines, 'forge')).user.id
    const priya = { email: 'priya@example.com', display_name: 'Priya Shah', role: 'contributor' }
    await ines.in('POST', '/users', { type: 'human', ...priya })
    await ines.in('POST', `/channels/${channel_id}/messages`, { content: 'hello' })
    const project = { name: 'Quay', type: 'software' }
    const project_id = (await ines.in<{ id: string }>('POST', '/projects', project)).body.id
    const create = async (title: string, blocked_by_ids: string[]) =>
      (await ines.in<{ id: string }>('POST', '/tasks', { title, project_ids: [project_id], blocked_by_ids }))
        .body.id
    task_id = await create('Waits for another', [await create('The other', [])])
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  /** Both themes of what is open; overlays lie at the end of the page, outside of its landmarks. */
  async function clean(page: Page, what: string): Promise<void> {
    expect([what, await violationsInBothThemes(page, { within: OVERLAYS })]).toEqual([what, []])
  }

  async function close(page: Page, role: 'dialog' | 'menu' | 'alertdialog'): Promise<void> {
    await page.keyboard.press('Escape')
    await page.getByRole(role).waitFor({ state: 'detached' })
  }

  async function member(page: Page, name: string, item: string): Promise<void> {
    await page.getByRole('button', { name: `Actions for ${name}` }).click()
    await page.getByRole('menuitem', { name: item }).click()
    await page.getByRole('menu').waitFor({ state: 'detached' })
  }

  /** On a phone the account is behind "More". */
  async function account(page: Page, item: string): Promise<void> {
    const more = page.getByRole('button', { name: 'More', exact: true })
    if (await more.isVisible()) {
      await more.click()
      await page.getByRole('dialog', { name: 'More' }).getByRole('button', { name: item }).click()
      await page.getByRole('dialog', { name: 'More' }).waitFor({ state: 'detached' })
      return
    }
    await page.getByRole('button', { name: /^Account/ }).click()
    await page.getByRole('menuitem', { name: item }).click()
    await page.getByRole('menu').waitFor({ state: 'detached' })
  }

  for (const [name, viewport] of Object.entries(WINDOWS)) {
    test(`menus, ${name}`, async () => {
      const { page, context } = await visit(browser, { viewport })
      await session(page, server.url, 'ines@example.com')
      if (name === 'desk') await openChannel(page, server.url, 'fieldnote', channel_id)
      else await page.goto(`${server.url}/o/fieldnote/channels`)
      for (const button of [/^Organization/, /^Account/]) {
        await page.getByRole('button', { name: button }).first().click()
        await page.getByRole('menu').waitFor()
        await clean(page, `menu ${button}`)
        await close(page, 'menu')
      }
      await page.goto(`${server.url}/o/fieldnote/settings/members`)
      await page.getByRole('button', { name: 'Actions for Priya Shah' }).click()
      await page.getByRole('menu').waitFor()
      await clean(page, 'menu of a member')
      await context.close()
    })

    test(`dialogs, ${name}`, async () => {
      const { page, context } = await visit(browser, { viewport })
      await session(page, server.url, 'ines@example.com')
      await page.goto(`${server.url}/o/fieldnote/settings/members`)
      const dialog = page.getByRole('dialog')
      const opened = async (what: string) => {
        await dialog.waitFor()
        await clean(page, what)
        await close(page, 'dialog')
      }
      await page.getByRole('button', { name: 'Add agent' }).click()
      await opened('Add an agent')
      await page.getByRole('button', { name: 'Invite person' }).click()
      await dialog.getByLabel('Name', { exact: true }).fill(`Noor ${name}`)
      await dialog.getByLabel('E-mail').fill(`noor-${name}@example.com`)
      await dialog.getByRole('button', { name: 'Make invite link' }).click()
      await dialog.getByText('It works once').waitFor()
      await opened('Invite link')
      for (const [who, item] of [
        ['Priya Shah', 'New invite link'],
        ['forge', 'Change name'],
        ['forge', 'Change role'],
        ['Mei Lindqvist', 'New sign-in link'],
      ] as const) {
        await member(page, who, item)
        await opened(item)
      }
      for (const item of ['Change e-mail', 'Change password', 'Second factor', 'Passkeys', 'Sessions']) {
        await account(page, item)
        await opened(item)
      }
      await member(page, 'forge', 'Keys')
      await dialog.getByRole('button', { name: 'Revoke all' }).click()
      await dialog.getByText('Every key stops working at once').waitFor()
      await opened('Revoke keys')
      await member(page, 'forge', 'Keys')
      await dialog.getByRole('button', { name: 'Rotate key' }).click()
      await page.getByRole('heading', { name: 'Key of forge' }).waitFor()
      await clean(page, 'Key')
      await dialog.getByRole('button', { name: 'I stored it' }).click()
      await dialog.waitFor({ state: 'detached' })
      await member(page, 'Mei Lindqvist', 'Remove')
      await page.getByRole('alertdialog').waitFor()
      await clean(page, 'Remove')
      await close(page, 'alertdialog')
      await page.locator('main').press('?')
      await opened('Keyboard shortcuts')
      await page.goto(`${server.url}/orgs`)
      await page.getByRole('button', { name: 'New organization' }).click()
      await opened('New organization')
      await page.goto(`${server.url}/o/fieldnote/channels/${channel_id}`)
      await composer(page).fill('half a thought')
      const drafts = () => page.evaluate('Object.keys(localStorage).join()')
      await until('the draft is stored', drafts, (keys) => String(keys).includes('mc.draft'))
      // Without a reload: a text that another document has written last is kept at sign-out.
      if (name === 'phone') {
        await page.getByRole('link', { name: 'Back to channels' }).click()
        await page.getByRole('heading', { name: 'Channels', level: 1 }).waitFor()
      }
      await account(page, 'Sign out')
      await page.getByRole('alertdialog').waitFor()
      await clean(page, 'Sign out')
      await context.close()
    })

    test(`whatever the views of work open, ${name}`, async () => {
      const { page, context } = await visit(browser, { viewport })
      await session(page, server.url, 'ines@example.com')
      const open = page.locator('[role=dialog]:visible, [role=menu]:visible')
      const seen = new Set<string>()
      /** Opens everything that the page offers to open, each kind once. */
      async function openAll(what: string, within = 'main'): Promise<void> {
        const openers = page.locator(`${within} [aria-haspopup]:not(.org, .find, .msearch):enabled:visible`)
        await openers.first().waitFor()
        const labels = await openers.evaluateAll((elements) =>
          elements.map((element) => element.getAttribute('aria-label') ?? element.textContent ?? ''),
        )
        for (const [at, label] of labels.entries()) {
          const kind = `${what}: ${label.replace(/(Actions for|Move|Blocked by) .*/, '$1').trim()}`
          if (seen.has(kind)) continue
          seen.add(kind)
          await openers.nth(at).click()
          await open.first().waitFor()
          await clean(page, kind)
          await page.keyboard.press('Escape')
          await until(
            `${kind} is closed`,
            () => open.count(),
            (count) => count === 0,
          )
        }
      }
      const at = async (path: string) => await page.goto(`${server.url}/o/fieldnote/${path}`)
      await at('tasks')
      await page.getByRole('heading', { name: 'Waits for another' }).waitFor()
      await openAll('board')
      await at(`tasks/${task_id}`)
      await page.getByText('To complete').waitFor()
      await openAll('task', '.over')
      await page.getByRole('button', { name: 'Close', exact: true }).click()
      await page.getByRole('button', { name: 'Table' }).click()
      await page.getByRole('checkbox', { name: /Waits for another/ }).check()
      await page.getByRole('region', { name: 'Selected tasks' }).waitFor()
      await openAll('table')
      for (const view of ['projects', 'events', 'agents', 'agents/connect', `agents/connect/${agent_id}`]) {
        await at(view)
        await openAll(view)
      }
      // Filters, fields, menus of cards and rows, dialogs of the log.
      expect(seen.size).toBeGreaterThan(name === 'desk' ? 25 : 15)
      await context.close()
    })

    test(`toasts, ${name}`, async () => {
      const { page, context } = await visit(browser, { viewport })
      await session(page, server.url, 'ines@example.com')
      await page.goto(`${server.url}/o/fieldnote/settings/members`)
      await member(page, 'forge', 'Change role')
      await page
        .getByRole('combobox', { name: 'Role' })
        .selectOption(name === 'desk' ? 'administrator' : 'contributor')
      await page.getByRole('button', { name: 'Change role' }).click()
      await page.locator('.toast').waitFor()
      await clean(page, 'success')
      await page.route('**/users/me', (route) => route.abort())
      await account(page, 'Name and username')
      await page.locator('.toast-bad').waitFor()
      await clean(page, 'error')
      for (const colorScheme of THEMES) {
        await page.emulateMedia({ colorScheme })
        const label = page.locator('.toast-bad').getByText('Close')
        expect(await label.evaluate(contrastOnToast)).toBeGreaterThanOrEqual(4.5)
      }
      await context.close()
    })
  }
})

/** Contrast of an element's text to the toast around it (WCAG 2.2, relative luminance). Runs in the page. */
function contrastOnToast(element: Element): number {
  const luminance = (color: string) => {
    const [r = 0, g = 0, b = 0] = (color.match(/[\d.]+/g) ?? []).map((one) => {
      const part = Number(one) / 255
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const toast = element.closest('.toast')
  const text = luminance(getComputedStyle(element).color)
  const ground = luminance(toast ? getComputedStyle(toast).backgroundColor : 'rgb(255, 255, 255)')
  return (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05)
}
