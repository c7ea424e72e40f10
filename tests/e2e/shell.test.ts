import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import type { Project, Task } from '../../src/contracts/resources.ts'
import { addAgent, generalChannel, join, type Person, setUp } from '../support/client.ts'
import { runJob } from '../support/run-job.ts'
import { databaseOf, type TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import { violations, violationsInBothThemes } from './support/axe.ts'
import {
  composer,
  hasBrowser,
  launch,
  openChannel,
  session,
  until,
  type Visit,
  visit,
  waitForText,
} from './support/browser.ts'
import { closed, heading, palette, search, selected } from './support/palette.ts'
import { startEmpty } from './support/server.ts'

describe.skipIf(!hasBrowser)('the shell around the pages', () => {
  let server: TestServer
  let browser: Browser
  let admin: Person
  let ana: Person
  let desk: Visit
  let phone: Visit
  let general_id: string
  let project: Project
  let skew: Task
  let old: Task

  beforeAll(async () => {
    await buildApp()
    server = await startEmpty({ env: { DEPLOYMENT_MODE: 'multi-tenant' } })
    admin = await setUp(server)
    ana = await join(admin, 'Ana Lima')
    await addAgent(admin, 'forge')
    general_id = (await generalChannel(admin)).id
    const made = await admin.in<Project>('POST', '/projects', { name: 'Offline sync', type: 'software' })
    project = made.body
    const create = async (title: string) =>
      (await admin.in<Task>('POST', '/tasks', { title, project_ids: [project.id], priority: 'high' })).body
    skew = await create('Clock skew reorders edits')
    await create('Compress photos before queueing')
    old = (await admin.in<Task>('POST', '/tasks', { title: 'Done a year ago' })).body
    await admin.call('POST', '/api/v1/orgs', { name: 'Second', slug: 'second' })
    browser = await launch()
    desk = await visit(browser)
    phone = await visit(browser, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true })
    await session(desk.page, server.url, 'ines@example.com')
    await session(phone.page, server.url, 'ana.lima@example.com')
    await openChannel(desk.page, server.url, 'fieldnote', general_id)
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  /** The focus on the page itself, where single keys work. */
  const leaveField = (page: Page) => page.locator('main').focus()

  test('the slash leads to the search on a page, and is text in a field', async () => {
    const { page } = desk
    await leaveField(page)
    await page.keyboard.press('/')
    await page.locator('input[type=search]:focus').waitFor()
    expect(await page.locator('input[type=search]').inputValue()).toBe('')
    await page.keyboard.press('Escape')
    await composer(page).pressSequentially('a/b')
    expect(await composer(page).inputValue()).toBe('a/b')
    expect(await palette(page).count()).toBe(0)
    await composer(page).fill('')
  })

  test('the channel of a project shows its stage and tasks, live', async () => {
    const { page } = desk
    await page.getByRole('link', { name: /^Offline sync/ }).click()
    const strip = page.getByRole('region', { name: 'Board of this project' })
    await strip.getByText(/stage 1 of 6/).waitFor()
    await strip.getByText(/2\s*backlog/).waitFor()
    const { body: me } = await admin.in<{ id: string }>('GET', '/users/me')
    await admin.in('PATCH', `/tasks/${skew.id}`, { assignee_ids: [me.id] })
    await admin.in('POST', `/tasks/${skew.id}/transition`, { to_status: 'in-progress' })
    await strip.getByText(/1\s*in progress/).waitFor()
    await page.getByRole('link', { name: /^Tasks ?, 1 open and yours$/ }).waitFor()
    await admin.in('POST', `/projects/${project.id}/transition`, { to_stage: 'poc' })
    await strip.getByText(/stage 2 of 6/).waitFor()
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
    await page.keyboard.press('Control+k')
    await search(page).waitFor()
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

  test('a task that was completed a year ago leaves the board; a filter shows it, read only', async () => {
    const { page } = desk
    for (const to_status of ['in-progress', 'complete'])
      await admin.in('POST', `/tasks/${old.id}/transition`, { to_status })
    await page.goto(`${server.url}/o/fieldnote/tasks`)
    const card = page.locator('.tcard', { hasText: old.title })
    await card.waitFor()
    const superuser = databaseOf(server)
    await superuser`update tasks set completed_at = now() - interval '13 months' where id = ${old.id}`
    await runJob(superuser, 'archive_tasks')
    await superuser.end()
    await card.waitFor({ state: 'detached' })

    await page.getByRole('button', { name: /^Archived/ }).click()
    await page.waitForURL(/archived=true/)
    await card.waitFor()
    await page.getByRole('button', { name: 'Archived 1', exact: true }).waitFor()
    await card.getByText('Archived', { exact: true }).waitFor()
    expect(await card.getByRole('button', { name: `Move ${old.title}` }).isDisabled()).toBe(true)
    await card.getByRole('button', { name: old.title, exact: true }).focus()
    await page.keyboard.press('Space')
    expect(await card.locator('.grip').getAttribute('aria-pressed')).toBe('false')
    await page.keyboard.press('Enter')
    const panel = page.getByRole('complementary', { name: /Done a year ago/ })
    await panel.getByText('An archived task is not changed any more.').first().waitFor()
    expect(await panel.locator('fieldset:not(:disabled)').count()).toBe(0)
    expect(await violations(page)).toEqual([])
    await page.reload()
    await panel.waitFor()
    await page.keyboard.press('Escape')
    await panel.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Table', exact: true }).click()
    await page.getByRole('row', { name: /Done a year ago archived/ }).waitFor()
    await page.getByRole('button', { name: /^Archived/ }).click()
    await page.getByRole('row', { name: /Done a year ago/ }).waitFor({ state: 'detached' })
    expect(desk.complaints).toEqual([])
  })

  test('a link to nothing says so, and leaves the page usable', async () => {
    const { page } = desk
    const nothing = async (path: string, text: string) => {
      await page.goto(`${server.url}/o/fieldnote/${path}`)
      await page.getByText(text, { exact: true }).waitFor()
      await page.getByRole('navigation', { name: 'Main' }).waitFor()
    }
    for (const id of [project.id, 'nonsense']) {
      await nothing(`tasks/${id}`, 'There is no such task.')
      await page.getByText('The link may be of another organization.').waitFor()
      expect(await page.getByText('UUID').count()).toBe(0)
    }
    await page.keyboard.press('Escape')
    await page.getByText('Compress photos before queueing').first().waitFor()
    await nothing(`projects/${skew.id}`, 'There is no such project.')
    await nothing('channels/nonsense', 'You cannot read this channel')
    await nothing('settings/nonsense', 'There is no such page of the settings')
    await page.goto(`${server.url}/o/fieldnote/tasks?priority=bogus&type=7&view=spiral&blocked=maybe`)
    await page.getByText('Compress photos before queueing').first().waitFor()
  })

  test('a new task that is closed by Escape keeps its text, Cancel throws it away', async () => {
    const { page } = desk
    const title = page.getByRole('dialog', { name: 'New task' }).getByLabel('Title')
    const value = (text: string) =>
      until(
        `the title "${text}"`,
        () => title.evaluateAll((all: HTMLInputElement[]) => all.map((one) => one.value)),
        (values) => values.length === 1 && values[0] === text,
      )
    await leaveField(page)
    await page.keyboard.press('c')
    await title.fill('Half a thought')
    // Pressed at once: a dialog that fades out takes no keys.
    await page.keyboard.press('Escape')
    await page.keyboard.press('c')
    await value('Half a thought')
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.keyboard.press('c')
    await value('')
    await page.keyboard.press('Escape')
    await title.waitFor({ state: 'detached' })
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
    // Nobody works on a task just now: the board of a phone does not begin with an empty column.
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Tasks' }).click()
    await page.locator('.tcard', { hasText: 'Compress photos' }).waitFor()
    await page.getByRole('button', { name: 'More', exact: true }).click()
    const more = page.getByRole('dialog', { name: 'More' })
    await more.getByRole('button', { name: 'Settings' }).waitFor()
    expect(await violationsInBothThemes(page, { except: ['region'] })).toEqual([])
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
