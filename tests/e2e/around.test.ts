import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import type { Project, Task } from '../../src/contracts/resources.ts'
import { addAgent, generalChannel, type Person, setUp } from '../support/client.ts'
import type { TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import { violations, violationsInBothThemes } from './support/axe.ts'
import { composer, hasBrowser, launch, openChannel, session, type Visit, visit } from './support/browser.ts'
import { closed, heading, palette, search, selected } from './support/palette.ts'
import { startEmpty } from './support/server.ts'

describe.skipIf(!hasBrowser)('getting around in a browser', () => {
  let server: TestServer
  let browser: Browser
  let admin: Person
  let desk: Visit
  let general_id: string
  let project: Project
  let skew: Task

  beforeAll(async () => {
    await buildApp()
    server = await startEmpty({ env: { DEPLOYMENT_MODE: 'multi-tenant' } })
    admin = await setUp(server)
    await addAgent(admin, 'forge')
    general_id = (await generalChannel(admin)).id
    const made = await admin.in<Project>('POST', '/projects', {
      name: 'Offline sync',
      type: 'software',
      description: 'Inspections finish without a signal.',
    })
    project = made.body
    const create = async (title: string) =>
      (await admin.in<Task>('POST', '/tasks', { title, project_ids: [project.id], priority: 'high' })).body
    skew = await create('Clock skew reorders edits')
    await create('Compress photos before queueing')
    await admin.call('POST', '/api/v1/orgs', { name: 'Second', slug: 'second' })
    browser = await launch()
    desk = await visit(browser)
    await session(desk.page, server.url, 'ines@example.com')
    await openChannel(desk.page, server.url, 'fieldnote', general_id)
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  async function open(page: Page) {
    await page.keyboard.press('Control+k')
    await search(page).waitFor()
  }
  /** The focus on the page itself, where single keys work. */
  const leaveField = (page: Page) => page.locator('main').focus()

  test('the palette finds a task by the server with few requests, and Escape returns the focus', async () => {
    const { page } = desk
    const asked: string[] = []
    const note = (request: { url(): string }) => {
      const { pathname, searchParams } = new URL(request.url())
      const q = searchParams.get('q')
      if (q !== null) asked.push(`${pathname.split('/').at(-1)} ${q}`)
    }
    page.on('request', note)
    await composer(page).focus()
    await open(page)
    await page.keyboard.type('clock', { delay: 10 })
    const option = palette(page).getByRole('option', { name: /^Clock skew reorders edits/ })
    await option.waitFor()
    // Debounced: what was typed in one go is asked once of each kind.
    expect(asked.toSorted()).toEqual(['projects clock', 'tasks clock', 'users clock'])
    expect(await option.locator('mark').allInnerTexts()).toEqual(['Clock'])
    await page.keyboard.press('Escape')
    await closed(page)
    await page.locator('textarea:focus').waitFor()

    await open(page)
    await page.keyboard.type('clock skew')
    await option.waitFor()
    await selected(page).filter({ hasText: 'Clock skew' }).waitFor()
    await page.keyboard.press('Enter')
    await page.waitForURL(`**/tasks/${skew.id}`)
    await page.getByRole('complementary').filter({ hasText: 'Clock skew reorders edits' }).waitFor()
    expect(await page.title()).toBe('Clock skew reorders edits · Tasks · Fieldnote · Mission Control')
    page.off('request', note)
  })

  test('an answer that a newer one supersedes is never shown', async () => {
    const { page } = desk
    const late = Promise.withResolvers<void>()
    await page.route('**/tasks?*q=compress*', async (route) => {
      await late.promise
      await route.continue().catch(() => {
        // The page gave the request up.
      })
    })
    await open(page)
    const held = page.waitForRequest(/tasks\?.*q=compress/)
    const given_up = page.waitForEvent('requestfailed', (request) => request.url().includes('q=compress'))
    await page.keyboard.type('compress')
    await held
    await search(page).fill('clock')
    await given_up
    late.resolve()
    await palette(page)
      .getByRole('option', { name: /^Clock skew/ })
      .waitFor()
    expect(
      await palette(page)
        .getByRole('option', { name: /^Compress/ })
        .count(),
    ).toBe(0)
    await page.unrouteAll({ behavior: 'ignoreErrors' })
    await page.keyboard.press('Escape')
    await closed(page)
  })

  test('arrows, Home and End select; recent places come first; actions run', async () => {
    const { page } = desk
    await open(page)
    await selected(page).filter({ hasText: 'Clock skew reorders edits' }).waitFor()
    await page.keyboard.press('End')
    await selected(page).filter({ hasText: 'theme' }).waitFor()
    await page.keyboard.press('ArrowDown')
    await selected(page).filter({ hasText: 'Clock skew' }).waitFor()
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('Home')
    await selected(page).filter({ hasText: 'Clock skew' }).waitFor()
    await page.keyboard.type('new chan')
    await selected(page).filter({ hasText: 'New channel' }).waitFor()
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'New channel' })
    await dialog.getByLabel('Name').fill('releases')
    await dialog.getByRole('button', { name: 'Create channel' }).click()
    await heading(page, 'releases').waitFor()
    expect(await page.title()).toBe('releases · Channels · Fieldnote · Mission Control')
  })

  test('axe finds nothing in the palette and the sheet of keys', async () => {
    const { page } = desk
    await page.getByRole('button', { name: /^Actions/ }).click()
    await search(page).fill('sync')
    await palette(page)
      .getByRole('option', { name: /project/ })
      .first()
      .waitFor()
    expect(await violationsInBothThemes(page, { except: ['region'] })).toEqual([])
    await page.keyboard.press('Escape')
    await closed(page)
    await leaveField(page)
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor()
    expect(await violations(page, { except: ['region'] })).toEqual([])
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.emulateMedia({ colorScheme: 'light' })
  })

  test('g and a letter leads to each place; another key ends it', async () => {
    const { page } = desk
    for (const [letter, name] of [
      ['t', 'Tasks'],
      ['p', 'Projects'],
      ['a', 'Agents'],
      ['e', 'Events'],
    ] as const) {
      await leaveField(page)
      await page.keyboard.press('g')
      await page.getByRole('status').filter({ hasText: 'Go to' }).waitFor()
      await page.keyboard.press(letter)
      await heading(page, name).waitFor()
      expect(await page.title()).toBe(`${name} · Fieldnote · Mission Control`)
    }
    await page.keyboard.press('g')
    await page.keyboard.press('s')
    await page.waitForURL('**/settings/general')
    await leaveField(page)
    await page.keyboard.press('g')
    await page.keyboard.press('x')
    await page.keyboard.press('t')
    await page.keyboard.press('g')
    await page.keyboard.press('c')
    await composer(page).waitFor()
    // In a field letters are text, wherever one writes.
    await composer(page).fill('')
    await page.keyboard.type('gt')
    expect(await composer(page).inputValue()).toBe('gt')
    await composer(page).fill('')
  })

  test('c creates a task from any page, and the setting turns single keys off', async () => {
    const { page } = desk
    await leaveField(page)
    await page.keyboard.press('c')
    const dialog = page.getByRole('dialog', { name: 'New task' })
    await dialog.getByLabel('Title').fill('Written in a channel')
    await dialog.getByRole('button', { name: 'Create task' }).click()
    await page.locator('.toast', { hasText: 'Written in a channel' }).waitFor()
    await dialog.waitFor({ state: 'detached' })
    await leaveField(page)
    await page.keyboard.press('?')
    const keys = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
    await keys.getByLabel('Shortcuts of a single key are on').uncheck()
    await page.keyboard.press('Escape')
    await keys.waitFor({ state: 'detached' })
    await leaveField(page)
    for (const key of ['c', '/', 'g', 't']) await page.keyboard.press(key)
    await open(page)
    expect(await page.getByRole('dialog').count()).toBe(1)
    await search(page).fill('keyboard')
    await page.keyboard.press('Enter')
    await keys.getByLabel('Shortcuts of a single key are on').check()
    await page.keyboard.press('Escape')
    await keys.waitFor({ state: 'detached' })
  })

  test('j and k move in the sidebar', async () => {
    const { page } = desk
    await page
      .getByRole('navigation', { name: 'Main' })
      .getByRole('link', { name: /^Projects/ })
      .focus()
    await page.keyboard.press('j')
    await page.locator('.side a:focus', { hasText: 'Tasks' }).waitFor()
    await page.keyboard.press('k')
    await page.locator('.side a:focus', { hasText: 'Projects' }).waitFor()
  })
})
