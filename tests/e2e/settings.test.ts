import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import type { Org, Task } from '../../src/contracts/resources.ts'
import { type Agent, generalChannel, type Person } from '../support/client.ts'
import type { TestServer } from '../support/server.ts'
import { SseJournal } from '../support/streams.ts'
import { violationsInBothThemes } from './support/axe.ts'
import { hasBrowser, until, type Visit } from './support/browser.ts'
import { type Pair, startPair } from './support/pair.ts'

describe.skipIf(!hasBrowser)('settings and agents in a browser', () => {
  let pair: Pair
  let server: TestServer
  let admin: Person
  let agent: Agent
  let ines: Visit
  let ana: Visit

  beforeAll(async () => {
    pair = await startPair()
    ;({ server, admin, agent, ines, ana } = pair)
  })
  afterAll(() => pair?.stop())

  const settings = async () => (await admin.in<Org>('GET', '')).body.settings
  const change = async (patch: object) => {
    const { status } = await admin.in('PATCH', '', { settings: patch })
    expect(status).toBe(200)
  }
  const save = (page: Page) => page.getByRole('button', { name: 'Save', exact: true })
  const saved = async (page: Page) => {
    await save(page).click()
    await save(page).waitFor({ state: 'detached' })
  }
  const unsaved = (page: Page) => page.getByText('Unsaved changes')
  const tab = async (page: Page, name: string) => {
    await page.getByRole('navigation', { name: 'Settings' }).getByRole('link', { name }).click()
    await page.getByRole('heading', { level: 2, name }).waitFor()
  }
  async function open(page: Page, path: string) {
    await page.goto(`${server.url}/o/fieldnote/settings/${path}`)
    await page.getByText('Events live').waitFor()
  }

  test('backups are scheduled, and a schedule that is none is refused at its field', async () => {
    const { page } = ines
    await open(page, 'retention')
    await page.getByLabel('Copy everything by schedule').check()
    const schedule = page.getByLabel('Schedule of backups')
    await schedule.fill('every night')
    await save(page).click()
    await page.locator('.inp.bad', { has: page.locator('input') }).waitFor()
    expect((await settings()).backup.enabled).toBe(false)
    await schedule.fill('30 3 * * sun')
    await page.getByRole('combobox', { name: 'Backups lie' }).selectOption('s3')
    await page.getByLabel('A backup is kept for').fill('90')
    expect(await violationsInBothThemes(page)).toEqual([])
    await saved(page)
    const backup = { enabled: true, schedule_cron: '30 3 * * sun', destination: 's3', retention_days: 90 }
    expect((await settings()).backup as object).toEqual(backup)
    await page.reload()
    expect(await page.getByLabel('Copy everything by schedule').isChecked()).toBe(true)
    await change({ backup: { enabled: false } })
    expect(ines.complaints).toEqual([])
  })

  test('a time zone is found by typing, chosen by keys, and saved', async () => {
    const { page } = ines
    await open(page, 'general')
    const field = page.getByRole('combobox', { name: 'Time zone' })
    expect(await field.inputValue()).toBe('UTC')
    await page.getByText(/^UTC\+00:00 now; it is .* there\.$/).waitFor()
    await field.focus()
    await page.keyboard.press('ArrowDown')
    const options = page.getByRole('listbox', { name: 'Time zone' }).getByRole('option')
    await options.first().waitFor()
    expect(await page.getByRole('option', { selected: true }).innerText()).toContain('UTC')
    // Typed and not chosen: given up.
    await page.keyboard.type('berl')
    await page.getByRole('option', { name: /^Europe\/Berlin/ }).waitFor()
    expect(await options.count()).toBe(1)
    expect(await violationsInBothThemes(page)).toEqual([])
    await page.keyboard.press('Escape')
    expect(await field.inputValue()).toBe('UTC')
    expect(await unsaved(page).count()).toBe(0)

    await page.keyboard.type('america yor')
    await page.keyboard.press('Enter')
    expect(await field.inputValue()).toBe('America/New_York')
    await page.getByText(/^UTC-0[45]:00 now; it is .* there\.$/).waitFor()
    await saved(page)
    expect((await settings()).time_zone).toBe('America/New_York')
    // Another administrator’s choice stands beside an unsaved one.
    await field.fill('kathmandu')
    await page.getByRole('option', { name: /^Asia\/Kathmandu/ }).click()
    await unsaved(page).waitFor()
    await change({ time_zone: 'Asia/Tokyo' })
    await page.getByText('Changed meanwhile to Asia/Tokyo.').waitFor()
    await page.getByRole('button', { name: 'Take theirs' }).click()
    expect(await field.inputValue()).toBe('Asia/Tokyo')

    await field.fill('nowhere')
    await page.getByText('No zone is called “nowhere”.').waitFor()
    await page.keyboard.press('Tab')
    expect(await field.inputValue()).toBe('Asia/Tokyo')
    await change({ time_zone: null })
  })

  test('a tab saves what changed and nothing else, and the value is there after a reload', async () => {
    const { page } = ines
    await page.getByText('Events live').waitFor()
    await page.getByRole('link', { name: 'Settings' }).click()
    await page.getByRole('heading', { level: 2, name: 'General' }).waitFor()
    await page.getByLabel('Name', { exact: true }).fill('Field Notes')
    await saved(page)
    // The name stands in the shell of the other person at once.
    await ana.page.getByRole('button', { name: 'Organization: Field Notes' }).waitFor()

    await tab(page, 'Connection limits')
    const before = await settings()
    const sent = page.waitForRequest((request) => request.method() === 'PATCH')
    await page.getByLabel('Event streams').fill('321')
    await save(page).click()
    expect((await sent).postDataJSON()).toEqual({ settings: { connection_limits: { sse: 321 } } })
    await save(page).waitFor({ state: 'detached' })
    expect(await settings()).toEqual({
      ...before,
      connection_limits: { ...before.connection_limits, sse: 321 },
    })
    await page.reload()
    await page.getByLabel('Event streams').waitFor()
    expect(await page.getByLabel('Event streams').inputValue()).toBe('321')
    expect(await save(page).count()).toBe(0)

    await tab(page, 'Task defaults')
    await page.getByLabel('Priority').selectOption('High')
    await page.getByLabel('Test results').check()
    await saved(page)
    expect((await settings()).task_defaults).toEqual({
      priority: 'high',
      required_evidence_types: ['test_results'],
    })
  })

  test('what was typed can be discarded, and the discarding taken back', async () => {
    const { page } = ines
    await tab(page, 'API keys')
    const field = page.getByLabel('A former key goes on after a rotation for')
    await field.fill('48')
    await unsaved(page).waitFor()
    await page.getByRole('button', { name: 'Discard' }).click()
    await unsaved(page).waitFor({ state: 'detached' })
    expect(await field.inputValue()).toBe('24')
    await page.getByRole('button', { name: 'Undo' }).click()
    await unsaved(page).waitFor()
    expect(await field.inputValue()).toBe('48')
    await saved(page)
    expect((await settings()).api_keys.rotation_grace_hours).toBe(48)
  })

  test('leaving with unsaved changes asks, in the app and at the end of the page', async () => {
    const { page } = ines
    await tab(page, 'Retention')
    await page.getByLabel('Messages', { exact: true }).fill('7')
    await page.getByRole('link', { name: 'Events', exact: true }).click()
    const question = page.getByRole('alertdialog', { name: 'Leave without saving?' })
    await question.getByRole('button', { name: 'Keep editing' }).click()
    await question.waitFor({ state: 'detached' })
    expect(await page.getByLabel('Messages', { exact: true }).inputValue()).toBe('7')

    const asked = page.waitForEvent('dialog')
    await page.evaluate('void setTimeout(() => location.reload())')
    const dialog = await asked
    expect(dialog.type()).toBe('beforeunload')
    await dialog.dismiss()
    expect(await page.getByLabel('Messages', { exact: true }).inputValue()).toBe('7')

    await page
      .getByRole('navigation', { name: 'Settings' })
      .getByRole('link', { name: 'Agent limits' })
      .click()
    await question.getByRole('button', { name: 'Leave without saving' }).click()
    await page.getByRole('heading', { level: 2, name: 'Agent limits' }).waitFor()
    expect((await settings()).retention.message_months).toBe(12)
  })

  test('a value out of range and a refusal of the server stand at their field', async () => {
    const { page } = ines
    const minutes = page.getByLabel('Length of the pause')
    await minutes.fill('5000')
    await save(page).click()
    await page.getByText('Must be a whole number from 1 to 1,440.').waitFor()
    expect(await minutes.getAttribute('aria-invalid')).toBe('true')
    await minutes.fill('soon')
    await page.getByText('Must be a whole number from 1 to 1,440.').waitFor()
    await minutes.fill('3')
    await page.getByText('Must be a whole number').waitFor({ state: 'detached' })
    await saved(page)

    await tab(page, 'General')
    const name = page.getByLabel('Name', { exact: true })
    await name.fill('Mission Control')
    await save(page).click()
    await until(
      'the refusal stands at the name',
      () => name.getAttribute('aria-invalid'),
      (is) => is === 'true',
    )
    await name.fill('Fieldnote')
    await saved(page)
  })

  test('what another administrator saves meanwhile is told, never overwritten', async () => {
    const { page } = ines
    await tab(page, 'Connection limits')
    await page.getByLabel('Event streams').fill('50')
    await change({ connection_limits: { sse: 70, websocket: 300 } })
    await page.getByText('Changed meanwhile to 70.').waitFor()
    expect(await page.getByLabel('Event streams').inputValue()).toBe('50')
    expect(await page.getByLabel('Chat sockets').inputValue()).toBe('300')
    expect(await violationsInBothThemes(page)).toEqual([])
    await page.getByRole('button', { name: 'Take theirs' }).click()
    await save(page).waitFor({ state: 'detached' })
    expect(await page.getByLabel('Event streams').inputValue()).toBe('70')

    await page.getByLabel('Event streams').fill('50')
    await change({ connection_limits: { sse: 80 } })
    await page.getByText('Changed meanwhile to 80.').waitFor()
    await page.getByRole('button', { name: 'Keep mine' }).click()
    await page.getByText('Changed meanwhile').waitFor({ state: 'detached' })
    await saved(page)
    expect((await settings()).connection_limits).toEqual({ sse: 50, websocket: 300 })
  })

  test('a contributor sees the settings, with the reason why they stay as they are', async () => {
    const { page } = ana
    await open(page, 'connections')
    await page.getByText('Only an administrator changes the settings.').waitFor()
    expect(await page.getByLabel('Event streams').isDisabled()).toBe(true)
    expect(await page.getByRole('link', { name: 'Danger zone' }).count()).toBe(0)
    await open(page, 'members')
    await page.getByRole('row', { name: /Ines Carvalho/ }).waitFor()
    await open(page, 'nothing')
    await page.getByText('There is no such page of the settings').waitFor()
  })

  test('agents show how they are connected, what they work on, and the state of their key', async () => {
    const { page } = ines
    const task = (
      await admin.in<Task>('POST', '/tasks', { title: 'Voice notes', assignee_ids: [agent.user.id] })
    ).body
    await page.getByRole('link', { name: 'Agents' }).click()
    await page.getByText('Chat live').waitFor()
    const row = page.getByRole('row', { name: /forge/ })
    await row.getByRole('link', { name: 'Voice notes' }).waitFor()
    await agent.in('PUT', '/users/me/commands', [{ name: 'deploy', description: 'Deploys a branch' }])
    await row.locator('.facts-cell').getByText('Calls').waitFor()
    await row.getByText('/deploy').waitFor()
    const stream = await SseJournal.open(`${server.url}/api/v1/orgs/fieldnote/events/stream`, agent.headers)
    await row.locator('.facts-cell').getByText('Event stream').waitFor()
    await row.getByText('Idle', { exact: true }).waitFor()

    const general = await generalChannel(admin)
    const asked = await admin.in<{ seq: number }>('POST', `/channels/${general.id}/messages`, {
      content: 'please look, @forge',
    })
    const place = `/channels/${general.id}/messages/${asked.body.seq}/deliveries`
    await agent.in('POST', place, { state: 'working' })
    await row.getByText('Working', { exact: true }).waitFor()
    await row.getByRole('link', { name: 'on a message' }).waitFor()
    // A page that opens later knows it, too.
    await page.reload()
    await row.getByText('Working', { exact: true }).waitFor()
    await row.getByRole('link', { name: 'on a message' }).waitFor()
    await agent.in('POST', place, { state: 'answered' })
    await row.getByText('Idle', { exact: true }).waitFor()
    await agent.in('POST', `/tasks/${task.id}/transition`, { to_status: 'in-progress' })
    await row.getByRole('img', { name: 'In progress' }).waitFor()

    await row.getByText(/rotates in \d+ days/).waitFor()
    await change({ authentication: { api_key_rotation_reminder_days: 1 } })
    await row.getByText('rotates in 1 day', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Actions for forge' }).click()
    await page.getByRole('menuitem', { name: 'Keys…' }).click()
    await page.getByRole('button', { name: 'Rotate key' }).click()
    await page.getByRole('heading', { name: 'Key of forge' }).waitFor()
    await page.getByRole('button', { name: 'I stored it' }).click()
    await row.getByText(/^old key until /).waitFor()
    await page.getByRole('heading', { name: 'Key of forge' }).waitFor({ state: 'detached' })

    await page.getByRole('button', { name: 'Add agent' }).click()
    await page.getByLabel('Name').fill('Release Scribe')
    await page
      .getByRole('dialog', { name: 'Add an agent' })
      .getByRole('button', { name: 'Add agent' })
      .click()
    await page.getByRole('button', { name: 'I stored it' }).click()
    await page.getByRole('row', { name: /Release Scribe.*never active/ }).waitFor()
    await until(
      'both dialogs are gone',
      () => page.getByRole('dialog').count(),
      (count) => count === 0,
    )
    await stream.close()
    await row.locator('.facts-cell').getByText('Not connected').waitFor()

    await page.getByRole('button', { name: 'Actions for forge' }).click()
    await page.getByRole('menuitem', { name: 'Its events' }).click()
    await page.waitForURL(new RegExp(`/events\\?user_id=${agent.user.id}`))
    await page.getByText('moved Voice notes from Backlog to In progress').waitFor()
  })

  test('the danger zone suspends and resumes, deletes by the typed name and restores', async () => {
    const { page } = ines
    await open(page, 'danger')
    await page.getByRole('button', { name: 'Suspend…' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Suspend' }).click()
    await page.getByRole('heading', { level: 3, name: 'Suspended' }).waitFor()
    await tab(page, 'Connection limits')
    await page.getByText('resume it to change its settings').waitFor()
    expect(await page.getByLabel('Event streams').isDisabled()).toBe(true)
    await tab(page, 'Danger zone')
    await page.getByRole('region', { name: 'Suspension' }).getByRole('button', { name: 'Resume' }).click()
    await page.getByRole('button', { name: 'Suspend…' }).waitFor()

    await page.getByRole('button', { name: 'Delete…' }).click()
    const dialog = page.getByRole('alertdialog')
    const remove = dialog.getByRole('button', { name: 'Delete in 30 days' })
    expect(await remove.isDisabled()).toBe(true)
    expect(await violationsInBothThemes(page, { except: ['region'] })).toEqual([])
    await dialog.getByLabel('Type fieldnote to confirm').fill('fieldnote')
    await remove.click()
    await page.getByRole('heading', { level: 3, name: 'About to be deleted' }).waitFor()
    await page.getByRole('region', { name: 'Deletion' }).getByRole('button', { name: 'Restore' }).click()
    await page.getByRole('button', { name: 'Delete…' }).waitFor()
    expect((await admin.in<Org>('GET', '')).body.status).toBe('active')
  })

  test('where a list of the tabs has no room a select leads to them, and stays with what is not saved', async () => {
    const { page } = ines
    await page.setViewportSize({ width: 390, height: 844 })
    await page.goto(`${server.url}/o/fieldnote/settings/general`)
    const choice = page.getByRole('combobox', { name: 'Page of the settings' })
    await choice.selectOption('API keys')
    const field = page.getByLabel('A former key goes on after a rotation for')
    await field.fill('36')
    await choice.selectOption('Export')
    const question = page.getByRole('alertdialog', { name: 'Leave without saving?' })
    await question.getByRole('button', { name: 'Keep editing' }).click()
    await until(
      'the choice is that of the page again',
      () => choice.inputValue(),
      (value) => value === 'keys',
    )
    expect(await field.inputValue()).toBe('36')
    await question.waitFor({ state: 'detached' })
    await choice.selectOption('Export')
    await question.getByRole('button', { name: 'Leave without saving' }).click()
    await page.waitForURL(/settings\/export$/)
  })

  test('axe finds nothing, on a phone neither', async () => {
    const { page } = ines
    await page.setViewportSize({ width: 1280, height: 800 })
    for (const path of ['settings/defaults', 'settings/danger', 'agents']) {
      await page.goto(`${server.url}/o/fieldnote/${path}`)
      await page
        .getByRole('heading', { level: path === 'agents' ? 1 : 2 })
        .first()
        .waitFor()
      expect([path, await violationsInBothThemes(page)]).toEqual([path, []])
    }
    await page.setViewportSize({ width: 390, height: 844 })
    await page.getByRole('row', { name: /forge/ }).waitFor()
    expect(await violationsInBothThemes(page)).toEqual([])
    await page.goto(`${server.url}/o/fieldnote/settings/keys`)
    await page.getByLabel('Remind of a rotation after').waitFor()
    expect(await violationsInBothThemes(page)).toEqual([])
    expect([...ines.complaints, ...ana.complaints]).toEqual([])
  })
})
