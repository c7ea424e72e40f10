/** A new version of the server and of the app, while people have the former one open in several tabs. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { generalChannel, type Person, setUp } from '../support/client.ts'
import type { TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import {
  composer,
  hasBrowser,
  launch,
  newPage,
  openChannel,
  say,
  session,
  until,
  visit,
  waitForText,
} from './support/browser.ts'
import { startEmpty } from './support/server.ts'
import { Program } from './support/two-versions.ts'

const PROMPT = 'A new version is on the server.'

describe.skipIf(!hasBrowser)('an update of the app', () => {
  let program: Program
  let server: TestServer
  let browser: Browser
  let admin: Person
  let channel_id: string
  /** Versions so far. */
  let version = 0

  beforeAll(async () => {
    await buildApp()
    program = new Program()
    server = await startEmpty({ root: program.root })
    admin = await setUp(server)
    channel_id = (await generalChannel(admin)).id
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
    program?.remove()
  })

  /** Tabs of one browser, which the service worker of the present version serves. */
  async function tabs(count: number) {
    const { context, page, complaints } = await visit(browser, { serviceWorkers: 'allow' })
    await session(page, server.url, 'ines@example.com')
    const pages = [page]
    while (pages.length < count) pages.push(await newPage(context, complaints))
    for (const one of pages) await openChannel(one, server.url, 'fieldnote', channel_id)
    for (const one of pages)
      await until(
        'the service worker serves the page',
        () => one.evaluate(() => navigator.serviceWorker.controller?.state),
        (state) => state === 'activated',
      )
    const loads = pages.map((one) => {
      const counted = { count: 0 }
      one.on('domcontentloaded', () => counted.count++)
      return counted
    })
    return { context, pages, complaints, loads: () => loads.map(({ count }) => count) }
  }

  /** The server is replaced by the next version. Returns files of the app that it has no more. */
  async function release(moved: string): Promise<string[]> {
    version++
    const gone = program.become(`9.0.${version}`, moved)
    expect(gone.length).toBeGreaterThan(0)
    await server.restart()
    for (const path of gone) expect((await fetch(`${server.url}/${path}`)).status).toBe(404)
    return gone
  }
  const prompt = (page: Page) => page.locator('.banner.is-update', { hasText: PROMPT })
  const accept = (page: Page) => prompt(page).getByRole('button', { name: 'Reload to update' }).click()
  /** The version of the page, and that of the files on the device; undefined while another page comes. */
  const versionOf = (page: Page) =>
    page
      .evaluate(async () => ({
        page: document.querySelector<HTMLMetaElement>('meta[name=test-version]')?.content,
        device: (await caches.keys()).at(-1)?.split(' ').at(-1),
      }))
      .catch(() => undefined)
  const isNew = (now: { page: string | undefined } | undefined) => now?.page === `9.0.${version}`
  const waiting = (page: Page) =>
    page.evaluate(async () => {
      const { installing, waiting } = (await navigator.serviceWorker.getRegistration()) ?? {}
      return installing || waiting ? 1 : 0
    })

  test('declined, the former version goes on, with files that the server has no more', async () => {
    const { context, pages, complaints, loads } = await tabs(1)
    const [page] = pages as [Page]
    await release('EventsPage')
    await prompt(page).waitFor()
    await page.getByText('Server 9.0.1').waitFor()
    await say(page, 'still here')
    await waitForText(page, 'still here')
    await page.getByRole('link', { name: /^Events/ }).click()
    await page.getByRole('heading', { name: 'Events', level: 1 }).waitFor()
    await page.locator('[data-sequence]').first().waitFor()
    await prompt(page).waitFor()
    // The new worker comes, e.g. by a page that is opened elsewhere, and waits.
    await page.evaluate(async () => void (await (await navigator.serviceWorker.ready).update()))
    await until(
      'the new worker waits',
      () =>
        page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.waiting?.state ?? ''),
      (state) => state === 'installed',
    )
    await page.getByRole('link', { name: /^Agents/ }).click()
    await page.getByRole('heading', { name: 'Agents', level: 1 }).waitFor()
    expect(loads()).toEqual([0])
    expect((await versionOf(page))?.page).toBe(undefined)
    expect(complaints).toEqual([])
    await context.close()
  })

  test('accepted, the new worker takes over, and every tab is reloaded once; a draft stays', async () => {
    const { context, pages, complaints, loads } = await tabs(3)
    const [accepting, other, busy] = pages as [Page, Page, Page]
    await other.getByRole('link', { name: /^Tasks/ }).click()
    await busy.getByRole('link', { name: /^Tasks/ }).click()
    await busy.getByRole('button', { name: 'New task' }).click()
    await busy.getByLabel('Title', { exact: true }).fill('half a task')
    await release('EventsPage')
    for (const page of pages) await prompt(page).waitFor()
    await composer(accepting).pressSequentially('half a thought')
    expect(await waiting(accepting)).toBe(0)
    await accept(accepting)
    for (const page of [accepting, other])
      await until(
        'the new page is there',
        () => versionOf(page),
        (now) => isNew(now) && now?.device === `9.0.${version}`,
      )
    await until(
      'the draft is in the composer',
      () => composer(accepting).inputValue(),
      (text) => text === 'half a thought',
    )
    await other.getByRole('heading', { name: 'Tasks', level: 1 }).waitFor()
    for (const page of [accepting, other]) {
      expect(await waiting(page)).toBe(0)
      await page.getByText('Events live').waitFor()
      expect(await prompt(page).count()).toBe(0)
    }
    // A tab in which somebody writes waits, and its code is still to be had.
    expect(await busy.getByLabel('Title', { exact: true }).inputValue()).toBe('half a task')
    await busy.keyboard.press('Escape')
    await busy.getByRole('dialog').waitFor({ state: 'detached' })
    await busy.getByRole('link', { name: /^Events/ }).click()
    await busy.locator('[data-sequence]').first().waitFor()
    expect(loads()).toEqual([1, 1, 0])
    await accept(busy)
    await until('the new page is there', () => versionOf(busy), isNew)
    await busy.locator('[data-sequence]').first().waitFor()
    expect(loads()).toEqual([1, 1, 1])
    expect(complaints).toEqual([])
    await context.close()
  })

  test('a version of the server alone is loaded by one reload', async () => {
    const { context, pages, complaints, loads } = await tabs(1)
    const [page] = pages as [Page]
    version++
    program.number(`9.0.${version}`)
    await server.restart()
    await prompt(page).waitFor()
    await accept(page)
    await prompt(page).waitFor({ state: 'detached' })
    await page.getByText('Events live').waitFor()
    await page.getByText(`Server 9.0.${version}`).waitFor()
    expect(await prompt(page).count()).toBe(0)
    expect(loads()).toEqual([1])
    expect(complaints).toEqual([])
    await context.close()
  })
})
