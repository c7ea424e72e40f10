import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Locator, Page } from 'playwright-core'
import type { Task } from '../../src/contracts/resources.ts'
import type { Agent, Person } from '../support/client.ts'
import type { TestServer } from '../support/server.ts'
import { violations, violationsInBothThemes } from './support/axe.ts'
import { hasBrowser, signIn, stillRows, until, type Visit, visit } from './support/browser.ts'
import { type Pair, startPair } from './support/pair.ts'

describe.skipIf(!hasBrowser)('the task board in a browser', () => {
  let pair: Pair
  let server: TestServer
  let browser: Browser
  let admin: Person
  let agent: Agent
  let ines: Visit
  let ana: Visit

  beforeAll(async () => {
    pair = await startPair()
    ;({ server, browser, admin, agent, ines, ana } = pair)
  })
  afterAll(() => pair?.stop())

  const column = (page: Page, name: string) => page.getByRole('region', { name: new RegExp(`^${name}, `) })
  const card = (page: Page, where: string, title: string) =>
    column(page, where).locator('.tcard', { hasText: title })
  const grip = (page: Page, title: string) => page.getByRole('button', { name: title, exact: true })

  async function open(page: Page, query = '') {
    await page.goto(`${server.url}/o/fieldnote/tasks${query}`)
    await page.getByText('Events live').waitFor()
    await column(page, 'Backlog').waitFor()
  }
  async function create(title: string, rest: object = {}): Promise<Task> {
    const { status, body } = await admin.in<Task>('POST', '/tasks', { title, ...rest })
    expect(status).toBe(201)
    return body
  }
  async function drag(page: Page, title: string, to: string) {
    await page.locator('.board .tcard', { hasText: title }).dragTo(column(page, to))
  }

  test('an empty board offers the first task, which both people see', async () => {
    await ana.page.goto(`${server.url}/o/fieldnote/tasks`)
    await ana.page.getByText('No tasks yet').waitFor()
    await ana.page.getByText('Events live').waitFor()
    const { page } = ines
    await page.goto(`${server.url}/o/fieldnote/tasks`)
    await page.getByText('Create the first task').click()
    const dialog = page.getByRole('dialog', { name: 'New task' })
    await dialog.getByRole('button', { name: 'Create task' }).click()
    await dialog.getByText('Type a title.').waitFor()
    await dialog.getByLabel('Title').fill('Retry photos in parts')
    await dialog.getByLabel('Priority').selectOption('High')
    await dialog.getByRole('button', { name: 'Create task' }).click()
    await card(page, 'Backlog', 'Retry photos in parts').waitFor()
    await card(ana.page, 'Backlog', 'Retry photos in parts').waitFor()
  })

  test('a card dragged by the mouse moves in the other browser too', async () => {
    await open(ines.page)
    await open(ana.page)
    await drag(ines.page, 'Retry photos in parts', 'In progress')
    await card(ines.page, 'In progress', 'Retry photos in parts').waitFor()
    await card(ana.page, 'In progress', 'Retry photos in parts').waitFor()
  })

  test('a card moves by keyboard and keeps the focus; escape leaves it', async () => {
    const { page } = ines
    const title = 'Retry photos in parts'
    await grip(page, title).focus()
    await page.keyboard.press('Space')
    await page.getByRole('status').filter({ hasText: 'lifted from In progress' }).waitFor()
    await page.keyboard.press('ArrowRight')
    await page.getByRole('status').filter({ hasText: 'In review' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('status').filter({ hasText: 'Move cancelled' }).waitFor()
    await card(page, 'In progress', title).waitFor()

    await page.keyboard.press('Space')
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('Space')
    await card(page, 'In review', title).waitFor()
    await card(ana.page, 'In review', title).waitFor()
    await until(
      'the moved card has the focus',
      () => page.evaluate<string>('document.activeElement.innerText'),
      (text) => text === title,
    )
  })

  test('a folded column takes a card by keys and by mouse, stays folded, and is remembered', async () => {
    const { page } = ines
    const title = 'Retry photos in parts'
    const fold = (name: string) => page.getByRole('button', { name: `${name} column` })
    const folded = (name: string, count: string) =>
      page.getByRole('region', { name: `${name}, ${count}` }).and(page.locator('.is-folded'))
    await fold('In progress').press('Enter')
    await folded('In progress', '0 tasks').waitFor()
    await grip(page, title).focus()
    await page.keyboard.press('Space')
    await page.keyboard.press('ArrowLeft')
    await page.keyboard.press('Space')
    await folded('In progress', '1 task').waitFor()
    await until(
      'the button of the folded column has the focus',
      () => page.evaluate<string | null>('document.activeElement.ariaLabel'),
      (label) => label === 'In progress column',
    )
    await page.keyboard.press('Enter')
    await card(page, 'In progress', title).waitFor()

    await fold('In review').click()
    await drag(page, title, 'In review')
    await folded('In review', '1 task').waitFor()
    await card(ana.page, 'In review', title).waitFor()
    await page.reload()
    await folded('In review', '1 task').waitFor()
    await page.getByText('Events live').waitFor()
    expect(await fold('In review').getAttribute('aria-expanded')).toBe('false')
    await fold('In review').click()
    await card(page, 'In review', title).waitFor()
  })

  test('an agent moves a card by REST', async () => {
    const task = await create('Measure sync time')
    await card(ines.page, 'Backlog', task.title).waitFor()
    const { status } = await agent.in('POST', `/tasks/${task.id}/transition`, { to_status: 'in-progress' })
    expect(status).toBe(200)
    await card(ines.page, 'In progress', task.title).waitFor()
    await card(ana.page, 'In progress', task.title).waitFor()
  })

  test('a drop on Complete asks for the evidence that is missing', async () => {
    const { page } = ines
    const task = await create('Clock skew', { required_evidence_types: ['pr_link'] })
    await card(page, 'Backlog', task.title).waitFor()
    await drag(page, task.title, 'Complete')
    const dialog = page.getByRole('dialog', { name: 'Evidence is missing' })
    await dialog.getByRole('button', { name: 'Complete task' }).click()
    await dialog.getByText('begins with https').waitFor()
    await dialog.getByLabel('Pull request').fill('https://github.com/fieldnote/app/pull/318')
    await dialog.getByRole('button', { name: 'Complete task' }).click()
    await card(page, 'Complete', task.title).waitFor()
    await card(ana.page, 'Complete', task.title).waitFor()
  })

  test('a blocked card does not complete until its blocker is', async () => {
    const { page } = ines
    const blocker = await create('Upload index')
    const blocked = await create('Resume uploads', { blocked_by_ids: [blocker.id] })
    const badge = card(page, 'Backlog', blocked.title).getByText('Blocked by 1')
    await badge.click()
    await page.getByRole('menuitem', { name: blocker.title }).click()
    await until(
      'the blocker has the focus',
      () => page.evaluate<string>('document.activeElement.innerText'),
      (text) => text === blocker.title,
    )
    await drag(page, blocked.title, 'Complete')
    await page.getByText(/was not moved: Blocked by/).waitFor()
    await card(page, 'Backlog', blocked.title).waitFor()
    await page.getByRole('button', { name: 'Close' }).click()

    await drag(page, blocker.title, 'Complete')
    await badge.waitFor({ state: 'detached' })
    await drag(page, blocked.title, 'Complete')
    await card(page, 'Complete', blocked.title).waitFor()
  })

  test('a filter is in the address, and a change moves a card out of it and back', async () => {
    const { page } = ines
    const task = await create('Signature pad', { priority: 'critical' })
    const filters = page.getByRole('group', { name: 'Filters' })
    await filters.getByRole('button', { name: 'Priority', exact: true }).click()
    await page.getByRole('checkbox', { name: /^Critical/ }).check()
    await page.keyboard.press('Escape')
    await page.waitForURL(/priority=critical/)
    await card(page, 'Backlog', task.title).waitFor()
    expect(await page.locator('.board .tcard').count()).toBe(1)
    await agent.in('PATCH', `/tasks/${task.id}`, { priority: 'low' })
    await page.getByText('No task fits the filter').waitFor()
    await agent.in('PATCH', `/tasks/${task.id}`, { priority: 'critical' })
    await card(page, 'Backlog', task.title).waitFor()
    // The last filter comes back where the address has none.
    await page.goto(`${server.url}/o/fieldnote/tasks`)
    await page.waitForURL(/priority=critical/)
    await card(page, 'Backlog', task.title).waitFor()
    expect(await page.locator('.board .tcard').count()).toBe(1)
    await page.getByRole('button', { name: 'Clear', exact: true }).click()
    await card(page, 'Complete', 'Clock skew').waitFor()
  })

  test('a task opens beside the board at a URL of its own, and is edited in place', async () => {
    const { page } = ines
    const task = await create('Prove the queue', { description: 'a **bold** plan' })
    const after = await create('Roll out', { blocked_by_ids: [task.id] })
    await grip(page, task.title).click()
    await page.waitForURL(new RegExp(`/tasks/${task.id}$`))
    const panel = page.getByRole('complementary', { name: `Task: ${task.title}` })
    await panel.locator('strong', { hasText: 'bold' }).waitFor()
    await column(page, 'Backlog').waitFor()

    await panel.getByRole('combobox', { name: 'Priority' }).selectOption('Critical')
    await panel.getByText('changed priority').waitFor()
    await panel.getByRole('button', { name: 'Assign', exact: true }).click()
    await page.getByRole('checkbox', { name: 'Ana Lima' }).check()
    await page.getByRole('checkbox', { name: 'forge' }).check()
    await page.keyboard.press('Escape')
    await panel.getByText('assigned Ana Lima').waitFor()
    await panel.getByText('assigned forge').waitFor()

    // Both texts are shown when somebody else was faster.
    await panel.getByRole('button', { name: 'Edit description' }).click()
    await panel.getByLabel('Description').fill('my plan')
    await agent.in('PATCH', `/tasks/${task.id}`, { description: 'the plan of the agent' })
    await panel.getByText('Somebody changed this text meanwhile.').waitFor()
    await panel.getByText('the plan of the agent').waitFor()
    expect(await panel.getByLabel('Description').inputValue()).toBe('my plan')
    await panel.getByRole('button', { name: 'Keep mine' }).click()
    await panel.locator('.prose', { hasText: 'my plan' }).waitFor()

    await panel.getByRole('button', { name: 'Evidence', exact: true }).click()
    await panel.getByLabel('Address of the evidence').fill('http://example.com/run')
    await panel.getByRole('button', { name: 'Add', exact: true }).click()
    await panel.getByText('begins with https').waitFor()
    await panel.getByLabel('Address of the evidence').fill('https://example.com/run')
    await panel.getByRole('button', { name: 'Add', exact: true }).click()
    await panel.getByRole('link', { name: /Pull request, example.com by Ines/ }).waitFor()

    await panel.getByRole('button', { name: 'Required' }).click()
    await page.getByRole('checkbox', { name: 'Pull request' }).check()
    await page.getByRole('checkbox', { name: 'Test results' }).check()
    expect(await violationsInBothThemes(page, { except: ['region'] })).toEqual([])
    await page.keyboard.press('Escape')
    await panel.getByText('1 of 2').waitFor()
    await panel.getByText('1 condition is still open').waitFor()
    await panel.getByRole('button', { name: 'Add link: Test results' }).click()
    await panel.getByLabel('Address of the evidence').fill('https://ci.example.com/7')
    await page.keyboard.press('Enter')
    await panel.getByText('2 of 2').waitFor()
    await panel.getByRole('button', { name: 'Move with comment…' }).click()
    const dialog = page.getByRole('dialog', { name: /^Move “/ })
    await dialog.getByLabel('Comment').fill('All of it is there')
    await dialog.getByRole('button', { name: 'Move to In progress' }).click()
    await card(page, 'In progress', task.title).waitFor()
    await panel.getByRole('button', { name: 'Move to In review' }).click()
    await card(page, 'In review', task.title).waitFor()

    await panel.getByRole('button', { name: 'Link task' }).click()
    const other = page.getByRole('checkbox', { name: after.title })
    await other.click()
    await page.getByText(/would close a circle.*“Roll out”/).waitFor()
    await until(
      'a refused choice is taken back',
      () => other.isChecked(),
      (is) => !is,
    )
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Close' }).last().click()
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      expect(await violations(page)).toEqual([])
    }
    await panel.getByRole('list', { name: 'Blocks' }).getByRole('button', { name: after.title }).click()
    const blocked = page.getByRole('complementary', { name: `Task: ${after.title}` })
    await blocked.getByText('0 of 1').waitFor()
    await blocked.getByRole('button', { name: `${task.title} blocks this` }).click()
    await panel.waitFor()
    await page.goBack()
    await blocked.waitFor()
    // More events than one page of the history.
    for (let i = 0; i < 51; i++) await agent.in('PATCH', `/tasks/${after.id}`, { description: `note ${i}` })
    await page.reload()
    await page.getByRole('complementary', { name: `Task: ${after.title}` }).waitFor()
    await page.getByRole('button', { name: 'Show older' }).click()
    await page.getByRole('complementary').getByText('created').waitFor()
    await page.getByText('Events live').waitFor()
    await page.getByRole('complementary').getByRole('button', { name: 'Close' }).click()
    await page.getByRole('complementary').waitFor({ state: 'detached' })
  })

  test('the panel goes through the tasks of the filter by key and by button, and says where it is', async () => {
    const { page } = ines
    const titles = ['high', 'medium', 'low'].map((priority) => [`Leaf ${priority}`, priority] as const)
    for (const [title, priority] of titles) await create(title, { priority })
    await open(page, '?q=leaf')
    await card(page, 'Backlog', 'Leaf low').waitFor()
    await grip(page, 'Leaf high').click()
    const panel = (title: string) => page.getByRole('complementary', { name: `Task: ${title}` })
    const says = (text: string) => page.getByRole('status').filter({ hasText: text }).waitFor()
    const focused = () => page.evaluate<string>('document.activeElement.ariaLabel')
    await panel('Leaf high').getByText('1 of 3').waitFor()
    await page.keyboard.press('j')
    await panel('Leaf medium').getByText('2 of 3').waitFor()
    await says('2 of 3: Leaf medium')
    expect(await focused()).toBe('Task: Leaf medium')
    await page.keyboard.press('k')
    await panel('Leaf high').waitFor()
    await page.keyboard.press('k')
    await says('This is the first task of the list.')
    const next = page.getByRole('button', { name: 'Next task' })
    await next.click()
    await panel('Leaf medium').waitFor()
    // The button of the new panel has the focus, so it can be pressed again.
    expect(await focused()).toBe('Next task')
    await page.keyboard.press('Enter')
    await panel('Leaf low').getByText('3 of 3').waitFor()
    await page.keyboard.press('Enter')
    await says('This is the last task of the list.')
    expect(await next.getAttribute('aria-disabled')).toBe('true')
    // Turning leaves no steps in the history of the browser.
    await page.goBack()
    await page.getByRole('complementary').waitFor({ state: 'detached' })
    await page.waitForURL(/\/tasks\?q=leaf$/)
  })

  test('a new task of a column goes there', async () => {
    const { page } = ines
    await open(page)
    await page.getByRole('button', { name: 'New task in In review' }).click()
    const dialog = page.getByRole('dialog', { name: 'New task' })
    await dialog.getByLabel('Title').fill('Check the totals')
    await dialog.getByRole('button', { name: 'Create task' }).click()
    await card(page, 'In review', 'Check the totals').waitFor()
  })

  test('a drag is not disturbed by the changes of others, which show after the drop', async () => {
    const { page } = ines
    const dragged = await create('In the hand')
    const other = await create('Moved meanwhile')
    await card(page, 'Backlog', other.title).waitFor()
    await open(ana.page)
    await card(page, 'Backlog', dragged.title).hover()
    await page.mouse.down()
    await column(page, 'In progress').hover()
    await page.locator('.bcol.is-target').waitFor()
    await agent.in('POST', `/tasks/${other.id}/transition`, { to_status: 'in-review' })
    await agent.in('POST', `/tasks/${dragged.id}/evidence`, { type: 'pr_link', url: 'https://example.com/1' })
    // The card of another person wears that name for a while.
    await card(ana.page, 'In review', other.title).getByText('Moved by forge').waitFor()
    const sequence = async (of: Page) =>
      /Events live\s*(\S+)/.exec(await of.locator('footer').innerText())?.[1]
    await until(
      'both pages have the same events',
      async () => [await sequence(page), await sequence(ana.page)],
      ([mine, theirs]) => mine !== undefined && mine === theirs,
    )
    expect(await card(page, 'Backlog', other.title).count()).toBe(1)
    expect(await page.locator('.tcard.is-source').count()).toBe(1)
    await page.mouse.up()
    await card(page, 'In progress', dragged.title).waitFor()
    await card(page, 'In review', other.title).waitFor()
  })

  test('a finger that rests lifts a card, scrolls at the edge, and drops it; one that moves swipes', async () => {
    const { page, context } = await visit(browser, { hasTouch: true })
    await signIn(page, server.url, 'ines@example.com')
    for (let i = 0; i < 70; i++) await create(`Many ${i}`, { priority: 'low' })
    const task = await create('Under the finger', { priority: 'critical' })
    await open(page)
    await card(page, 'Backlog', task.title).waitFor()
    const cdp = await context.newCDPSession(page)
    const touch = async (
      type: 'touchStart' | 'touchMove' | 'touchEnd',
      ...touchPoints: { x: number; y: number }[]
    ) => await cdp.send('Input.dispatchTouchEvent', { type, touchPoints })
    const middle = async (what: Locator, down = 0.5) => {
      const box = await what.boundingBox()
      return { x: (box?.x ?? 0) + (box?.width ?? 0) / 2, y: (box?.y ?? 0) + (box?.height ?? 0) * down }
    }
    await touch('touchStart', await middle(card(page, 'Backlog', task.title)))
    await page.locator('.tcard.is-source').waitFor()
    await touch('touchMove', await middle(column(page, 'Backlog'), 0.99))
    await until(
      'the column scrolls',
      () => page.evaluate<number>("document.querySelector('.bcol .cards').scrollTop"),
      (top) => top > 40,
    )
    await touch('touchMove', await middle(column(page, 'In review')))
    await page.locator('.bcol.is-target', { hasText: 'In review' }).waitFor()
    await touch('touchEnd')
    await card(page, 'In review', task.title).waitFor()
    await card(ines.page, 'In review', task.title).waitFor()

    // On a phone a finger that moves on brings the next column.
    await page.setViewportSize({ width: 390, height: 844 })
    const tab = (name: string) => page.getByRole('button', { name: new RegExp(`^${name}, `) })
    const stands = async (name: string, at: number) => {
      await until(
        `the page stands at ${name}`,
        () =>
          page.evaluate<number>(
            "(({ scrollLeft, clientWidth }) => scrollLeft / clientWidth)(document.querySelector('.board'))",
          ),
        (column) => column === at,
      )
      expect(await tab(name).getAttribute('aria-pressed')).toBe('true')
    }
    // Over the heads of the columns: on a slow machine a finger on a card has rested before its first move. From rest to
    // rest: moves that come in bursts there have any speed, and the browser flings by it.
    const swipe = async (from_x: number, to_x: number) => {
      await stillRows(page.locator('.board'), '.bcol')
      const { y } = await middle(page.locator('.bcolh').first())
      await touch('touchStart', { x: from_x, y })
      for (let i = 1; i <= 8; i++) await touch('touchMove', { x: from_x + ((to_x - from_x) * i) / 8, y })
      await stillRows(page.locator('.board'), '.bcol')
      await touch('touchMove', { x: to_x, y })
      await touch('touchEnd')
    }
    await tab('Backlog').click()
    await stands('Backlog', 0)
    await swipe(340, 40)
    await stands('In progress', 1)
    await swipe(340, 40)
    await stands('In review', 2)
    await swipe(40, 340)
    await stands('In progress', 1)
    await context.close()
  })

  test('on a phone a card moves by its sheet, which says what a row needs or why it is refused', async () => {
    const { page } = ana
    await page.setViewportSize({ width: 390, height: 844 })
    const task = await create('Guide without a signal', { required_evidence_types: ['test_results'] })
    const after = await create('Print the guide', { blocked_by_ids: [task.id] })
    const sheet = page.getByRole('dialog', { name: 'Move to…' })
    const move = (title: string) => page.getByRole('button', { name: `Move ${title}` })
    await page.getByRole('button', { name: /^Backlog, / }).click()
    await move(after.title).click()
    expect(await sheet.getByRole('button', { name: /^Backlog/ }).isDisabled()).toBe(true)
    expect(
      await sheet.getByRole('button', { name: `Complete Blocked by “${task.title}”.` }).isDisabled(),
    ).toBe(true)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      expect(await violations(page)).toEqual([])
    }
    await sheet.getByRole('button', { name: 'Cancel' }).click()
    await sheet.waitFor({ state: 'detached' })

    await move(task.title).click()
    await sheet.getByRole('button', { name: 'In review' }).click()
    await card(page, 'In review', task.title).waitFor()
    await card(ines.page, 'In review', task.title).waitFor()
    // The page stays at the column of the next card.
    expect(await page.getByRole('button', { name: /^Backlog, / }).getAttribute('aria-pressed')).toBe('true')
    await page.getByRole('button', { name: /^In review, / }).click()
    await move(task.title).click()
    await sheet.getByRole('button', { name: 'Complete Asks for test results first' }).click()
    const dialog = page.getByRole('dialog', { name: 'Evidence is missing' })
    await dialog.getByLabel('Test results').fill('https://example.com/run')
    await dialog.getByRole('button', { name: 'Complete task' }).click()
    await card(ines.page, 'Complete', task.title).waitFor()
    await dialog.waitFor({ state: 'detached' })
  })

  test('a long column begins with its first cards and shows the rest on request', async () => {
    const { page } = ines
    await page.getByRole('button', { name: /^Show \d+ more$/ }).click()
    await card(page, 'Backlog', 'Many 69').waitFor()
  })

  test.each(['light', 'dark'] as const)('axe finds nothing in %s', async (colorScheme) => {
    for (const { page } of [ines, ana]) {
      await page.emulateMedia({ colorScheme })
      expect(await violations(page)).toEqual([])
    }
    await ines.page.getByRole('button', { name: 'New task', exact: true }).click()
    await ines.page.getByRole('dialog').waitFor()
    expect(await violations(ines.page)).toEqual([])
    await ines.page.keyboard.press('Escape')
    await ines.page.getByRole('dialog').waitFor({ state: 'detached' })
  })

  test('a suspended org is read only: what is being written stays, and says why it cannot be saved', async () => {
    const { page } = ines
    const task = await create('Edited meanwhile', { description: 'a plan' })
    await page.goto(`${server.url}/o/fieldnote/tasks/${task.id}`)
    await page.getByText('Events live').waitFor()
    const panel = page.getByRole('complementary', { name: `Task: ${task.title}` })
    const disabled = (button: Locator, is: boolean) =>
      until(
        `disabled is ${is}`,
        () => button.isDisabled(),
        (now) => now === is,
      )
    await panel.getByRole('button', { name: 'Edit description' }).click()
    await panel.getByLabel('Description').fill('half a plan')
    await page.getByRole('button', { name: 'New task', exact: true }).click()
    const dialog = page.getByRole('dialog', { name: 'New task' })
    await dialog.getByLabel('Title').fill('half a title')
    await admin.in('POST', '/suspend')
    await disabled(dialog.getByRole('button', { name: 'Create task' }), true)
    await dialog.getByText('nothing can be written now').waitFor()
    expect(await dialog.getByLabel('Title').inputValue()).toBe('half a title')
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    await disabled(page.getByRole('button', { name: 'New task', exact: true }), true)
    await disabled(panel.getByRole('button', { name: 'Save' }), true)
    await panel.getByText('Your text stays here').waitFor()
    await admin.in('POST', '/resume')
    await disabled(panel.getByRole('button', { name: 'Save' }), false)
    await panel.getByRole('button', { name: 'Save' }).click()
    await panel.locator('.prose', { hasText: 'half a plan' }).waitFor()
    expect([...ines.complaints, ...ana.complaints]).toEqual([])
  })
})
