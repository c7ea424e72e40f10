import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import type { Channel, Notification, Project, Task } from '../../src/contracts/resources.ts'
import { generalChannel, join, type Message, type Person, setUp } from '../support/client.ts'
import type { TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import { violationsInBothThemes } from './support/axe.ts'
import { hasBrowser, launch, newPage, signIn, until, visit } from './support/browser.ts'
import { kept } from './support/device.ts'
import { startEmpty } from './support/server.ts'

const TABS = 8

/** Records the notifications of the browser, and lets a test hide the page. */
const RECORDER = `
  window.shown = []
  window.Notification = class {
    static permission = 'granted'
    static requestPermission = async () => 'granted'
    constructor(title, { tag, body }) { window.shown.push({ title, tag, body, click: () => this.onclick() }) }
    close() {}
  }
  let hidden = false
  Object.defineProperty(document, 'visibilityState', { get: () => (hidden ? 'hidden' : 'visible') })
  window.hide = (now) => { hidden = now; document.dispatchEvent(new Event('visibilitychange')) }
`

describe.skipIf(!hasBrowser)('notifications in a browser', () => {
  let server: TestServer
  let browser: Browser
  let admin: Person
  let ana: Person
  let general: Channel
  let harbour: Project

  beforeAll(async () => {
    await buildApp()
    server = await startEmpty()
    admin = await setUp(server)
    ana = await join(admin, 'Ana Lima')
    general = await generalChannel(admin)
    const body = { name: 'Harbour', type: 'docs', assigned_user_ids: [ana.user_id] }
    harbour = (await admin.in<Project>('POST', '/projects', body)).body
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  const bell = (page: Page) => page.getByRole('button', { name: /^Notifications/ })
  const unread = (page: Page, count: number) =>
    page.getByRole('button', {
      name: count === 0 ? 'Notifications' : `Notifications, ${count} unread`,
      exact: true,
    })
  const tray = (page: Page) => page.getByRole('dialog', { name: 'Notifications' })
  const row = (page: Page, title: string | RegExp) => tray(page).getByRole('link', { name: title })
  const toasts = (page: Page) => page.locator('.toast-notice')
  const assign = async (title: string) =>
    (await admin.in<Task>('POST', '/tasks', { title, assignee_ids: [ana.user_id] })).body
  const mention = async (text: string, channel_id = general.id) =>
    (await admin.in<Message>('POST', `/channels/${channel_id}/messages`, { content: `@ana-lima ${text}` }))
      .body
  const stored = async (query = '') =>
    (await ana.in<{ data: Notification[]; pagination: { total: number } }>('GET', `/notifications${query}`))
      .body
  const clean = async () => {
    const { seq } = await mention('clean')
    await ana.in('PUT', `/channels/${general.id}/read`, { seq })
    await ana.in('POST', '/notifications/read-all')
  }
  const picture = async (page: Page, name: string) => {
    if (process.env.PICTURE) await page.screenshot({ path: `${process.env.PICTURE}-${name}.png` })
  }
  async function asAna(path = '/tasks', viewport = { width: 1440, height: 900 }) {
    const visited = await visit(browser, { viewport })
    await visited.context.addInitScript(RECORDER)
    await signIn(visited.page, server.url, 'ana.lima@example.com')
    await visited.page.goto(`${server.url}/o/fieldnote${path}`)
    return visited
  }

  test('a mention counts, shows a toast with the way there, and is read where it leads', async () => {
    await clean()
    const { page, context, complaints } = await asAna()
    await page.getByText('Events live').waitFor()
    await unread(page, 0).waitFor()
    const { seq } = await mention('look at this')
    await toasts(page).getByText('Ines Carvalho mentioned you').waitFor()
    await unread(page, 1).waitFor()
    await until(
      'the title counts',
      () => page.title(),
      (title) => title.startsWith('(1) '),
    )
    expect(await toasts(page).getAttribute('role')).toBe('status')
    await picture(page, 'toast')
    await toasts(page).getByRole('button', { name: 'Open' }).click()
    await page.waitForURL(new RegExp(`${general.id}.seq=${seq}`))
    await page.getByText('look at this').waitFor()
    await unread(page, 0).waitFor()
    await until(
      'the title counts no more',
      () => page.title(),
      (title) => !title.startsWith('('),
    )
    expect((await stored('?unread=true')).data).toEqual([])
    // What is on the screen needs no toast: it is read as it comes, and the number goes.
    await mention('and this')
    await page.getByText('and this').waitFor()
    await until(
      'it is read',
      async () => (await stored('?unread=true')).pagination.total,
      (total) => total === 0,
    )
    await unread(page, 0).waitFor()
    await page.getByText('look at this').waitFor()
    expect(await toasts(page).getByText('and this').count()).toBe(0)
    expect(complaints).toEqual([])
    await context.close()
  })

  test('the tray lists by day, opens each place, and reads one or all, in every tab', async () => {
    await clean()
    const task = await assign('Paint the hull')
    await admin.in('POST', `/tasks/${task.id}/transition`, { to_status: 'in-progress' })
    await admin.in('POST', `/projects/${harbour.id}/transition`, { to_stage: 'poc' })
    const { page, context, complaints } = await asAna('/events')
    const other = await newPage(context, complaints)
    await other.goto(`${server.url}/o/fieldnote/projects`)
    for (const one of [page, other]) await unread(one, 3).waitFor()
    await bell(page).click()
    await row(page, /Harbour is in poc/).waitFor()
    await tray(page).getByRole('heading', { name: 'Today' }).waitFor()
    await until(
      'the focus is in the tray',
      () => page.evaluate('document.activeElement?.className'),
      (name) => name === 'tray',
    )
    await picture(page, 'tray')
    expect(await violationsInBothThemes(page)).toEqual([])
    await picture(page, 'tray-dark')
    await page.emulateMedia({ colorScheme: 'light' })

    await row(page, /“Paint the hull” is in-progress/).click()
    await page.waitForURL(new RegExp(`/tasks/${task.id}`))
    await tray(page).waitFor({ state: 'detached' })
    for (const one of [page, other]) await unread(one, 2).waitFor()
    await bell(page).click()
    await row(page, /Harbour is in poc/).click()
    await page.waitForURL(new RegExp(`/projects/${harbour.id}`))
    for (const one of [page, other]) await unread(one, 1).waitFor()
    await bell(page).click()
    await tray(page).getByRole('button', { name: 'Read all' }).click()
    for (const one of [page, other]) await unread(one, 0).waitFor()
    expect(await tray(page).getByText('Unread:').count()).toBe(0)
    // By keys alone, and the focus is back at the bell.
    await page.keyboard.press('Escape')
    await tray(page).waitFor({ state: 'detached' })
    await until(
      'the focus is back',
      () => page.evaluate('document.activeElement?.className'),
      (name) => String(name).includes('bell'),
    )
    // It is stored: a reload shows the same.
    await page.reload()
    await bell(page).click()
    await row(page, /“Paint the hull” was assigned to you/).waitFor()
    await unread(page, 0).waitFor()
    expect(complaints).toEqual([])
    await context.close()
  })

  test('an empty tray says what will come, a long one shows older on demand', async () => {
    const ben = await join(admin, 'Ben Ode')
    const { page, context, complaints } = await visit(browser)
    await signIn(page, server.url, 'ben.ode@example.com')
    await page.goto(`${server.url}/o/fieldnote/tasks`)
    await bell(page).click()
    await tray(page).getByText('Nothing waits for you').waitFor()
    expect(await violationsInBothThemes(page)).toEqual([])
    for (let i = 1; i <= 35; i++)
      await admin.in('POST', '/tasks', { title: `Plank ${i}.`, assignee_ids: [ben.user_id] })
    await row(page, /Plank 35\./).waitFor()
    await unread(page, 35).waitFor()
    await page.reload()
    await bell(page).click()
    await row(page, /Plank 35\./).waitFor()
    expect(await row(page, /Plank 5\./).count()).toBe(0)
    await tray(page).getByRole('button', { name: 'Show older' }).click()
    await row(page, /Plank 1\./).waitFor()
    expect(await tray(page).getByRole('link', { name: /Plank/ }).count()).toBe(35)
    expect(await tray(page).getByRole('button', { name: 'Show older' }).count()).toBe(0)
    expect(complaints).toEqual([])
    await context.close()
  })

  test('on a phone', async () => {
    await clean()
    await assign('By the phone')
    const { page, context, complaints } = await asAna('/tasks', { width: 390, height: 844 })
    await page.getByRole('button', { name: /^More ?, 1 unread notification/ }).click()
    await page.getByRole('button', { name: 'Notifications, 1 unread' }).click()
    await row(page, /By the phone/).waitFor()
    await picture(page, 'phone')
    expect(await violationsInBothThemes(page)).toEqual([])
    await row(page, /By the phone/).click()
    await page.getByText('By the phone').first().waitFor()
    await until(
      'it is read',
      async () => (await stored('?unread=true')).pagination.total,
      (total) => total === 0,
    )
    expect(complaints).toEqual([])
    await context.close()
  })

  test('settings: the own e-mail, this device, and for administrators the defaults', async () => {
    await clean()
    const { page, context, complaints } = await asAna('/settings/notifications')
    await page.getByRole('heading', { name: 'Notifications for you' }).waitFor()
    await page.getByLabel('Mentions of me only').check()
    await until(
      'it is stored',
      async () => (await ana.in<{ notification_preferences: { email: string } }>('GET', '/users/me')).body,
      ({ notification_preferences }) => notification_preferences.email === 'mentions',
    )
    await picture(page, 'settings')
    expect(await page.getByLabel('E-mail', { exact: true }).isDisabled()).toBe(true)
    expect(await violationsInBothThemes(page)).toEqual([])
    await page.getByLabel('Count in the title of the tab').uncheck()
    await assign('Quietly')
    await unread(page, 1).waitFor()
    expect(await page.title()).not.toStartWith('(')
    await page.getByLabel('Count in the title of the tab').check()
    await until(
      'the title counts',
      () => page.title(),
      (title) => title.startsWith('(1) '),
    )
    await context.close()

    const lead = await visit(browser)
    await signIn(lead.page, server.url, 'ines@example.com')
    await lead.page.goto(`${server.url}/o/fieldnote/settings/notifications`)
    await lead.page.getByLabel('Members are told').selectOption('none')
    await lead.page.getByLabel('E-mail', { exact: true }).uncheck()
    await lead.page.getByRole('button', { name: 'Save', exact: true }).click()
    await until(
      'the defaults are stored',
      async () =>
        (await admin.in<{ settings: { notifications: object } }>('GET', '')).body.settings.notifications,
      (now) => JSON.stringify(now).includes('"enabled_channels":[]'),
    )
    const { body } = await admin.in<{ settings: { notifications: object } }>('GET', '')
    expect(body.settings.notifications).toMatchObject({ enabled_channels: [], default_channel: null })
    expect([...complaints, ...lead.complaints]).toEqual([])
    await lead.context.close()
  })

  test('eight tabs: one toast in all, one notification of the browser when all are hidden', async () => {
    await clean()
    const { page, context, complaints } = await asAna('/settings/notifications')
    await page.getByRole('button', { name: 'Turn on' }).click()
    await page.getByRole('button', { name: 'Turn off' }).waitFor()
    const pages = [page]
    while (pages.length < TABS) {
      const more = await newPage(context, complaints)
      await more.goto(`${server.url}/o/fieldnote/tasks`)
      pages.push(more)
    }
    for (const one of pages) await one.getByText('Events live').waitFor()
    const seen = async () => {
      const counts = await Promise.all(pages.map((one) => toasts(one).count()))
      return counts.reduce((sum, count) => sum + count, 0)
    }
    const popped = async () => {
      const lists = await Promise.all(
        pages.map((one) =>
          one.evaluate<{ title: string; tag: string }[]>(
            'window.shown.map(({ title, tag }) => ({ title, tag }))',
          ),
        ),
      )
      return lists.flat()
    }
    await mention('to all tabs')
    await until('one tab shows a toast', seen, (count) => count > 0)
    for (const one of pages) await unread(one, 1).waitFor()
    expect([await seen(), await popped()]).toEqual([1, []])
    await until('the toast goes', seen, (count) => count === 0)

    for (const one of pages) await one.evaluate('window.hide(true)')
    const { seq } = await mention('while hidden')
    await assign('While hidden')
    await until('the browser shows both', popped, (all) => all.length >= 2)
    for (const one of pages) await unread(one, 3).waitFor()
    const all = await popped()
    expect(all.map(({ title }) => title).toSorted()).toEqual([
      'Ines Carvalho mentioned you',
      '“While hidden” was assigned to you',
    ])
    expect(new Set(all.map(({ tag }) => tag)).size).toBe(2)
    expect(await seen()).toBe(0)

    // A click leads to the place, in the tab that showed it.
    for (const one of pages) await one.evaluate('window.hide(false)')
    for (const one of pages)
      await one.evaluate(
        "window.shown.filter(({ title }) => title.includes('mentioned')).forEach((one) => one.click())",
      )
    await until(
      'one tab shows the message',
      async () => pages.filter((one) => one.url().includes(`seq=${seq}`)).length,
      (count) => count === 1,
    )
    expect(complaints).toEqual([])
    await context.close()
  })

  test('a person who did not allow it is asked by a control, never at load', async () => {
    await clean()
    const { page, context, complaints } = await visit(browser)
    await context.addInitScript(`${RECORDER}
      window.asked = 0
      Notification.permission = 'default'
      Notification.requestPermission = async () => { window.asked++; return (Notification.permission = 'granted') }`)
    await signIn(page, server.url, 'ana.lima@example.com')
    await page.goto(`${server.url}/o/fieldnote/tasks`)
    await page.getByText('Events live').waitFor()
    await bell(page).click()
    await tray(page).getByRole('button', { name: 'Notify me' }).waitFor()
    expect(await page.evaluate<number>('window.asked')).toBe(0)
    await tray(page).getByRole('button', { name: 'Notify me' }).click()
    await tray(page).getByRole('button', { name: 'Notify me' }).waitFor({ state: 'detached' })
    expect(await page.evaluate<number>('window.asked')).toBe(1)
    expect(complaints).toEqual([])
    await context.close()
  })

  test('without a server the last state is shown', async () => {
    await clean()
    await assign('Before the storm')
    const { page, context } = await visit(browser, { serviceWorkers: 'allow' })
    await signIn(page, server.url, 'ana.lima@example.com')
    await page.goto(`${server.url}/o/fieldnote/tasks`)
    await unread(page, 1).waitFor()
    await bell(page).click()
    await row(page, /Before the storm/).waitFor()
    await page.keyboard.press('Escape')
    await page.evaluate(async () => void (await navigator.serviceWorker.ready))
    await until(
      'the count and the list are on the device',
      () => kept(page),
      (text) => text.split('Before the storm').length > 2,
    )
    await server.kill('SIGTERM')
    await page.goto(`${server.url}/o/fieldnote/tasks`)
    await unread(page, 1).waitFor()
    await bell(page).click()
    await row(page, /Before the storm/).waitFor()
    await context.close()
  })
})
