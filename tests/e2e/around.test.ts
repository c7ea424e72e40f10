import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import type { Project, Task } from '../../src/contracts/resources.ts'
import { addAgent, generalChannel, join, type Person, setUp } from '../support/client.ts'
import type { TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import { violations } from './support/axe.ts'
import {
  composer,
  hasBrowser,
  launch,
  openChannel,
  signIn,
  until,
  type Visit,
  visit,
  waitForText,
} from './support/browser.ts'
import { startEmpty } from './support/server.ts'

describe.skipIf(!hasBrowser)('getting around in a browser', () => {
  let server: TestServer
  let browser: Browser
  let admin: Person
  let ana: Person
  let desk: Visit
  let phone: Visit
  let general_id: string
  let project: Project
  let skew: Task

  beforeAll(async () => {
    await buildApp()
    server = await startEmpty({ env: { DEPLOYMENT_MODE: 'multi-tenant' } })
    admin = await setUp(server)
    ana = await join(admin, 'Ana Lima')
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
    phone = await visit(browser, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true })
    await signIn(desk.page, server.url, 'ines@example.com')
    await signIn(phone.page, server.url, 'ana.lima@example.com')
    await openChannel(desk.page, server.url, 'fieldnote', general_id)
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  const palette = (page: Page) => page.getByRole('dialog', { name: 'Command palette' })
  const search = (page: Page) => page.getByRole('combobox', { name: /^Search/ })
  const selected = (page: Page) => palette(page).locator('[role=option][aria-selected=true]')
  const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name, exact: true })
  const closed = (page: Page) => palette(page).waitFor({ state: 'detached' })
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
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      expect(await violations(page, { except: ['region'] })).toEqual([])
    }
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

  test('the channel of a project shows its stage and tasks, live', async () => {
    const { page } = desk
    await page.getByRole('link', { name: /^Offline sync/ }).click()
    const strip = page.getByRole('region', { name: 'Board of this project' })
    await strip.getByText('stage 1 of 6').waitFor()
    await strip.getByText('2 backlog').waitFor()
    const { body: me } = await admin.in<{ id: string }>('GET', '/users/me')
    await admin.in('PATCH', `/tasks/${skew.id}`, { assignee_ids: [me.id] })
    await admin.in('POST', `/tasks/${skew.id}/transition`, { to_status: 'in-progress' })
    await strip.getByText('1 in progress').waitFor()
    await page.getByRole('link', { name: /^Tasks ?, 1 open and yours$/ }).waitFor()
    await admin.in('POST', `/projects/${project.id}/transition`, { to_stage: 'poc' })
    await strip.getByText('stage 2 of 6').waitFor()
    await page.getByRole('button', { name: 'Channel details' }).click()
    const rail = page.getByRole('complementary', { name: 'Channel details' })
    await rail.getByRole('link', { name: /Clock skew/ }).waitFor()
    await admin.in('POST', `/tasks/${skew.id}/transition`, { to_status: 'complete' })
    await rail.getByRole('link', { name: /Clock skew/ }).waitFor({ state: 'detached' })
    await strip.getByRole('img', { name: '1 of 2 tasks complete' }).waitFor()
    expect(await violations(page)).toEqual([])
  })

  test('each org opens where one was last, also from /', async () => {
    const { page } = desk
    await leaveField(page)
    await page.keyboard.press('g')
    await page.keyboard.press('e')
    await heading(page, 'Events').waitFor()
    await open(page)
    await page.keyboard.type('switch to second')
    await selected(page).filter({ hasText: 'Second' }).waitFor()
    await page.keyboard.press('Enter')
    await page.waitForURL('**/o/second/channels/*')
    await composer(page).waitFor()
    await page.getByRole('button', { name: /^Organization/ }).click()
    await page.getByRole('menuitemradio', { name: 'Fieldnote' }).click()
    await page.waitForURL('**/o/fieldnote/events')
    await heading(page, 'Events').waitFor()
    await page.goto(server.url)
    await page.waitForURL('**/o/fieldnote/events')
    expect(desk.complaints).toEqual([])
  })

  test('a contributor is offered no administration', async () => {
    const { page } = phone
    await page.goto(`${server.url}/o/fieldnote/channels`)
    await page.getByRole('button', { name: /^Search/ }).click()
    await search(page).fill('new')
    await palette(page)
      .getByRole('option', { name: /^New task/ })
      .waitFor()
    expect(
      await palette(page)
        .getByRole('option', { name: /^(New (channel|project)|Invite|Add)/ })
        .count(),
    ).toBe(0)
    await palette(page).getByRole('button', { name: 'Close' }).click()
    await closed(page)
  })

  test('a phone lists channels with their last message, and has its bar and sheets', async () => {
    const { page } = phone
    await ana.in('POST', `/channels/${general_id}/messages`, { content: 'Two more **crews**, same banner' })
    const line = page.getByRole('link', { name: /^general/ })
    await line.getByText('Two more crews, same banner').waitFor()
    await admin.in('POST', `/channels/${general_id}/messages`, { content: 'Seen, thank you' })
    await line.getByText('Seen, thank you').waitFor()
    await line.getByRole('time').or(line.locator('time')).first().waitFor()
    for (const name of ['Tasks', 'Agents', 'Channels']) {
      await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name }).click()
      await heading(page, name).waitFor()
    }
    await page.getByRole('button', { name: 'More', exact: true }).click()
    const more = page.getByRole('dialog', { name: 'More' })
    await more.getByRole('button', { name: 'Settings' }).waitFor()
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      expect(await violations(page, { except: ['region'] })).toEqual([])
    }
    await more.getByRole('button', { name: 'Events' }).click()
    await heading(page, 'Events').waitFor()
    await page.goto(`${server.url}/o/fieldnote/channels/${general_id}`)
    await composer(page).waitFor()
    await page.getByRole('button', { name: 'Insert', exact: true }).click()
    const sheet = page.getByRole('dialog', { name: 'Insert' })
    await sheet.getByRole('button', { name: 'Emoji' }).waitFor()
    expect(await violations(page, { except: ['region'] })).toEqual([])
    await sheet.getByRole('button', { name: 'Mention someone' }).click()
    await until(
      'the mention is begun',
      () => composer(page).inputValue(),
      (text) => text === '@',
    )
    await page.getByRole('option', { name: /forge/ }).waitFor()
    await composer(page).fill('from a phone')
    await page.getByRole('button', { name: 'Send', exact: true }).last().click()
    await waitForText(page, 'from a phone')
    expect(phone.complaints).toEqual([])
  })
})
