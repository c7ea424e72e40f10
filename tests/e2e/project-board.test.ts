import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import type { Project } from '../../src/contracts/resources.ts'
import type { Agent, Person } from '../support/client.ts'
import type { TestServer } from '../support/server.ts'
import { violations } from './support/axe.ts'
import { hasBrowser, until, type Visit } from './support/browser.ts'
import { type Pair, startPair } from './support/pair.ts'

describe.skipIf(!hasBrowser)('the project board in a browser', () => {
  let pair: Pair
  let server: TestServer
  let admin: Person
  let agent: Agent
  /** An administrator and a contributor. */
  let ines: Visit
  let ana: Visit

  beforeAll(async () => {
    // All stages fit: a board that scrolls under the mouse is no drag of the browser.
    pair = await startPair({ viewport: { width: 1600, height: 900 } })
    ;({ server, admin, agent, ines, ana } = pair)
  })
  afterAll(() => pair?.stop())

  const column = (page: Page, name: string) => page.getByRole('region', { name: new RegExp(`^${name}, `) })
  const card = (page: Page, where: string, name: string) =>
    column(page, where).locator('.pcard', { hasText: name })
  const grip = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
  const panelOf = (page: Page, name: string) => page.getByRole('complementary', { name: `Project: ${name}` })

  async function create(name: string, rest: object = {}): Promise<Project> {
    const { status, body } = await admin.in<Project>('POST', '/projects', { name, type: 'software', ...rest })
    expect(status).toBe(201)
    return body
  }
  /** Lifts a card by the mouse and holds it over a column. */
  async function carry(page: Page, name: string, to: string) {
    await until(
      'no card moves',
      () => page.locator('[class*="-enter-"], .is-flying').count(),
      (count) => count === 0,
    )
    const source = await page.locator('.pcard', { hasText: name }).boundingBox()
    const target = await column(page, to).boundingBox()
    if (!source || !target) throw new Error('the board is not drawn')
    await page.mouse.move(source.x + 40, source.y + 40)
    await page.mouse.down()
    await page.mouse.move(source.x + 60, source.y + 60, { steps: 4 })
    await page.mouse.move(target.x + 60, target.y + 300, { steps: 8 })
  }
  async function drag(page: Page, name: string, to: string) {
    await carry(page, name, to)
    await column(page, to).and(page.locator('.is-target')).waitFor()
    await page.mouse.up()
  }
  async function axe(page: Page) {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      expect(await violations(page)).toEqual([])
    }
  }

  test('a new project appears in Definition for everybody; its dialog shows what the server refuses', async () => {
    await ana.page.goto(`${server.url}/o/fieldnote/projects`)
    await ana.page.getByText('No projects yet').waitFor()
    await ana.page.getByText('An administrator creates projects.').waitFor()
    await ana.page.getByText('Events live').waitFor()

    const { page } = ines
    await page.goto(`${server.url}/o/fieldnote/projects`)
    await page.getByRole('button', { name: 'Create the first project' }).click()
    const dialog = page.getByRole('dialog', { name: 'New project' })
    await dialog.getByRole('button', { name: 'Create project' }).click()
    await dialog.getByText('Type a name.').waitFor()
    // The channel of that name is there already.
    await dialog.getByLabel('Name').fill('general')
    await dialog.getByRole('button', { name: 'Create project' }).click()
    await dialog.getByRole('textbox', { name: 'Name' }).and(page.locator('[aria-invalid]')).waitFor()
    await dialog.getByLabel('Name').fill('Offline sync')
    await dialog.getByLabel('Type').selectOption('Docs')
    await dialog.getByRole('combobox', { name: 'Add a person' }).selectOption('Ana Lima')
    await dialog.getByRole('button', { name: 'Add a link' }).click()
    await dialog.getByLabel('Address').fill('http://example.com')
    await dialog.getByRole('button', { name: 'Create project' }).click()
    await dialog.getByText('Type an address that begins with https').waitFor()
    await dialog.getByLabel('Address').fill('https://example.com/plan')
    await axe(page)
    await dialog.getByRole('button', { name: 'Create project' }).click()
    await card(page, 'Definition', 'Offline sync').waitFor()
    await card(ana.page, 'Definition', 'Offline sync').waitFor()
    // Who is assigned has its channel, too.
    await ana.page.getByRole('link', { name: 'Offline sync' }).waitFor()
  })

  test('a card dragged to the next stage moves in the other browser, with the name of who moved it', async () => {
    await drag(ines.page, 'Offline sync', 'Proof of concept')
    await card(ines.page, 'Proof of concept', 'Offline sync').waitFor()
    await card(ana.page, 'Proof of concept', 'Offline sync').getByText('just now').waitFor()
    expect(await card(ines.page, 'Proof of concept', 'Offline sync').getByText('just now').count()).toBe(0)
  })

  test('a stage that is not next refuses the card before and after the drop, and offers the next one', async () => {
    const { page } = ines
    await carry(page, 'Offline sync', 'Maintenance')
    const reason = 'A project goes one stage forward at a time; Development is next.'
    await column(page, 'Maintenance').getByRole('tooltip', { name: reason }).waitFor()
    await page.getByRole('status').filter({ hasText: reason }).waitFor()
    await page.mouse.up()
    const refused = card(page, 'Proof of concept', 'Offline sync')
    await refused.getByRole('alert').filter({ hasText: reason }).waitFor()
    await axe(page)
    await refused.getByRole('button', { name: 'Move to Development' }).click()
    await card(page, 'Development', 'Offline sync').waitFor()
    await card(ana.page, 'Development', 'Offline sync').waitFor()
  })

  test('a card goes back any number of stages, here by a contributor', async () => {
    await drag(ana.page, 'Offline sync', 'Definition')
    await card(ana.page, 'Definition', 'Offline sync').waitFor()
    await card(ines.page, 'Definition', 'Offline sync').waitFor()
  })

  test('a card moves by keyboard and keeps the focus; escape leaves it', async () => {
    const { page } = ines
    await grip(page, 'Offline sync').focus()
    await page.keyboard.press('Space')
    await page.getByRole('status').filter({ hasText: 'lifted from Definition' }).waitFor()
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowRight')
    await page.getByRole('status').filter({ hasText: 'Proof of concept is next' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('status').filter({ hasText: 'Move cancelled' }).waitFor()
    await page.keyboard.press('Space')
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('Space')
    await card(page, 'Proof of concept', 'Offline sync').waitFor()
    await card(ana.page, 'Proof of concept', 'Offline sync').waitFor()
    await until(
      'the moved card has the focus',
      () => page.evaluate<string>('document.activeElement.innerText'),
      (text) => text === 'Offline sync',
    )
  })

  test('a refusal of the server leaves the card where it is, with the reason on it', async () => {
    const { page } = ines
    const message = 'The server has a reason.'
    await page.route('**/transition', (route) =>
      route.fulfill({ status: 409, json: { error: { code: 'INVALID_TRANSITION', message } } }),
    )
    await drag(page, 'Offline sync', 'Definition')
    await card(page, 'Proof of concept', 'Offline sync')
      .getByRole('alert')
      .filter({ hasText: message })
      .waitFor()
    await page.unrouteAll({ behavior: 'ignoreErrors' })
    await page.getByRole('button', { name: 'Dismiss' }).click()
  })

  test('a comment goes with a move of choice', async () => {
    const { page } = ines
    await page.getByRole('button', { name: 'Move Offline sync' }).click()
    await page.getByRole('menuitem', { name: 'Move with a comment' }).click()
    const dialog = page.getByRole('dialog', { name: 'Move “Offline sync”' })
    expect(await dialog.getByRole('radio', { name: /^Testing/ }).isDisabled()).toBe(true)
    await dialog.getByLabel('Comment').fill('Two weeks without a lost photo.')
    await dialog.getByRole('button', { name: 'Move to Development' }).click()
    await card(ana.page, 'Development', 'Offline sync').waitFor()
  })

  test('tasks fill the bar of their project at once', async () => {
    const { body } = await admin.in<{ data: Project[] }>('GET', '/projects')
    const project_ids = body.data.map(({ id }) => id)
    const { body: task } = await agent.in<{ id: string }>('POST', '/tasks', {
      title: 'Queue uploads',
      project_ids,
    })
    const shown = card(ines.page, 'Development', 'Offline sync')
    await shown.getByRole('img', { name: '0 of 1 tasks complete' }).waitFor()
    await agent.in('POST', `/tasks/${task.id}/transition`, { to_status: 'complete' })
    await shown.getByRole('img', { name: '1 of 1 tasks complete' }).waitFor()
  })

  test('a project opens beside the board at a URL of its own, and is edited in place', async () => {
    const { page } = ines
    await grip(page, 'Offline sync').click()
    await page.waitForURL(/\/projects\/[0-9a-f-]{36}$/)
    const id = page.url().split('/').at(-1) ?? ''
    const panel = panelOf(page, 'Offline sync')
    await column(page, 'Definition').waitFor()
    const log = panel.getByRole('list', { name: 'Log of the project' })
    await log.getByText('“Two weeks without a lost photo.”').waitFor()

    await panel.getByRole('combobox', { name: 'Type' }).selectOption('Software')
    await log.getByText('changed type').waitFor()
    expect(await log.getByRole('listitem').first().innerText()).toContain('changed type')
    await panel.getByRole('combobox', { name: 'Owner' }).selectOption('Ana Lima')
    await log.getByText('changed owner').waitFor()

    // Both texts are shown when somebody else was faster.
    await panel.getByRole('button', { name: 'Edit description' }).click()
    await panel.getByLabel('Description').fill('my **plan**')
    await agent.in('PATCH', `/projects/${id}`, { description: 'the plan of the agent' })
    await panel.getByText('Somebody changed this text meanwhile.').waitFor()
    await panel.getByText('the plan of the agent').waitFor()
    await panel.getByRole('button', { name: 'Keep mine' }).click()
    await panel.locator('strong', { hasText: 'plan' }).waitFor()

    await panel.getByRole('combobox', { name: 'Add a person' }).selectOption('forge')
    await log.getByText('added forge').waitFor()
    await panel.getByRole('button', { name: 'Take forge off' }).click()
    await log.getByText('removed forge').waitFor()

    await panel.getByLabel('Address of the link').fill('ftp://example.com')
    await panel.getByRole('button', { name: 'Add', exact: true }).click()
    await panel.getByText('Type an address that begins with https').waitFor()
    await panel.getByLabel('Address of the link').fill('https://example.com/log')
    await panel.getByRole('button', { name: 'Add', exact: true }).click()
    await panel.getByRole('link', { name: 'example.com' }).nth(1).waitFor()
    await panel.getByRole('button', { name: 'Remove the link example.com' }).first().click()
    await until(
      'the link is gone',
      () => panel.getByRole('link', { name: 'example.com' }).count(),
      (count) => count === 1,
    )
    await axe(page)

    // A new name is that of its channel, too.
    await panel.getByRole('button', { name: 'Edit name' }).click()
    await panel.getByLabel('Name').fill('Sync without a signal')
    await panel.getByRole('button', { name: 'Save' }).click()
    const renamed = panelOf(page, 'Sync without a signal')
    await renamed.getByRole('heading', { name: 'Sync without a signal' }).waitFor()
    await page.getByRole('navigation').getByRole('link', { name: 'Sync without a signal' }).waitFor()
    await card(ana.page, 'Development', 'Sync without a signal').waitFor()

    await page.reload()
    await renamed.getByRole('link', { name: 'Show them on the task board' }).click()
    await page.waitForURL(new RegExp(`/tasks\\?project(_id)?=${id}$`))
    await page.locator('.tcard', { hasText: 'Queue uploads' }).getByText('Sync without a signal').waitFor()
    await page.goBack()
    await renamed.getByRole('button', { name: 'Close' }).click()
    await renamed.waitFor({ state: 'detached' })
  })

  test('filters are in the address, count what they keep, and come back', async () => {
    const { page } = ines
    await create('Spring launch', { type: 'launch' })
    await card(page, 'Definition', 'Spring launch').waitFor()
    await page.getByRole('combobox', { name: 'Type' }).selectOption('Launch (1)')
    await page.waitForURL(/type=launch/)
    await page.getByText('1 of 2 projects').waitFor()
    await page.goto(`${server.url}/o/fieldnote/projects`)
    await page.waitForURL(/type=launch/)
    await page.getByRole('button', { name: 'Clear' }).click()
    await page.getByRole('searchbox', { name: 'Filter by text' }).fill('signal')
    await page.getByText('1 of 2 projects').waitFor()
    await page.getByRole('searchbox', { name: 'Filter by text' }).fill('nothing like it')
    await page.getByRole('button', { name: 'Clear the filter' }).click()
    await page.getByText('2 projects', { exact: true }).waitFor()
    await ana.page.getByRole('button', { name: 'My projects 1' }).click()
    await ana.page.getByText('1 of 2 projects').waitFor()
    await ana.page.getByRole('button', { name: 'Clear' }).click()
  })

  test('keys lead through the whole board, past a folded stage and into it', async () => {
    const { page } = ines
    const { keyboard } = page
    const focused = async (label: string) =>
      await until(
        `${label} has the focus`,
        () =>
          page.evaluate<string>(
            'document.activeElement.ariaLabel ?? document.activeElement.innerText.replace(/[\\u2068\\u2069]/g, "")',
          ),
        (text) => text === label,
      )
    const fold = page.getByRole('button', { name: 'Proof of concept column' })
    await fold.focus()
    await keyboard.press('Space')
    await column(page, 'Proof of concept').and(page.locator('.is-folded')).waitFor()
    await grip(page, 'Spring launch').focus()
    await keyboard.press('ArrowRight')
    await focused('Sync without a signal')
    await keyboard.press('ArrowLeft')
    await focused('Spring launch')
    await keyboard.press('Space')
    await keyboard.press('ArrowRight')
    await page.getByRole('status').filter({ hasText: 'Proof of concept' }).waitFor()
    await keyboard.press('Space')
    await page.getByRole('region', { name: 'Proof of concept, 1 project' }).waitFor()
    await focused('Proof of concept column')
    expect(await fold.getAttribute('aria-expanded')).toBe('false')
    await axe(page)
    await keyboard.press('Enter')
    await card(page, 'Proof of concept', 'Spring launch').waitFor()
    await keyboard.press('Tab')
    await focused('Spring launch')
    await keyboard.press('Enter')
    await panelOf(page, 'Spring launch').waitFor()
    await keyboard.press('Escape')
    await panelOf(page, 'Spring launch').waitFor({ state: 'detached' })
    await focused('Spring launch')
    await keyboard.press('Space')
    await keyboard.press('ArrowLeft')
    await keyboard.press('Space')
    await card(page, 'Definition', 'Spring launch').waitFor()
    await focused('Spring launch')
  })

  test('a list that cannot be read says why and offers another try; an unknown project says so', async () => {
    const { page } = ines
    const message = 'Not now.'
    await page.route('**/projects?*', (route) =>
      route.fulfill({ status: 403, json: { error: { code: 'FORBIDDEN', message } } }),
    )
    await page.goto(`${server.url}/o/fieldnote/projects`)
    await page.getByRole('alert').filter({ hasText: message }).waitFor()
    await page.getByText('Events live').waitFor()
    await axe(page)
    const another = page.waitForRequest(/\/projects\?/)
    await page.getByRole('button', { name: 'Try again' }).click()
    await another
    await page.unrouteAll({ behavior: 'ignoreErrors' })
    await page.goto(`${server.url}/o/fieldnote/projects/00000000-0000-7000-8000-000000000000`)
    await page.getByText('There is no such project.').waitFor()
    await page.getByRole('complementary').getByRole('button', { name: 'Close' }).click()
    await page.getByText('Events live').waitFor()
  })

  test('a contributor who is not on a project changes it, but neither its people nor its end', async () => {
    const { page } = ana
    await grip(page, 'Spring launch').click()
    const panel = panelOf(page, 'Spring launch')
    await panel.getByText('Administrators and the people of the project change who is on it.').waitFor()
    await panel.getByRole('button', { name: 'Edit name' }).waitFor()
    await panel.getByRole('list', { name: 'Log of the project' }).getByText('created it').waitFor()
    expect(await panel.getByRole('button', { name: 'End the project…' }).count()).toBe(0)
    await page.keyboard.press('Escape')
    await panel.waitFor({ state: 'detached' })
  })

  test('on a phone a card moves by its sheet', async () => {
    const { page } = ana
    await page.setViewportSize({ width: 390, height: 844 })
    await page.getByRole('button', { name: /^Definition, / }).click()
    await page.getByRole('button', { name: 'Move Spring launch' }).click()
    await axe(page)
    await page.getByRole('button', { name: 'Move to Proof of concept' }).click()
    await card(page, 'Proof of concept', 'Spring launch').waitFor()
    await card(ines.page, 'Proof of concept', 'Spring launch').waitFor()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await axe(page)
  })

  test('the end of life, by typing the name, takes a project off every board; the filter finds it', async () => {
    const { page } = ines
    await grip(page, 'Spring launch').click()
    const panel = panelOf(page, 'Spring launch')
    await panel.getByRole('button', { name: 'End the project…' }).click()
    const dialog = page.getByRole('alertdialog')
    expect(await dialog.getByRole('button', { name: 'End the project' }).isDisabled()).toBe(true)
    await dialog.getByRole('textbox').fill('Spring launch')
    await axe(page)
    await dialog.getByRole('button', { name: 'End the project' }).click()
    await panel.waitFor({ state: 'detached' })
    for (const each of [page, ana.page])
      await each.locator('.pcard', { hasText: 'Spring launch' }).waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'End of life 1' }).click()
    await grip(page, 'Spring launch').click()
    await panel.getByText('This project is at its end of life.').waitFor()
    expect(await panel.getByRole('button', { name: 'Edit name' }).count()).toBe(0)
    await axe(page)
    await panel.getByRole('button', { name: 'Close' }).click()
  })

  test('a suspended org is read only', async () => {
    await admin.in('POST', '/suspend')
    await until(
      'the board is read only',
      () => ines.page.getByRole('button', { name: 'Move Sync without a signal' }).isDisabled(),
      (is) => is,
    )
    expect(await ines.page.getByRole('button', { name: 'New project' }).isDisabled()).toBe(true)
    await admin.in('POST', '/resume')
    expect([...ines.complaints, ...ana.complaints]).toEqual([])
  })
})
