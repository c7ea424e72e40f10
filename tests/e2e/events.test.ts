import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import type { Project, Task } from '../../src/contracts/resources.ts'
import type { Agent, Person } from '../support/client.ts'
import type { TestServer } from '../support/server.ts'
import { violationsInBothThemes } from './support/axe.ts'
import { hasBrowser, stillRows, until, type Visit } from './support/browser.ts'
import { type Pair, startPair } from './support/pair.ts'

describe.skipIf(!hasBrowser)('the event log in a browser', () => {
  let pair: Pair
  let server: TestServer
  let admin: Person
  let agent: Agent
  let ines: Visit
  let ana: Visit
  let project: Project

  beforeAll(async () => {
    pair = await startPair()
    ;({ server, admin, agent, ines, ana } = pair)
  })
  afterAll(() => pair?.stop())

  const rows = (page: Page) => page.locator('.log-t tbody tr[data-sequence]')
  const row = (page: Page, text: string) => rows(page).filter({ hasText: text })
  const details = (page: Page) => page.getByRole('complementary', { name: /^Event / })

  async function open(page: Page, query = '') {
    await page.goto(`${server.url}/o/fieldnote/events${query}`)
    await page.getByText('Events live').waitFor()
    await rows(page).first().waitFor()
  }
  async function create(title: string, rest: object = {}): Promise<Task> {
    const { status, body } = await admin.in<Task>('POST', '/tasks', { title, ...rest })
    expect(status).toBe(201)
    return body
  }
  const sequences = async (page: Page) =>
    await rows(page).evaluateAll((all) => all.map((one) => Number(one.getAttribute('data-sequence'))))

  test('what people and agents do appears on top in the other browser, in order', async () => {
    await open(ana.page)
    await ines.page.getByRole('link', { name: 'Events' }).click()
    await row(ines.page, 'created the organization Fieldnote').waitFor()
    project = (await admin.in<Project>('POST', '/projects', { name: 'Offline sync', type: 'software' })).body
    const task = await create('Resume uploads', { project_ids: [project.id] })
    await agent.in('POST', `/tasks/${task.id}/transition`, {
      to_status: 'in-progress',
      comment: 'on it',
    })
    for (const { page } of [ines, ana]) {
      await row(page, 'moved Resume uploads from Backlog to In progress: “on it”').waitFor()
      const [top] = await rows(page).allInnerTexts()
      expect(top).toMatch(/task\.transitioned[\s\S]*forge[\s\S]*Offline sync/)
      await row(page, 'created Offline sync').waitFor()
      const shown = await sequences(page)
      expect(shown).toEqual(shown.toSorted((a, b) => b - a))
    }
    // Sign-ins of others are for administrators.
    await row(ines.page, 'signed in with a password').first().waitFor()
    expect(await row(ana.page, 'auth.login_success').filter({ hasText: 'Ines' }).count()).toBe(0)
  })

  test('a new event moves in on top, and does not move for who wants no motion', async () => {
    await ana.page.emulateMedia({ reducedMotion: 'reduce' })
    const task = await create('Moves in', { project_ids: [project.id] })
    await admin.in('POST', `/tasks/${task.id}/transition`, { to_status: 'in-progress' })
    for (const [{ page }, animation] of [
      [ines, 'event-arrives'],
      [ana, 'none'],
    ] as const) {
      await row(page, 'moved Moves in').waitFor()
      const top = rows(page).first()
      expect(await top.innerText()).toContain('moved Moves in')
      expect(await top.evaluate((one) => getComputedStyle(one).animationName)).toBe(animation)
      expect(await top.getAttribute('class')).toContain('fresh')
    }
    await ana.page.emulateMedia({ reducedMotion: 'no-preference' })
  })

  test('the log of a project is reached from its panel, and has events of that project only', async () => {
    const { page } = ines
    await create('Not of the project')
    await page.goto(`${server.url}/o/fieldnote/projects/${project.id}`)
    const log = page.getByRole('list', { name: 'Log of the project' })
    await log.getByText('moved Moves in from Backlog to In progress').waitFor()
    await page.getByRole('link', { name: 'In the event log' }).click()
    await page.waitForURL(new RegExp(`events\\?project_id=${project.id}`))
    await row(page, 'created Offline sync').waitFor()
    for (const text of await rows(page).allInnerTexts()) expect(text).toContain('Offline sync')
    expect(await row(page, 'Not of the project').count()).toBe(0)
    await open(page)
  })

  test('filters are in the address, and decide what arrives', async () => {
    const { page } = ines
    await page.getByRole('combobox', { name: 'Project' }).selectOption('Offline sync')
    await page.waitForURL(new RegExp(`project_id=${project.id}`))
    await row(page, 'created the organization').waitFor({ state: 'detached' })
    await create('Elsewhere')
    await create('Clock skew', { project_ids: [project.id] })
    await row(page, 'created Clock skew').waitFor()
    expect(await row(page, 'Elsewhere').count()).toBe(0)

    await page.getByRole('combobox', { name: 'Actor' }).selectOption('forge')
    await row(page, 'Clock skew').waitFor({ state: 'detached' })
    await row(page, 'moved Resume uploads').waitFor()
    expect(await rows(page).count()).toBe(1)
    await page.reload()
    await row(page, 'moved Resume uploads').waitFor()
    expect(await rows(page).count()).toBe(1)

    await page.getByRole('button', { name: 'Clear' }).click()
    await page.getByRole('button', { name: 'Type', exact: true }).click()
    const types = page.getByRole('dialog', { name: 'Types of events' })
    await types.getByLabel('Projects', { exact: true }).check()
    await types.getByLabel('project.created', { exact: true }).uncheck()
    await types.getByLabel('task.created', { exact: true }).check()
    await types.getByRole('button', { name: 'Show' }).click()
    await page.waitForURL(/type=project\.updated/)
    await types.waitFor({ state: 'detached' })
    await row(page, 'created Elsewhere').waitFor()
    await row(page, 'created Offline sync').waitFor({ state: 'detached' })
    expect(new Set(await page.locator('.log-t td.c-type').allInnerTexts())).toContain('task.created')
    await page.getByRole('button', { name: 'Any type' }).click()
    await row(page, 'created Offline sync').waitFor()

    await page.getByRole('button', { name: 'Date', exact: true }).click()
    await page.getByRole('button', { name: 'Today', exact: true }).click()
    await page.waitForURL(/from=\d{4}-\d\d-\d\d/)
    await row(page, 'created Offline sync').waitFor()
    await page.getByRole('button', { name: /^Date/ }).click()
    await page.getByRole('button', { name: 'Yesterday', exact: true }).click()
    await page.getByText('No event fits the filter').waitFor()
    await page.getByRole('button', { name: 'Show all events' }).click()
    await row(page, 'created Offline sync').waitFor()
  })

  test('a row opens its payload, and leads to what it is about', async () => {
    const { page } = ines
    await row(page, 'moved Resume uploads').click()
    const panel = details(page)
    await panel.getByText('forge moved Resume uploads from Backlog to In progress').waitFor()
    await panel.getByText('"to_status": "in-progress"').waitFor()
    await panel.getByRole('link', { name: 'Resume uploads' }).waitFor()
    expect(await violationsInBothThemes(page)).toEqual([])
    await panel.getByRole('button', { name: 'All of this task' }).click()
    await page.waitForURL(/task_id=/)
    await row(page, 'created Resume uploads').waitFor()
    await page.getByRole('button', { name: 'Task Resume uploads' }).waitFor()
    // The rows from before stay in sight until those of the task are there.
    await row(page, 'Clock skew').waitFor({ state: 'detached' })

    await page.getByRole('button', { name: 'Task Resume uploads' }).click()
    const find = page.getByRole('dialog', { name: 'Events of a task' })
    await find.getByLabel('Title of the task').fill('clock')
    await find.getByRole('button', { name: 'Clock skew' }).click()
    await row(page, 'created Clock skew').waitFor()
    expect(await rows(page).count()).toBe(1)
    await page.getByRole('button', { name: 'Any task' }).click()
    await row(page, 'created Offline sync').waitFor()
  })

  test('rows are reached and opened by the keyboard', async () => {
    const { page } = ines
    await page.getByRole('region', { name: 'Event log' }).focus()
    await page.keyboard.press('j')
    await page.keyboard.press('ArrowDown')
    const second = rows(page).nth(1)
    await until(
      'the second row has the focus',
      () => second.getByRole('button').evaluate((one) => one === document.activeElement),
      (is) => is,
    )
    await page.keyboard.press('Enter')
    await details(page).waitFor()
    await page.keyboard.press('Escape')
    await details(page).waitFor({ state: 'detached' })
    await until(
      'the row has the focus again',
      () => second.getByRole('button').evaluate((one) => one === document.activeElement),
      (is) => is,
    )
  })

  test('older events come while scrolling; what arrives meanwhile waits behind a button', async () => {
    const { page } = ana
    for (let i = 0; i < 90; i++) await create(`Many ${i}`)
    await open(page)
    const scroller = page.getByRole('region', { name: 'Event log' })
    await until(
      'the beginning of the log',
      async () => {
        // Also after the oldest page came: the end is further down then.
        await scroller.evaluate((element) => element.scrollTo(0, element.scrollHeight))
        return row(page, 'created the organization Fieldnote').count()
      },
      (count) => count === 1,
    )
    await page.getByText('Nothing older.').waitFor()
    await stillRows(scroller, 'tr[data-sequence]')
    const before = await sequences(page)
    await create('Arrives above')
    await page.getByRole('button', { name: '1 new' }).waitFor()
    expect(await sequences(page)).toEqual(before)
    await page.getByRole('button', { name: '1 new' }).click()
    await row(page, 'created Arrives above').waitFor()
    await page.getByRole('button', { name: '1 new' }).waitFor({ state: 'detached' })
    expect((await rows(page).allInnerTexts())[0]).toContain('Arrives above')
  })

  test('a log that cannot be read says so, and is read again on request', async () => {
    const { page } = ana
    const error = { code: 'INVALID_CURSOR', message: 'This cursor is not one of this log.', status: 400 }
    await page.route('**/events?*', (route) => route.fulfill({ status: 400, json: { error } }))
    // In the open page: a new one would read again as soon as its stream opens.
    await page.getByRole('combobox', { name: 'Actor' }).selectOption('forge')
    await page.getByText('The events could not be read.').waitFor()
    await page.unroute('**/events?*')
    await page.getByRole('button', { name: 'Try again' }).click()
    await row(page, 'moved Resume uploads').waitFor()
  })

  test('axe finds nothing, dialogs and phone included', async () => {
    const { page } = ines
    expect(await violationsInBothThemes(page)).toEqual([])
    for (const name of ['Type', 'Date', 'Task']) {
      await page.getByRole('button', { name, exact: true }).click()
      await page.getByRole('dialog').waitFor()
      expect(await violationsInBothThemes(page)).toEqual([])
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
    }
    await ana.page.setViewportSize({ width: 390, height: 844 })
    await row(ana.page, 'moved Resume uploads').waitFor()
    expect(await violationsInBothThemes(ana.page)).toEqual([])
    expect([...ines.complaints, ...ana.complaints]).toEqual([])
  })
})
