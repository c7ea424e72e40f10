import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { type Channel, generalChannel, join, type Person, setUp } from '../support/client.ts'
import type { TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import { violations } from './support/axe.ts'
import {
  composer,
  hasBrowser,
  launch,
  openChannel,
  said,
  say,
  session,
  visit,
  waitForText,
} from './support/browser.ts'
import { startEmpty } from './support/server.ts'

const LONG = Array.from({ length: 60 }, (_, at) => `line ${at + 1} of a long message`).join('\n')

describe.skipIf(!hasBrowser)('reading a channel', () => {
  let server: TestServer
  let browser: Browser
  let mei: Person
  let channel: Channel
  let page: Page
  let complaints: string[]

  beforeAll(async () => {
    await buildApp()
    server = await startEmpty()
    const admin = await setUp(server)
    channel = await generalChannel(admin)
    mei = await join(admin, 'Mei Lindqvist')
    browser = await launch()
    const visited = await visit(browser)
    page = visited.page
    complaints = visited.complaints
    await session(page, server.url, 'ines@example.com')
    await openChannel(page, server.url, admin.org, channel.id)
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  const post = (content: string) => mei.in('POST', `/channels/${channel.id}/messages`, { content })
  const names = () => page.locator('.log article .by .name').allInnerTexts()

  test('messages of one author are grouped under one name, each with its time', async () => {
    for (const text of ['first of three', 'second of three', 'third of three']) await post(text)
    await waitForText(page, 'third of three')
    await say(page, 'mine, one')
    await say(page, 'mine, two')
    await waitForText(page, 'mine, two')
    // Stored or not yet: the rows look the same.
    expect(await names()).toEqual(['Mei Lindqvist', 'Ines Carvalho'])
    expect(await page.locator('.log article .when').count()).toBe(5)
    await page
      .getByRole('article', { name: /^Mei Lindqvist/ })
      .nth(2)
      .waitFor()
    expect(await violations(page)).toEqual([])
  })

  test('a long message is folded, opens with its author in sight, and folds again', async () => {
    await post(`${LONG}\nthe end of it`)
    const row = page.getByRole('article', { name: /^Mei Lindqvist/ }).last()
    const button = row.getByRole('button', { name: 'Show the whole message' })
    await button.waitFor()
    expect(await row.innerText()).not.toContain('line 40 of')
    await button.press('Enter')
    await row.getByText('the end of it').waitFor()
    await row.getByText('the end of it').scrollIntoViewIfNeeded()
    const name = row.locator('.name')
    expect(await isInside(page, '.log', await name.boundingBox())).toBe(true)
    await row.getByRole('button', { name: 'Fold', exact: true }).click()
    await button.waitFor()
    expect(await isInside(page, '.log', await name.boundingBox())).toBe(true)
  })

  test('a link to a long message shows it whole', async () => {
    const { body } = await mei.in<{ seq: number }>('POST', `/channels/${channel.id}/messages`, {
      content: `${LONG}\nthe last line`,
    })
    await page.goto(`${server.url}/o/${mei.org}/channels/${channel.id}?seq=${body.seq}`)
    await page.getByText('the last line').waitFor()
  })

  test('an emoji is found by its name and put where the caret is', async () => {
    await composer(page).fill('well done team')
    await composer(page).press('Home')
    for (const _ of 'well done') await composer(page).press('ArrowRight')
    await page.getByRole('button', { name: 'Insert an emoji' }).click()
    const picker = page.getByRole('dialog', { name: 'Emoji' })
    await picker.getByRole('combobox').waitFor()
    expect(await violations(page)).toEqual([])
    await picker.getByRole('combobox').pressSequentially('party popper')
    await picker
      .getByRole('option', { name: /party popper/ })
      .first()
      .click()
    await picker.waitFor({ state: 'detached' })
    await page.keyboard.type('!')
    expect(await composer(page).inputValue()).toBe('well done🎉! team')
    await composer(page).press('Enter')
    await waitForText(page, '🎉!')
    expect((await said(page)).at(-1)).toBe('well done🎉! team')
  })

  test('Escape closes the picker and returns to its button', async () => {
    const button = page.getByRole('button', { name: 'Insert an emoji' })
    const picker = page.getByRole('dialog', { name: 'Emoji' })
    // The search field takes the focus some frames after it is there: Escape comes before, or after.
    for (let i = 0; i < 10; i++) {
      await button.press('Enter')
      await picker.getByRole('combobox').waitFor()
      await page.keyboard.press('Escape')
      await picker.waitFor({ state: 'detached' })
      const focused = await page.evaluate(
        () =>
          document.activeElement?.getAttribute('aria-label') ??
          document.activeElement?.outerHTML.slice(0, 200),
      )
      expect([i, focused]).toEqual([i, 'Insert an emoji'])
    }
  })

  test('the channel is renamed and gets a topic, which its head shows', async () => {
    await page.getByRole('button', { name: 'Edit channel' }).click()
    const dialog = page.getByRole('dialog', { name: 'Edit channel' })
    expect(await violations(page)).toEqual([])
    await dialog.getByLabel('Name', { exact: true }).fill('lobby')
    await dialog.getByLabel('Topic').fill('Release on Friday')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.waitFor({ state: 'detached' })
    await page.locator('.roomhead').getByText('Release on Friday').waitFor()
    await page.getByRole('navigation', { name: 'Main' }).getByText('lobby').waitFor()
  })

  test('no page complained', () => {
    expect(complaints).toEqual([])
  })
})

/** Whether a box lies inside of the element. */
async function isInside(
  page: Page,
  selector: string,
  box: { y: number; height: number } | null,
): Promise<boolean> {
  const outer = await page.locator(selector).boundingBox()
  return (
    box !== null && outer !== null && box.y >= outer.y && box.y + box.height <= outer.y + outer.height + 1
  )
}
