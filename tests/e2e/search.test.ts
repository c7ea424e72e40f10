import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import type { Message, Project, Task } from '../../src/contracts/resources.ts'
import { generalChannel, join, type Person, setUp } from '../support/client.ts'
import type { TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import { violationsInBothThemes } from './support/axe.ts'
import { hasBrowser, launch, signIn, until, type Visit, visit } from './support/browser.ts'
import { startEmpty } from './support/server.ts'

describe.skipIf(!hasBrowser)('the search in a browser', () => {
  let server: TestServer
  let browser: Browser
  let admin: Person
  let ines: Visit
  let project: Project
  let task: Task
  let general_id: string
  let said: Message
  const asked: string[] = []

  beforeAll(async () => {
    await buildApp()
    server = await startEmpty()
    admin = await setUp(server)
    await join(admin, 'Ana Lima')
    general_id = (await generalChannel(admin)).id
    const description = 'Builds, tests and staging'
    project = (
      await admin.in<Project>('POST', '/projects', { name: 'Deploy pipeline', type: 'software', description })
    ).body
    task = (
      await admin.in<Task>('POST', '/tasks', {
        title: 'Automate the deploy to staging',
        description: 'One click to <b>deploy</b> & relax.',
        project_ids: [project.id],
      })
    ).body
    const say = async (channel_id: string, content: string) =>
      (await admin.in<Message>('POST', `/channels/${channel_id}/messages`, { content })).body
    for (let i = 0; i < 40; i++) await say(general_id, `Line ${i} of the morning`)
    said = await say(general_id, 'We deploy to staging on Monday')
    for (let i = 0; i < 40; i++) await say(general_id, `Line ${i} of the evening`)
    await say(project.channel_id, 'The secret xylophone: deploy to staging at night')
    browser = await launch()
    ines = await visit(browser)
    await signIn(ines.page, server.url, 'ines@example.com')
    ines.page.on('request', (request) => {
      const { pathname, searchParams } = new URL(request.url())
      if (pathname.endsWith('/search') && pathname.startsWith('/api')) asked.push(searchParams.get('q') ?? '')
    })
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  const field = (page: Page) => page.getByRole('searchbox', { name: 'Search' })
  const hits = (page: Page) => page.locator('a.hit')
  const group = (page: Page, name: string) => page.getByRole('region', { name: new RegExp(`^${name}`) })
  const headings = async (page: Page) =>
    (await page.locator('.hits h2').allInnerTexts()).map((text) => text.trim().replace(/\s+/g, ' '))
  const focusPage = (page: Page) => page.locator('main').focus()
  const results = (page: Page, text: string) =>
    page.getByRole('status').filter({ hasText: text }).first().waitFor()
  const open = async (page: Page, query: string) => {
    await page.goto(`${server.url}/o/fieldnote/search${query}`)
    await page.getByRole('heading', { name: 'Search', level: 1 }).waitFor()
  }

  test('the slash leads to the field, and typing asks once, after a pause', async () => {
    const { page } = ines
    await page.goto(`${server.url}/o/fieldnote/tasks`)
    await page.getByRole('heading', { name: 'Tasks', level: 1 }).waitFor()
    await focusPage(page)
    await page.keyboard.press('/')
    await page.locator('input[type=search]:focus').waitFor()
    expect(await field(page).inputValue()).toBe('')
    await field(page).pressSequentially('deploy staging', { delay: 20 })
    expect(asked).toEqual([])
    await results(page, '4 results')
    expect(asked).toEqual(['deploy staging'])
    expect(new URL(page.url()).search).toBe('?q=deploy+staging')
    // The focus and the text stay where they were.
    expect(await page.locator('input[type=search]:focus').inputValue()).toBe('deploy staging')
    // One step of the history, from wherever it began.
    await page.goBack()
    await page.getByRole('heading', { name: 'Tasks', level: 1 }).waitFor()
    expect(await field(page).inputValue()).toBe('')
    await page.goForward()
    await results(page, '4 results')
    expect(await field(page).inputValue()).toBe('deploy staging')
  })

  test('results are grouped with counts, and what matched is marked as text', async () => {
    const { page } = ines
    await open(page, '?q=deploy+staging')
    await results(page, '4 results')
    expect(await headings(page)).toEqual(['Projects 1', 'Tasks 1', 'Messages 2'])
    const found = group(page, 'Tasks').locator('a.hit')
    expect(await found.locator('mark').allInnerTexts()).toEqual(['deploy'])
    expect(await found.locator('.hittext').innerText()).toBe('One click to <b>deploy</b> & relax.')
    expect(await group(page, 'Messages').locator('mark').first().innerText()).toBe('deploy')
    expect(await violationsInBothThemes(page)).toEqual([])
    await page.emulateMedia({ colorScheme: 'light' })
  })

  test('the keyboard leads through the results, and Enter opens the exact message', async () => {
    const { page } = ines
    await open(page, '?q=deploy+staging&type=messages')
    await hits(page).first().waitFor()
    await field(page).focus()
    await page.keyboard.press('ArrowDown')
    await page.locator('a.hit:focus').waitFor()
    await page.keyboard.press('ArrowUp')
    await page.locator('input[type=search]:focus').waitFor()
    await page.keyboard.press('ArrowDown')
    for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowDown')
    await page.locator('a.hit:focus', { hasText: 'on Monday' }).waitFor()
    await page.keyboard.press('Enter')
    await page.waitForURL(new RegExp(`/channels/${general_id}\\?seq=${said.seq}`))
    await page.locator('.log article', { hasText: 'We deploy to staging on Monday' }).waitFor()
    await page.goBack()
    await hits(page).first().waitFor()
  })

  test('a task and a project open beside their boards', async () => {
    const { page } = ines
    await open(page, '?q=automate+deploy')
    await hits(page).filter({ hasText: 'Automate' }).click()
    await page.waitForURL(new RegExp(`/tasks/${task.id}`))
    await page.getByRole('heading', { name: task.title }).first().waitFor()
    await page.goBack()
    await field(page).fill('pipeline')
    await group(page, 'Projects').locator('a.hit').click()
    await page.waitForURL(new RegExp(`/projects/${project.id}`))
    await page.getByRole('heading', { name: 'Deploy pipeline' }).first().waitFor()
  })

  test('type, project and dates are in the address; back takes each away again', async () => {
    const { page } = ines
    await open(page, '?q=deploy')
    await results(page, '4 results')
    await page.getByRole('button', { name: /^Messages/ }).click()
    await page.waitForURL(/type=messages/)
    await results(page, '2 results')
    expect(await headings(page)).toEqual(['Messages 2'])
    await page.getByRole('combobox', { name: 'Project' }).selectOption('Deploy pipeline')
    await page.waitForURL(/project_id=/)
    await results(page, '1 result')
    await page.reload()
    await results(page, '1 result')
    expect(await field(page).inputValue()).toBe('deploy')
    await page.goBack()
    await results(page, '2 results')
    await page.goBack()
    await results(page, '4 results')
    await page.getByRole('button', { name: 'Date', exact: true }).click()
    await page
      .getByRole('dialog', { name: 'Days of the search' })
      .getByRole('button', { name: 'Yesterday' })
      .click()
    await page.getByText('Nothing found').waitFor()
    await page.getByRole('button', { name: 'Search without filters' }).click()
    await results(page, '4 results')
    await page.getByRole('button', { name: 'Archived too' }).click()
    await page.waitForURL(/archived=1/)
  })

  test('another spelling is a link, nothing found says so, and results stay while the next ones come', async () => {
    const { page } = ines
    await open(page, '?q=pipelien')
    await page.getByText('Nothing found').waitFor()
    expect(await violationsInBothThemes(page)).toEqual([])
    await page.emulateMedia({ colorScheme: 'light' })
    await page.getByRole('link', { name: 'pipeline', exact: true }).click()
    await group(page, 'Projects').locator('a.hit').waitFor()
    expect(await field(page).inputValue()).toBe('pipeline')

    let release: () => void = () => undefined
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    await page.route('**/api/**/search?*', async (route) => {
      await held
      await route.continue()
    })
    await field(page).fill('staging')
    await page.locator('.hits.stale').waitFor()
    expect(await group(page, 'Projects').locator('a.hit').count()).toBe(1)
    release()
    await hits(page).filter({ hasText: 'Automate' }).waitFor()
    await page.unroute('**/api/**/search?*')
  })

  test('a failure is told, and can be tried again', async () => {
    const { page } = ines
    await page.route('**/api/**/search?*', (route) =>
      route.fulfill({ status: 500, json: { error: { code: 'INTERNAL', message: 'Broken.', status: 500 } } }),
    )
    await open(page, '?q=relax')
    await page.getByText('The search was not answered.').waitFor()
    expect(await violationsInBothThemes(page)).toEqual([])
    await page.emulateMedia({ colorScheme: 'light' })
    await page.unroute('**/api/**/search?*')
    await page.getByRole('button', { name: 'Try again' }).click()
    await hits(page).first().waitFor()
  })

  test('more of one type come page by page, each once', async () => {
    const { page } = ines
    await open(page, '?q=line')
    await page.getByRole('link', { name: 'All 80 messages' }).click()
    await results(page, '80 results')
    for (const count of [50, 75, 80]) {
      await page.getByRole('button', { name: 'Show more' }).click()
      await until(
        'more are shown',
        () => hits(page).count(),
        (shown) => shown === count,
      )
    }
    expect(await page.getByRole('button', { name: 'Show more' }).count()).toBe(0)
    const links = await hits(page).evaluateAll((all) => all.map((one) => one.getAttribute('href')))
    expect(new Set(links).size).toBe(80)
  })

  test('who reads fewer channels finds less, and sees nothing of whom was here before', async () => {
    const { page } = ines
    await open(page, '?q=xylophone')
    await hits(page).filter({ hasText: 'secret' }).waitFor()
    await page.getByRole('button', { name: /^Account: / }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.waitForURL(/\/login/)
    let shown = false
    await page.exposeFunction('sawSecret', () => {
      shown = true
    })
    await page.addInitScript(`new MutationObserver(() => {
      if (document.body?.textContent?.includes('secret')) window.sawSecret()
    }).observe(document, { childList: true, subtree: true, characterData: true })`)
    await signIn(page, server.url, 'ana.lima@example.com')
    await open(page, '?q=xylophone')
    await page.getByText('Nothing found').waitFor()
    expect(shown).toBe(false)
    await open(page, '?q=xylophon')
    await page.getByText('No project, task or message that you may read').waitFor()
    expect(ines.complaints).toEqual([])
  })

  test('on a phone the field is on the page', async () => {
    const { page, context } = await visit(browser, { viewport: { width: 390, height: 844 } })
    await signIn(page, server.url, 'ines@example.com')
    await page.getByRole('button', { name: 'More' }).click()
    await page.getByRole('button', { name: 'Search', exact: true }).click()
    await page.getByText('Search everything you may read').waitFor()
    await field(page).fill('deploy staging')
    await hits(page).first().waitFor()
    expect(await violationsInBothThemes(page)).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0)
    await context.close()
  })
})
