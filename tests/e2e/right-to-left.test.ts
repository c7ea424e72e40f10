/**
 * The app in a language that is written from right to left: texts of the pseudo-locale `ar-XB`, data of the demo. Every view
 * mirrors, nothing is cut off, keys and menus follow what one sees. Pictures of the views go to a temporary folder, for
 * whoever changes the looks.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Locator, Page } from 'playwright-core'
import { buildApp } from './support/app.ts'
import { hasBrowser, launch, until, type Visit, visit } from './support/browser.ts'
import { type Demo, demoPerson, startDemo } from './support/demo.ts'
import { openView, type View, viewsOf } from './support/every-view.ts'

const PICTURES = join(tmpdir(), 'mc-right-to-left')
const WINDOWS = { desk: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } } as const

describe.skipIf(!hasBrowser)('from right to left', () => {
  let demo: Demo
  let browser: Browser
  let views: Record<string, View>

  beforeAll(async () => {
    await buildApp()
    mkdirSync(PICTURES, { recursive: true })
    demo = await startDemo()
    browser = await launch()
    views = await viewsOf(demo)
  })
  afterAll(async () => {
    await browser?.close()
    await demo?.server.stop()
  })

  async function visitor(window: keyof typeof WINDOWS): Promise<Visit> {
    const one = await visit(browser, {
      viewport: WINDOWS[window],
      hasTouch: window === 'phone',
      reducedMotion: 'reduce',
    })
    await one.context.addInitScript("localStorage.setItem('mc.locale', 'ar-XB')")
    return one
  }
  async function enter({ context }: Visit): Promise<void> {
    const { cookies } = await demoPerson(demo, 'ines')
    await context.addCookies([...cookies].map(([name, value]) => ({ name, value, url: demo.server.url })))
  }
  async function open(page: Page, name: string): Promise<void> {
    const view = views[name]
    if (!view) throw new Error(`no view is called ${name}`)
    await openView(page, demo.server.url, view)
  }

  for (const window of ['desk', 'phone'] as const)
    test(`every view fits and mirrors, ${window}`, async () => {
      const one = await visitor(window)
      const { context, page, complaints } = one
      const look = async (name: string) => {
        await page.screenshot({ path: join(PICTURES, `${window}-${name}.png`), animations: 'disabled' })
        expect([name, await page.evaluate('document.documentElement.dir')]).toEqual([name, 'rtl'])
        expect([name, await outside(page)]).toEqual([name, []])
        expect([name, await unmirrored(page)]).toEqual([name, []])
      }
      await openView(page, demo.server.url, { path: '/login', ready: '.signin .box' })
      await look('login')
      await enter(one)
      for (const [name, view] of Object.entries(views))
        if (!view.only || view.only === window) {
          await openView(page, demo.server.url, view)
          await look(name)
        }
      expect(complaints).toEqual([])
      await context.close()
      console.log(`pictures: ${PICTURES}`)
    })

  test('the sidebar lies right, the panel of a task and the tray left, menus below their buttons', async () => {
    const one = await visitor('desk')
    const { page, context } = one
    const { width } = WINDOWS.desk
    await enter(one)
    await open(page, 'task')
    const side = await boxOf(page.locator('.side'))
    expect(side.right).toBe(width)
    const over = await boxOf(page.locator('.over'))
    const sheet = await boxOf(page.locator('.sheet'))
    expect(over.left - sheet.left).toBeLessThanOrEqual(1)
    expect(over.right).toBeLessThan(width / 2)
    // What blocks a task is to the right of it.
    const [lane] = await page.locator('.dag .lane').all()
    if (!lane) throw new Error('the graph has no lanes')
    expect((await boxOf(lane)).left).toBeGreaterThan((await boxOf(page.locator('.dag .self'))).right)

    await open(page, 'tray')
    expect((await boxOf(page.locator('.tray'))).left).toBe(8)
    for (const [name, button, edge] of [
      ['menu', '.me', 'left'],
      ['orgmenu', '.org', 'right'],
      ['filter', '.tfilters .chip button', 'right'],
    ] as const) {
      await open(page, name)
      const [anchor, menu] = [await boxOf(page.locator(button).first()), await boxOf(page.locator('.q-menu'))]
      expect([name, Math.abs(anchor[edge] - menu[edge])]).toEqual([name, expect.closeTo(0, 0)])
    }
    await context.close()
  })

  test('a board begins at the right; the left arrow goes on, and a drag follows the pointer', async () => {
    const one = await visitor('desk')
    const { page, context } = one
    await enter(one)
    await open(page, 'tasks')
    const columns = page.locator('.board > .bcol')
    const [first, second] = [columns.nth(0), columns.nth(1)]
    expect((await boxOf(first)).left).toBeGreaterThan((await boxOf(second)).right)
    expect(WINDOWS.desk.width - (await boxOf(page.locator('.side'))).left).toBeLessThan(400)

    const focused = (within: Locator) => within.locator('.grip:focus').waitFor()
    await first.locator('.grip').first().focus()
    await page.keyboard.press('ArrowLeft')
    await focused(second)
    await page.keyboard.press('ArrowRight')
    await focused(first)

    await page.keyboard.press('Space')
    await page.keyboard.press('ArrowLeft')
    await second.and(page.locator('.is-target')).waitFor()
    // The left key is drawn at the left.
    const [right_key, left_key] = await page.locator('.coach kbd').all()
    if (!right_key || !left_key) throw new Error('no keys are named')
    expect((await boxOf(left_key)).right).toBeLessThanOrEqual((await boxOf(right_key)).left)
    await page.keyboard.press('Escape')

    const id = (await first.locator('.tcard').first().getAttribute('id')) ?? ''
    await page.locator(`[id="${id}"]`).dragTo(second)
    await second.locator(`[id="${id}"]`).waitFor()
    await context.close()
  })

  test('on a phone, tabs and swipes go to the columns at the left', async () => {
    const one = await visitor('phone')
    const { page, context } = one
    const { width } = WINDOWS.phone
    await enter(one)
    await open(page, 'tasks')
    const tabs = page.locator('.coltabs button')
    const pressed = async () => {
      const all = await tabs.evaluateAll((list) => list.map((tab) => tab.getAttribute('aria-pressed')))
      return all.indexOf('true')
    }
    const shown = async () => {
      const all = await page
        .locator('.board > .bcol')
        .evaluateAll((list) => list.map((column) => Math.round(column.getBoundingClientRect().left)))
      return all.indexOf(0)
    }
    expect((await boxOf(tabs.first())).right).toBeGreaterThan(width - 24)
    for (const at of [2, 0, 1]) {
      await tabs.nth(at).click()
      await until('the column is in view', shown, (column) => column === at)
    }
    await page.locator('.board').evaluate((board) => board.scrollBy({ left: -board.clientWidth }))
    await until('the swipe chose the tab', pressed, (column) => column === 2)
    expect(await shown()).toBe(2)
    await context.close()
  })

  test('arrows and pictures of the page turn around, others do not; code, ids and addresses stay', async () => {
    const one = await visitor('desk')
    const { page, context } = one
    await page.goto(`${demo.server.url}/login`)
    const email = page.locator('input[type="email"]')
    await email.waitFor()
    expect(await styleOf(email, 'direction')).toBe('ltr')
    expect(await styleOf(email, 'text-align')).toBe('end')
    await enter(one)
    await open(page, 'event')
    const icon = (name: string) => page.locator(`.i:has(> use[href$="#i-${name}"])`).first()
    for (const name of ['right', 'sidebar']) expect(await styleOf(icon(name), 'scale')).toBe('-1 1')
    for (const name of ['search', 'down', 'x']) expect(await styleOf(icon(name), 'scale')).toBe('none')
    for (const selector of ['.json', '.st code', '.evfacts code', 'kbd'])
      expect([selector, await styleOf(page.locator(selector).first(), 'direction')]).toEqual([
        selector,
        'ltr',
      ])
    await open(page, 'palette')
    await page.keyboard.press('Escape')
    expect(await styleOf(page.locator('.cmdk .keys'), 'direction')).toBe('ltr')
    await context.close()
  })

  test('completions stand above their sign, and the exact time below its own', async () => {
    const one = await visitor('desk')
    const { page, context } = one
    await enter(one)
    await open(page, 'chat')
    const composer = page.locator('.composer textarea')
    // From right to left: the sign is a few letters from the right end.
    await composer.pressSequentially('אבגדה @')
    const list = page.locator('.suggest')
    await list.waitFor()
    const [field, near] = [await boxOf(composer), await boxOf(list)]
    expect(near.right).toBeLessThan(field.right)
    expect(field.right - near.right).toBeLessThan(120)

    await composer.fill('')
    const time = page.locator('.msg .when time').last()
    await time.hover()
    const tip = page.locator('.timetip:popover-open')
    await tip.waitFor()
    await until(
      'the exact time ends where the time ends',
      async () => Math.abs((await boxOf(tip)).right - (await boxOf(time)).right),
      (distance) => distance < 1,
    )
    await context.close()
  })

  test('a page from left to right names its own direction, and its language', async () => {
    const { page, context } = await visit(browser)
    await page.goto(`${demo.server.url}/login`)
    await page.locator('.signin .box').waitFor()
    expect(await page.evaluate('[document.documentElement.dir, document.documentElement.lang]')).toEqual([
      'ltr',
      'en',
    ])
    await context.close()
  })
})

interface Box {
  left: number
  right: number
}

async function boxOf(element: Locator): Promise<Box> {
  return await element.evaluate((one) => {
    const { left, right } = one.getBoundingClientRect()
    return { left, right }
  })
}

async function styleOf(element: Locator, property: string): Promise<string> {
  return await element.evaluate((one, name) => getComputedStyle(one).getPropertyValue(name), property)
}

/** What sticks out of the window, unless something around it cuts or scrolls it; and the page itself, if it scrolls sideways. */
async function outside(page: Page): Promise<string[]> {
  return await page.evaluate(() => {
    const names: string[] = []
    const { scrollWidth, clientWidth } = document.documentElement
    if (scrollWidth > clientWidth) names.push(`the page, by ${scrollWidth - clientWidth}`)
    const cut = (one: Element | null): boolean =>
      one !== null &&
      one !== document.body &&
      (getComputedStyle(one).overflowX !== 'visible' || one.matches('.vh') || cut(one.parentElement))
    for (const one of document.body.querySelectorAll('*')) {
      const { left, right, width, height } = one.getBoundingClientRect()
      if (width <= 1 || height <= 1 || (left > -0.5 && right < innerWidth + 0.5)) continue
      if (!one.checkVisibility() || cut(one.parentElement) || one.closest('svg') !== null) continue
      names.push(`${one.tagName}.${one.getAttribute('class')} ${left} ${right}`)
    }
    return names
  })
}

/** Rows whose first part in view is not at the right of their last one. */
async function unmirrored(page: Page): Promise<string[]> {
  return await page.evaluate(() => {
    const rows =
      '.head, .toolbar, .board, .oh, .msg, .nav, .menu-item, .dialog > .df, .roomhead, .tray-head, .hit, tr'
    return [...document.querySelectorAll(rows)].flatMap((row) => {
      const places = [...row.children]
        .filter((one) => !one.matches('.vh, [hidden]') && one.getBoundingClientRect().width > 1)
        .filter((one) => getComputedStyle(one).position !== 'absolute')
        .map((one) => one.getBoundingClientRect())
      const [first, last] = [places[0], places.at(-1)]
      if (!first || !last || first === last || first.bottom <= last.top) return []
      return first.right >= last.right ? [] : [`${row.tagName}.${row.getAttribute('class')}`]
    })
  })
}
