import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import type { Project, SubAgent, Task } from '../../src/contracts/resources.ts'
import { type Agent, addAgent, join, type Person, setUp } from '../support/client.ts'
import { databaseOf, type TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import { violationsInBothThemes } from './support/axe.ts'
import { hasBrowser, launch, session, until, type Visit, visit } from './support/browser.ts'
import { startEmpty } from './support/server.ts'

const ORG = 'fieldnote'

describe.skipIf(!hasBrowser)('sub-agents, with two people at once', () => {
  let server: TestServer
  let browser: Browser
  let admin: Person
  let scout: Agent
  let task: Task
  let other_task: Task
  let ines: Visit
  let ana: Visit

  beforeAll(async () => {
    await buildApp()
    server = await startEmpty()
    admin = await setUp(server)
    const contributor = await join(admin, 'Ana Lima')
    scout = await addAgent(admin, 'scout')
    const project = await made<Project>('/projects', {
      name: 'Depot',
      type: 'software',
      assigned_user_ids: [contributor.user_id],
    })
    const project_ids = [project.id]
    task = await made<Task>('/tasks', { title: 'Count the crates', project_ids })
    other_task = await made<Task>('/tasks', { title: 'Paint the doors', project_ids })
    browser = await launch()
    ines = await visit(browser, { viewport: { width: 1440, height: 900 } })
    ana = await visit(browser, { viewport: { width: 1440, height: 900 } })
    await session(ines.page, server.url, 'ines@example.com')
    await session(ana.page, server.url, 'ana.lima@example.com')
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  async function made<T>(path: string, body: unknown): Promise<T> {
    const answer = await admin.in<T>('POST', path, body)
    if (answer.status >= 300) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`)
    return answer.body
  }
  const spawned = (body: object = {}) =>
    made<SubAgent & { ephemeral_api_key: string }>('/sub-agents', {
      task_id: task.id,
      model: 'fake-1',
      instructions: 'Look.',
      ...body,
    })
  async function limits(agent_limits: object): Promise<void> {
    const answer = await admin.in('PATCH', '', { settings: { agent_limits } })
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body))
  }
  const panel = (page: Page) => page.locator('.over')
  const inPanel = (page: Page) => panel(page).locator('.subagents li')
  const inList = (page: Page, name: string) => page.locator('.subtable tr').filter({ hasText: name })
  const dialog = (page: Page) => page.getByRole('dialog')
  async function openTask(page: Page, id = task.id): Promise<void> {
    await page.goto(`${server.url}/o/${ORG}/tasks/${id}`)
    await panel(page).getByRole('heading', { name: 'Sub-agents' }).waitFor()
    await page.getByText('Events live').waitFor()
  }
  async function openAgents(page: Page): Promise<void> {
    await page.goto(`${server.url}/o/${ORG}/agents`)
    await page.getByRole('heading', { name: 'Agents', level: 1 }).waitFor()
    await page.getByText('Events live').waitFor()
  }
  const current = async () =>
    (await admin.in<{ data: SubAgent[] }>('GET', '/sub-agents?status=active')).body.data

  test('a task without one says what a sub-agent is, and so does the list', async () => {
    await openTask(ines.page)
    await panel(ines.page).getByText('works on this task alone').waitFor()
    await openAgents(ines.page)
    await ines.page.getByText('None is active.').waitFor()
  })

  test('one is spawned by the keyboard, its key is shown once, and others see it at once', async () => {
    await openAgents(ana.page)
    const { page } = ines
    await openTask(page)
    const button = panel(page).getByRole('button', { name: 'Spawn sub-agent' })
    await button.focus()
    await page.keyboard.press('Enter')
    await dialog(page).getByLabel('Instructions').waitFor()
    expect(await violationsInBothThemes(page)).toEqual([])
    await dialog(page).getByRole('button', { name: 'Spawn sub-agent' }).click()
    await dialog(page).getByText('Say what it is to do.').waitFor()
    await dialog(page).getByText('Name a model.').waitFor()
    await dialog(page).getByLabel('Instructions').fill('Count what stands at gate 4.')
    await dialog(page).getByLabel('Model').fill('fake/fake-1')
    await dialog(page).getByLabel('Ends after').fill('4')
    await dialog(page).getByRole('button', { name: 'Spawn sub-agent' }).click()
    await dialog(page).getByText('Between 5 and 1440 minutes.').waitFor()
    await dialog(page).getByLabel('Ends after').fill('45')
    await dialog(page).getByRole('button', { name: 'Spawn sub-agent' }).click()
    await dialog(page).getByText('This is the only time it is shown.').waitFor()
    expect(await violationsInBothThemes(page)).toEqual([])
    const key = await dialog(page).locator('.keybox code').first().innerText()
    expect(key).toStartWith('mc_ak_tmp_')
    const env = await dialog(page).locator('.keybox code').nth(1).innerText()
    expect(env).toContain(`MC_API_KEY=${key}`)
    // The key works on its task, and on nothing else.
    const headers = { Authorization: `Bearer ${key}` }
    const at = (path: string) => fetch(`${server.url}/api/v1/orgs/${ORG}${path}`, { headers })
    expect((await at(`/tasks/${task.id}`)).status).toBe(200)
    expect((await at(`/tasks/${other_task.id}`)).status).toBe(404)
    const [sub_agent] = await current()
    await inList(ana.page, sub_agent!.display_name).getByRole('link', { name: 'Count the crates' }).waitFor()
    await dialog(page).getByRole('button', { name: 'I stored it' }).click()
    await dialog(page).waitFor({ state: 'detached' })
    expect(await panel(page).getByText(key).count()).toBe(0)
    await inPanel(page).getByText(sub_agent!.display_name).waitFor()
    await panel(page).getByText('spawned the sub-agent').first().waitFor()
  })

  test('its time runs out before the eyes of both, with words for who cannot see the bar', async () => {
    for (const [page, row] of [
      [ines.page, inPanel(ines.page)],
      [ana.page, ana.page.locator('.subtable tbody tr')],
    ] as const) {
      const time = row.first().locator('.timeleft:visible')
      await time.getByText(/4[45] minutes left of 45 minutes/).waitFor({ state: 'attached' })
      const { width } = (await time.boundingBox()) ?? { width: 0 }
      const first = await time.locator('.num').innerText()
      await until(
        'the time moves on',
        () => time.locator('.num').innerText(),
        (text) => text !== first,
      )
      expect((await time.boundingBox())?.width).toBe(width)
      expect(await violationsInBothThemes(page)).toEqual([])
    }
  })

  test('it is terminated after a question, and its key is dead; the other sees why', async () => {
    const { ephemeral_api_key: key, ...sub_agent } = await spawned()
    const row = inList(ana.page, sub_agent.display_name)
    await row.getByRole('button', { name: `Terminate ${sub_agent.display_name}` }).click()
    const question = ana.page.getByRole('alertdialog')
    await question.getByText('its key stops working').waitFor()
    expect(await violationsInBothThemes(ana.page)).toEqual([])
    await question.getByRole('button', { name: 'Keep' }).click()
    await question.waitFor({ state: 'detached' })
    expect((await current()).map(({ id }) => id)).toContain(sub_agent.id)
    await row.getByRole('button', { name: 'Terminate' }).click()
    await question.getByLabel('Reason (optional)').fill('Counted by hand')
    await question.getByRole('button', { name: 'Terminate' }).click()
    await row.locator('.tag', { hasText: 'Terminated' }).waitFor()
    await inPanel(ines.page)
      .filter({ hasText: sub_agent.display_name })
      .getByText('Terminated', { exact: true })
      .waitFor()
    await panel(ines.page).getByText('Counted by hand').first().waitFor()
    const dead = await fetch(`${server.url}/api/v1/orgs/${ORG}/tasks/${task.id}`, {
      headers: { Authorization: `Bearer ${key}` },
    })
    expect(dead.status).toBe(401)
  })

  test('one that completes itself shows its summary, one whose time is over that it timed out', async () => {
    const completed = await spawned()
    const answer = await fetch(`${server.url}/api/v1/orgs/${ORG}/sub-agents/me/complete`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${completed.ephemeral_api_key}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ summary: '12 crates at gate 4' }),
    })
    expect(answer.status).toBe(200)
    await inPanel(ines.page).getByText('12 crates at gate 4').waitFor()
    await inList(ana.page, completed.display_name).locator('.tag', { hasText: 'Completed' }).waitFor()

    const expired = await spawned()
    const sql = databaseOf(server)
    try {
      await sql`update sub_agents set expires_at = now() where id = ${expired.id}`
      await sql`update alarms set due_at = now(), next_at = now() where target_id = ${expired.id}`
    } finally {
      await sql.end({ timeout: 1 })
    }
    await inList(ana.page, expired.display_name).locator('.tag', { hasText: 'Timed out' }).waitFor()
    await inPanel(ines.page)
      .filter({ hasText: expired.display_name })
      .getByText('Timed out', { exact: true })
      .waitFor()
    await panel(ines.page).getByText('its time was over').first().waitFor()
  })

  test('a host runs it without a key to show; completing the task ends it for everybody', async () => {
    const { page } = ana
    await openAgents(page)
    await page.getByRole('button', { name: 'Spawn sub-agent' }).click()
    await dialog(page).getByLabel('Title of the task').fill('Paint')
    await dialog(page).getByRole('button', { name: 'Paint the doors' }).click()
    // The first dialog leaves while the second comes.
    await page.getByRole('dialog', { name: 'Spawn a sub-agent for a task' }).waitFor({ state: 'detached' })
    await dialog(page).getByLabel('Instructions').fill('Green.')
    await dialog(page).getByLabel('Model').fill('fake/fake-1')
    await dialog(page).getByLabel('Runs at').selectOption(scout.user.id)
    await dialog(page).getByText('No gateway of this agent is known').waitFor()
    await dialog(page).getByRole('button', { name: 'Spawn sub-agent' }).click()
    await dialog(page).waitFor({ state: 'detached' })
    const [sub_agent] = (await current()).filter(({ task_id }) => task_id === other_task.id)
    expect(sub_agent?.host_agent_id).toBe(scout.user.id)
    await inList(page, sub_agent!.display_name).getByText('scout').first().waitFor()
    await openTask(ines.page, other_task.id)
    await inPanel(ines.page).getByText(sub_agent!.display_name).waitFor()
    for (const to_status of ['in-progress', 'in-review', 'complete'])
      await made(`/tasks/${other_task.id}/transition`, { to_status })
    await inPanel(ines.page).locator('.timeleft').waitFor({ state: 'detached' })
    await inList(page, sub_agent!.display_name).getByRole('button').waitFor({ state: 'detached' })
    expect(await panel(ines.page).getByRole('button', { name: 'Spawn sub-agent' }).isDisabled()).toBe(true)
  })

  test('what is refused says why: the cap with the time to wait, a model that is not allowed', async () => {
    const { page } = ines
    await limits({ max_concurrent_sub_agents: 1, allowed_models: ['fake/fake-1', 'fake/fake-2'] })
    await openTask(page)
    await panel(page).getByRole('button', { name: 'Spawn sub-agent' }).click()
    await dialog(page).getByText('Models that the organization allows.').waitFor()
    expect(await dialog(page).getByLabel('Model').locator('option').allInnerTexts()).toEqual([
      'fake/fake-1',
      'fake/fake-2',
    ])
    await dialog(page).getByLabel('Instructions').fill('One too many.')
    await dialog(page).getByRole('button', { name: 'Spawn sub-agent' }).click()
    await dialog(page).getByText('Too many sub-agents at once.').waitFor()
    await dialog(page)
      .getByText(/Try again in \d+ (seconds?|minutes?)\./)
      .waitFor()
    expect(await violationsInBothThemes(page)).toEqual([])
    // Changed behind the dialog: the choice of before is refused.
    await limits({ max_concurrent_sub_agents: 9, allowed_models: ['fake/fake-2'] })
    await until(
      'the choice follows',
      () => dialog(page).getByLabel('Model').locator('option').allInnerTexts(),
      (all) => all.length === 1,
    )
    await dialog(page).getByRole('button', { name: 'Spawn sub-agent' }).click()
    await dialog(page).getByText('This is the only time it is shown.').waitFor()
    await dialog(page).getByRole('button', { name: 'I stored it' }).click()
    await limits({ max_concurrent_sub_agents: null, allowed_models: [] })
  })

  test('fits a phone', async () => {
    const phone = await visit(browser, { viewport: { width: 390, height: 844 } })
    await session(phone.page, server.url, 'ines@example.com')
    await phone.page.goto(`${server.url}/o/${ORG}/agents`)
    await phone.page.locator('.subtable .timeleft:visible').first().waitFor()
    expect(await phone.page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
    expect(await violationsInBothThemes(phone.page)).toEqual([])
    expect(phone.complaints).toEqual([])
    await phone.context.close()
    expect([...ines.complaints, ...ana.complaints]).toEqual([])
  })

  test('the event log has all of it', async () => {
    const { page } = ines
    await page.goto(`${server.url}/o/${ORG}/events?type=sub_agent.*`)
    for (const words of [
      'spawned the sub-agent',
      'terminated the sub-agent',
      'its time was over',
      'completed',
    ])
      await page.getByText(words).first().waitFor()
  })
})
