import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import type { Task } from '../../src/contracts/resources.ts'
import { type Agent, addAgent, join, type Person, setUp } from '../support/client.ts'
import type { TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import { violationsInBothThemes } from './support/axe.ts'
import { hasBrowser, launch, signIn, until, type Visit, visit } from './support/browser.ts'
import { startEmpty } from './support/server.ts'

describe.skipIf(!hasBrowser)('the task table in a browser', () => {
  let server: TestServer
  let browser: Browser
  let admin: Person
  let agent: Agent
  let ines: Visit
  let page: Page
  const made = new Map<string, Task>()

  beforeAll(async () => {
    await buildApp()
    server = await startEmpty()
    admin = await setUp(server)
    await join(admin, 'Ana Lima')
    agent = await addAgent(admin, 'forge')
    await create('Resume uploads', { priority: 'critical', type: 'bug' })
    await create('Clock skew', { priority: 'high', required_evidence_types: ['pr_link'] })
    await create('Guide without a signal', { priority: 'medium', type: 'chore' })
    await create('Roll out', { priority: 'low', blocked_by_ids: [made.get('Resume uploads')?.id ?? ''] })
    await create('=1+1', { priority: 'low', type: 'chore' })
    browser = await launch()
    ines = await visit(browser)
    page = ines.page
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await signIn(page, server.url, 'ines@example.com')
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  async function create(title: string, rest: object = {}): Promise<void> {
    const { status, body } = await admin.in<Task>('POST', '/tasks', { title, ...rest })
    expect(status).toBe(201)
    made.set(title, body)
  }
  const idOf = (title: string) => made.get(title)?.id ?? ''
  const line = (title: string) =>
    page.locator('.ttable tbody tr', { has: page.getByText(title, { exact: true }) })
  const titles = () => page.locator('.ttitle').allInnerTexts()
  const focused = (title: string) =>
    until(
      `${title} has the focus`,
      () => page.evaluate<string>('document.activeElement.innerText'),
      (text) => text === title,
    )
  const menu = (name: string) => page.getByRole('menuitem', { name })
  const choose = (name: string) => page.getByRole('menuitemradio', { name }).click()
  const bar = () => page.getByRole('region', { name: 'Selected tasks' })

  test('shows its shape, then what went wrong with a way to try again, then the rows', async () => {
    let answer = () => {}
    const asked = new Promise<void>((resolve) => {
      answer = resolve
    })
    await page.route('**/api/v1/orgs/*/tasks?*', async (route) => {
      await asked
      await route.fulfill({
        status: 403,
        json: { error: { code: 'FORBIDDEN', message: 'Not now.', status: 403 } },
      })
    })
    await page.goto(`${server.url}/o/fieldnote/tasks?view=table`)
    await page.getByRole('status', { name: 'Loading tasks' }).waitFor()
    answer()
    await page.getByText('The tasks could not be read.').waitFor()
    await page.unrouteAll({ behavior: 'ignoreErrors' })
    const again = page.getByRole('button', { name: 'Try again' })
    await until(
      'the rows are there',
      async () => {
        // The stream that opens meanwhile may read the list too, so that the button goes.
        if (await again.isVisible()) await again.click({ timeout: 1_000 }).catch(() => {})
        return (await titles()).join()
      },
      (text) => text === 'Resume uploads,Clock skew,Guide without a signal,Roll out,=1+1',
    )
    await page.getByText('Events live').waitFor()
  })

  test('board and table show the same tasks; the last view comes back', async () => {
    await page.getByRole('button', { name: 'Board', exact: true }).click()
    await page.locator('.board .tcard').first().waitFor()
    expect(await page.locator('.board .tcard').count()).toBe(5)
    await page.getByRole('button', { name: 'Table', exact: true }).click()
    await page.waitForURL(/view=table/)
    await page.goto(`${server.url}/o/fieldnote/tasks`)
    await page.waitForURL(/view=table/)
    await line('Clock skew').waitFor()
  })

  test('the whole way by keyboard: rows, selection, opening, editing, back to the row', async () => {
    await page.getByText('Events live').waitFor()
    await page.keyboard.press('j')
    await focused('Resume uploads')
    await page.keyboard.press('j')
    await page.keyboard.press('j')
    await focused('Guide without a signal')
    await page.keyboard.press('k')
    await focused('Clock skew')
    await page.keyboard.press('x')
    await page.keyboard.press('ArrowDown')
    await focused('Guide without a signal')
    await page.keyboard.press('Space')
    await bar().getByText('2 selected').waitFor()
    await page.keyboard.press('Escape')
    await bar().waitFor({ state: 'detached' })
    await page.keyboard.press('Enter')
    const panel = page.getByRole('complementary', { name: 'Task: Guide without a signal' })
    await panel.waitFor()
    await page.keyboard.press('Escape')
    await panel.waitFor({ state: 'detached' })
    await focused('Guide without a signal')
    await page.keyboard.press('e')
    await panel.getByLabel('Title').fill('Guide: no signal')
    await page.keyboard.press('Enter')
    await line('Guide: no signal').waitFor()
    await page.getByRole('complementary').getByRole('button', { name: 'Close' }).click()
    await focused('Guide: no signal')
  })

  test('sorts by a column, in both directions', async () => {
    await page.getByRole('button', { name: 'Title', exact: true }).click()
    await until('the order of titles', titles, ([first]) => first === '=1+1')
    await page.getByRole('button', { name: 'Title', exact: true }).click()
    await until('the other order', titles, ([first]) => first === 'Roll out')
    await page
      .getByRole('columnheader', { name: 'Title' })
      .and(page.locator('[aria-sort="descending"]'))
      .waitFor()
    await page.getByRole('button', { name: 'Priority', exact: true }).last().click()
    await page.getByRole('button', { name: 'Priority', exact: true }).last().click()
    await until('the highest priority first', titles, ([first]) => first === 'Resume uploads')
  })

  test('filters by columns, in the address and with counts, and by several values', async () => {
    await page.getByRole('button', { name: 'Filter by type' }).click()
    await page.getByRole('checkbox', { name: 'Bug 1' }).check()
    await page.keyboard.press('Escape')
    await page.waitForURL(/type=bug/)
    // A new task begins with what the filter asks for.
    await page.getByRole('checkbox', { name: 'Bug 1' }).waitFor({ state: 'detached' })
    await page.keyboard.press('c')
    const creating = page.getByRole('dialog', { name: 'New task' })
    expect(await creating.getByLabel('Type').inputValue()).toBe('bug')
    await page.keyboard.press('Escape')
    await creating.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Filter by type' }).click()
    await page.getByRole('checkbox', { name: 'Chore 2' }).check()
    await page.keyboard.press('Escape')
    await page.waitForURL(/type=bug,chore|type=bug%2Cchore/)
    await until(
      'the tasks of both types',
      async () => (await titles()).join(),
      (text) => text === 'Resume uploads,Guide: no signal,=1+1',
    )
    await page.getByText('3 of 5 tasks').waitFor()
    await page.getByRole('button', { name: 'Clear filter: Type' }).click()
    await line('Roll out').waitFor()
  })

  test('status and priority change in the row; a refusal stands below it', async () => {
    await page.getByRole('button', { name: 'Priority of Roll out: Low' }).click()
    await choose('Critical')
    await page.getByRole('button', { name: 'Priority of Roll out: Critical' }).waitFor()
    await page.getByRole('button', { name: 'Status of Roll out: Backlog' }).click()
    await choose('Complete')
    await page.getByRole('cell', { name: /Blocked by “Resume uploads”/ }).waitFor()
    await page.getByRole('button', { name: 'Dismiss: Roll out' }).click()
    await page.locator('.whyrow').waitFor({ state: 'detached' })

    await page.getByRole('button', { name: 'Status of Clock skew: Backlog' }).click()
    await choose('Complete')
    const dialog = page.getByRole('dialog', { name: 'Evidence is missing' })
    await dialog.getByLabel('Pull request').fill('https://github.com/fieldnote/app/pull/318')
    await dialog.getByRole('button', { name: 'Complete task' }).click()
    await page.getByRole('button', { name: 'Status of Clock skew: Complete' }).waitFor()
  })

  test('moves all selected rows, says which failed and why, and tries those again', async () => {
    await page.getByRole('checkbox', { name: 'Select Resume uploads' }).click()
    await page.getByRole('checkbox', { name: 'Select Guide: no signal' }).click({ modifiers: ['Shift'] })
    await bar().getByText('4 selected').waitFor()
    await page.getByRole('checkbox', { name: 'Select Resume uploads', checked: true }).waitFor()
    await page.getByRole('checkbox', { name: 'Select Guide: no signal', checked: true }).waitFor()
    await bar().getByRole('button', { name: 'Move to…' }).click()
    await menu('Complete').click()
    // The blocker goes first, and frees the other one.
    for (const title of ['Resume uploads', 'Roll out', 'Guide: no signal'])
      await page.getByRole('button', { name: `Status of ${title}: Complete` }).waitFor()
    await bar().getByRole('button', { name: 'Clear' }).click()

    await create('Waits', { blocked_by_ids: [idOf('=1+1')] })
    await line('Waits').waitFor()
    await page.getByRole('checkbox', { name: 'Select Waits' }).click()
    await bar().getByRole('button', { name: 'Move to…' }).click()
    await menu('Complete').click()
    await bar().getByText('1 refused').waitFor()
    await page.getByText('Blocked by “=1+1”.').waitFor()
    await agent.in('POST', `/tasks/${idOf('=1+1')}/transition`, { to_status: 'complete' })
    await page.getByRole('button', { name: 'Status of =1+1: Complete' }).waitFor()
    await bar().getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('button', { name: 'Status of Waits: Complete' }).waitFor()
    await bar().getByText('1 selected').waitFor()
  })

  test('assigns all tasks of the filter', async () => {
    await page.getByRole('checkbox', { name: 'Select all tasks of the filter' }).click()
    await bar().getByText('6 selected').waitFor()
    await bar().getByRole('button', { name: 'Assign' }).click()
    await page.getByRole('checkbox', { name: 'Ana Lima' }).click()
    await until(
      'all are assigned',
      async () => (await admin.in<{ data: Task[] }>('GET', '/tasks')).body.data,
      (tasks) => tasks.every(({ assignee_ids }) => assignee_ids.length === 1),
    )
    await page.getByRole('img', { name: 'Ana Lima' }).nth(5).waitFor()
    await bar().getByRole('button', { name: 'Clear' }).click()
  })

  test('remembers the chosen columns, and copies them as a safe file', async () => {
    await page.getByRole('button', { name: 'Columns' }).click()
    for (const name of ['Type', 'Project', 'Blocked', 'Evidence', 'Updated'])
      await page.getByRole('checkbox', { name, exact: true }).uncheck()
    await page.keyboard.press('Escape')
    await page.reload()
    await line('Waits').waitFor()
    expect(await page.locator('.ttable th').count()).toBe(5)
    await page.getByRole('button', { name: 'Copy as CSV' }).click()
    await page.getByText('6 rows copied as CSV').waitFor()
    const copied = await page.evaluate<string>('navigator.clipboard.readText()')
    const lines = copied.trim().split(/\r?\n/)
    expect(lines[0]).toBe('Title,Status,Priority,Assigned')
    expect(lines).toContain("'=1+1,Complete,Low,Ana Lima")
  })

  test('axe finds nothing in both themes', async () => {
    await page.getByRole('checkbox', { name: 'Select Waits' }).click()
    expect(await violationsInBothThemes(page)).toEqual([])
    await page.getByRole('button', { name: 'Filter by assigned' }).click()
    await page.getByRole('checkbox', { name: /^Ana Lima/ }).waitFor()
    expect(await violationsInBothThemes(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.getByRole('checkbox', { name: 'Select Waits' }).click()
  })

  test('a suspended org is read only', async () => {
    await page.getByText('Events live').waitFor()
    await admin.in('POST', '/suspend')
    await until(
      'the row is disabled',
      () => page.getByRole('button', { name: 'Status of Waits: Complete' }).isDisabled(),
      (is) => is,
    )
    await admin.in('POST', '/resume')
    expect(ines.complaints).toEqual([])
  })
})
