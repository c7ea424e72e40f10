import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type Browser, devices, type Page } from 'playwright-core'
import type { Task } from '../../src/contracts/resources.ts'
import { addAgent, generalChannel, join, type Person, setUp } from '../support/client.ts'
import type { TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import { composer, hasBrowser, launch, session, visit } from './support/browser.ts'
import { startEmpty } from './support/server.ts'

/** The screen of an iPhone; the browser stays what it is. */
const { defaultBrowserType: _, userAgent: __, ...PHONE } = devices['iPhone 14'] ?? {}
const NOTCH = { top: 47, bottom: 34 }

describe.skipIf(!hasBrowser)('on a phone', () => {
  let server: TestServer
  let browser: Browser
  let ines: Person
  let channel_id: string
  let task_id: string

  beforeAll(async () => {
    await buildApp()
    server = await startEmpty()
    ines = await setUp(server)
    await join(ines, 'Ana Lima')
    await addAgent(ines, 'forge')
    channel_id = (await generalChannel(ines)).id
    await ines.in('POST', `/channels/${channel_id}/messages`, { content: 'a message' })
    await ines.in('POST', '/projects', { name: 'Harbour', type: 'docs' })
    task_id = (await ines.in<Task>('POST', '/tasks', { title: 'Paint the shed', type: 'chore' })).body.id
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  async function phone() {
    const visited = await visit(browser, PHONE)
    await session(visited.page, server.url, 'ines@example.com')
    return visited
  }
  const open = (page: Page, path: string) => page.goto(`${server.url}/o/fieldnote${path}`)

  test('nothing that is read or touched lies below a notch or the bar at the bottom', async () => {
    const { page, context } = await phone()
    const devtools = await context.newCDPSession(page)
    await devtools.send(
      'Emulation.setSafeAreaInsetsOverride' as never,
      { insets: { ...NOTCH, topMax: NOTCH.top, bottomMax: NOTCH.bottom } } as never,
    )
    const height = page.viewportSize()?.height ?? 0
    const edges = (selector: string) =>
      page
        .locator(selector)
        .first()
        .evaluate((element) => {
          const { top, bottom } = element.getBoundingClientRect()
          return { top, bottom }
        })
    await open(page, '/channels')
    await page.getByRole('heading', { name: 'Channels' }).waitFor()
    expect((await edges('.mtop')).top).toBeGreaterThanOrEqual(NOTCH.top)
    const bar = await page
      .locator('.bnav a')
      .first()
      .evaluate((link) => {
        const { bottom } = link.getBoundingClientRect()
        return bottom
      })
    expect(bar).toBeLessThanOrEqual(height - NOTCH.bottom)
    await page.getByRole('button', { name: /^More/ }).tap()
    const last = page.getByRole('dialog', { name: 'More' }).getByRole('button').last()
    await last.waitFor()
    await last.scrollIntoViewIfNeeded()
    expect(await last.evaluate((button) => button.getBoundingClientRect().bottom)).toBeLessThanOrEqual(
      height - NOTCH.bottom,
    )
    await page
      .getByRole('dialog', { name: 'More' })
      .getByRole('button', { name: /^Notifications/ })
      .tap()
    await page.getByRole('dialog', { name: 'Notifications' }).waitFor()
    expect((await edges('.tray-head')).top).toBeGreaterThanOrEqual(NOTCH.top)
    await open(page, `/channels/${channel_id}`)
    await composer(page).waitFor()
    expect((await edges('#main header')).top).toBeGreaterThanOrEqual(NOTCH.top)
    expect((await edges('.composer')).bottom).toBeLessThanOrEqual(height - NOTCH.bottom)
    await open(page, `/tasks/${task_id}`)
    await page.locator('.over .oh').waitFor()
    expect((await edges('.over .oh')).top).toBeGreaterThanOrEqual(NOTCH.top)
    await context.close()
  })

  test('composer and dialogs stay above a keyboard that covers the page', async () => {
    const { page, context } = await phone()
    // Safari leaves the page as it is and makes its visual viewport smaller.
    await context.addInitScript(`
      const real = window.visualViewport
      const told = new EventTarget()
      let covered = 0
      Object.defineProperty(window, 'visualViewport', {
        value: new Proxy(told, {
          get(target, name) {
            if (name === 'height') return window.innerHeight - covered
            if (name === 'scale') return 1
            const value = name in target ? target[name] : real[name]
            return typeof value === 'function' ? value.bind(name in target ? target : real) : value
          },
        }),
      })
      window.coverPage = (height) => { covered = height; told.dispatchEvent(new Event('resize')) }
    `)
    const height = page.viewportSize()?.height ?? 0
    const bottom = (selector: string) =>
      page
        .locator(selector)
        .first()
        .evaluate((element) => element.getBoundingClientRect().bottom)
    await open(page, `/channels/${channel_id}`)
    await composer(page).waitFor()
    await page.locator('.log article').last().waitFor()
    const before = await bottom('.composer')
    expect(before).toBeGreaterThan(height - 80)
    await page.evaluate('window.coverPage(320)')
    await page.waitForFunction(
      (limit) => (document.querySelector('.composer')?.getBoundingClientRect().bottom ?? 0) <= limit,
      height - 320,
    )
    // The newest message stays in view with it.
    await page.waitForFunction(
      (limit) =>
        ([...document.querySelectorAll('.log article')].at(-1)?.getBoundingClientRect().bottom ??
          limit + 1) <= limit,
      height - 320,
    )
    await page.evaluate('window.coverPage(0)')
    await page.waitForFunction(
      (at) => document.querySelector('.composer')?.getBoundingClientRect().bottom === at,
      before,
    )
    await open(page, '/tasks')
    await page.getByRole('button', { name: 'New task' }).first().tap()
    await page.locator('.dialog').waitFor()
    await page.evaluate('window.coverPage(320)')
    await page.waitForFunction(
      (limit) => (document.querySelector('.dialog')?.getBoundingClientRect().bottom ?? 0) <= limit,
      height - 320,
    )
    expect(
      await page.locator('.dialog').evaluate((dialog) => dialog.getBoundingClientRect().top),
    ).toBeGreaterThanOrEqual(0)
    await context.close()
  })

  test('every control takes a finger of 44 pixels', async () => {
    const { page, context } = await phone()
    const small: string[] = []
    for (const path of [
      '/channels',
      `/channels/${channel_id}`,
      '/tasks',
      `/tasks/${task_id}`,
      '/projects',
      '/agents',
      '/events',
      '/search?q=shed',
      '/settings/general',
      '/settings/members',
      '/settings/notifications',
    ]) {
      await open(page, path)
      await page.getByRole('heading').first().waitFor()
      await page.waitForFunction(() => document.querySelector('.skeleton') === null)
      small.push(...(await smallTargets(page)).map((one) => `${path}: ${one}`))
    }
    await context.clearCookies()
    await page.goto(`${server.url}/login`)
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    small.push(...(await smallTargets(page)).map((one) => `/login: ${one}`))
    expect(small).toEqual([])
    await context.close()
  })
})

/**
 * Controls that do not take a touch 20 pixels from their middle, above, below and beside: 44 less a border on both sides. Links within a text are excepted (WCAG
 * 2.5.8, inline), the time of a message, which is one, and what is not in view as a whole.
 */
async function smallTargets(page: Page): Promise<string[]> {
  return await page.evaluate(() => {
    const found: string[] = []
    const controls = document.querySelectorAll<HTMLElement>(
      'a[href], button:enabled, input, select, textarea, [role="button"], [role="tab"]',
    )
    for (const control of controls) {
      if (
        control.closest('.vh, .skip, .prose, .when, [inert]') ||
        (control.closest('p') && control.matches('a'))
      )
        continue
      const { left, top, right, bottom, width, height } = (
        control.closest('label') ?? control
      ).getBoundingClientRect()
      if (width <= 1 || height <= 1) continue
      const [x, y] = [(left + right) / 2, (top + bottom) / 2]
      const inView = x >= 22 && y >= 22 && x <= innerWidth - 22 && y <= innerHeight - 22
      const takes = (at: Element | null) =>
        at !== null &&
        (control.contains(at) ||
          at.closest('label')?.contains(control) === true ||
          // A card opens wherever it is touched.
          at.closest('.tcard')?.contains(control) === true ||
          at.closest('.inp')?.contains(control) === true)
      if (!inView || !takes(document.elementFromPoint(x, y))) continue
      const around = [
        [0, -20],
        [0, 20],
        [-20, 0],
        [20, 0],
      ] as const
      const missed = around.filter(([dx, dy]) => !takes(document.elementFromPoint(x + dx, y + dy)))
      if (missed.length > 0)
        found.push(
          `${Math.round(width)} × ${Math.round(height)} ${control.className} ${control.getAttribute('aria-label') ?? control.textContent}`,
        )
    }
    return found
  })
}
