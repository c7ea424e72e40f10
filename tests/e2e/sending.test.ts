import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import {
  addAgent,
  type Channel,
  generalChannel,
  join,
  type Message,
  type Person,
  setUp,
} from '../support/client.ts'
import type { TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import {
  composer,
  hasBrowser,
  launch,
  openChannel,
  said,
  say,
  session,
  until,
  type Visit,
  visit,
  waitForText,
} from './support/browser.ts'
import { startEmpty } from './support/server.ts'

describe.skipIf(!hasBrowser)('an own message between Enter and the acknowledgement', () => {
  let server: TestServer
  let browser: Browser
  let admin: Person
  let ines: Visit
  let channel_id: string
  /** While it is closed, what the page says to the server waits here. */
  let gate: { held: (() => void)[]; open: boolean }

  beforeAll(async () => {
    await buildApp()
    server = await startEmpty()
    admin = await setUp(server)
    channel_id = (await generalChannel(admin)).id
    browser = await launch()
    ines = await visit(browser)
    gate = { held: [], open: true }
    await ines.context.routeWebSocket(/\/channels\/ws(\?|$)/, (socket) => {
      const upstream = socket.connectToServer()
      socket.onMessage((frame) => {
        if (gate.open) upstream.send(frame)
        else gate.held.push(() => upstream.send(frame))
      })
    })
    await session(ines.page, server.url, 'ines@example.com')
    await openChannel(ines.page, server.url, 'fieldnote', channel_id)
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  async function stored(): Promise<string[]> {
    const { body } = await admin.in<{ data: Message[] }>('GET', `/channels/${channel_id}/messages?limit=200`)
    return body.data.map(({ content }) => content).reverse()
  }
  const unsent = (page: Page) => page.locator('.log article[aria-label$="not sent yet"]')

  /** Messages that are on their way when their organization becomes read-only, which closes the composer. */
  async function sayIntoSuspension(page: Page, ...texts: string[]) {
    gate.open = false
    for (const text of texts) await say(page, text)
    await unsent(page)
      .nth(texts.length - 1)
      .waitFor()
    expect((await admin.in('POST', '/suspend')).status).toBe(200)
    await composer(page).waitFor({ state: 'detached' })
    gate.open = true
    for (const pass of gate.held.splice(0)) pass()
  }

  test('is shown at once, in its place, while the server does not know it', async () => {
    const { page } = ines
    gate.open = false
    await say(page, 'first')
    await say(page, 'second')
    await unsent(page).nth(1).waitFor()
    expect(await said(page)).toEqual(['first', 'second'])
    expect(await composer(page).inputValue()).toBe('')
    expect(await stored()).toEqual([])

    // Meanwhile another speaks: what is not stored yet stays below, where it will be.
    await admin.in('POST', `/channels/${channel_id}/messages`, { content: 'from elsewhere' })
    await waitForText(page, 'from elsewhere')
    expect(await said(page)).toEqual(['from elsewhere', 'first', 'second'])

    gate.open = true
    for (const pass of gate.held.splice(0)) pass()
    await until('both are stored', stored, (texts) => texts.length === 3)
    await unsent(page).first().waitFor({ state: 'detached' })
    expect(await stored()).toEqual(['from elsewhere', 'first', 'second'])
    expect(await said(page)).toEqual(['from elsewhere', 'first', 'second'])
  })

  test('that is refused says why, survives a reload, and is sent once when it is retried', async () => {
    const { page } = ines
    await sayIntoSuspension(page, 'while suspended')
    const refusal = page.locator('.own.is-fail')
    await refusal.waitFor()
    expect(await refusal.getAttribute('role')).toBe('alert')
    expect(await refusal.innerText()).toContain('Not sent: ')
    await page.reload()
    await page.getByText('Chat live').waitFor()
    await refusal.waitFor()
    expect(await stored()).not.toContain('while suspended')

    expect((await admin.in('POST', '/resume')).status).toBe(200)
    await refusal.getByRole('button', { name: 'Retry' }).click()
    await refusal.waitFor({ state: 'detached' })
    await until('it is stored', stored, (texts) => texts.at(-1) === 'while suspended')
    await unsent(page).waitFor({ state: 'detached' })
    expect((await said(page)).filter((text) => text === 'while suspended')).toHaveLength(1)
  })

  test('that is refused can be taken back into the composer, or discarded', async () => {
    const { page } = ines
    await sayIntoSuspension(page, 'with a mitsake', 'never mind')
    await page.locator('.own.is-fail').nth(1).waitFor()
    expect((await admin.in('POST', '/resume')).status).toBe(200)
    await composer(page).waitFor()
    const row = (text: string) => unsent(page).filter({ hasText: text })
    await row('never mind').getByRole('button', { name: 'discard' }).click()
    await row('never mind').waitFor({ state: 'detached' })
    await row('mitsake').getByRole('button', { name: 'edit' }).click()
    await row('mitsake').waitFor({ state: 'detached' })
    expect(await composer(page).inputValue()).toBe('with a mitsake')
    await say(page, 'without one')
    await until('it is stored', stored, (texts) => texts.at(-1) === 'without one')
    expect(await stored()).not.toContain('never mind')
    expect(ines.complaints).toEqual([])
  })

  test('unread messages of other channels are counted, and gone when they are seen', async () => {
    const { page } = ines
    const mei = await join(admin, 'Mei Lindqvist')
    const forge = await addAgent(admin, 'forge')
    const { body: releases } = await admin.in<Channel>('POST', '/channels', { name: 'releases' })
    const link = page.getByRole('link', { name: /releases/ })
    await link.waitFor()
    for (const [at, who] of [mei, forge, mei].entries())
      await who.in('POST', `/channels/${releases.id}/messages`, { content: `news ${at + 1}` })
    await page.getByRole('link', { name: /^releases ?, 3 unread$/ }).waitFor()
    await mei.in('POST', `/channels/${releases.id}/messages`, { content: 'for @ines-carvalho' })
    await page.getByRole('link', { name: /^releases ?, 1 mention of you$/ }).waitFor()
    await until(
      'the title counts the mention',
      () => page.title(),
      (title) => title.startsWith('(1) general'),
    )
    await link.click()
    await page.locator('.unreadline', { hasText: '4 new since' }).waitFor()
    await page.getByRole('link', { name: 'releases', exact: true }).waitFor()
    await until(
      'the read marker reaches the server',
      async () => (await admin.in<Channel>('GET', `/channels/${releases.id}`)).body.unread_count,
      (count) => count === 0,
    )
    // An own message is never news to oneself.
    await say(page, 'thanks')
    await waitForText(page, 'thanks')
    await page.getByRole('link', { name: 'general' }).click()
    await page.getByRole('heading', { level: 1, name: 'general' }).waitFor()
    await page.getByRole('link', { name: 'releases', exact: true }).waitFor()
    expect(ines.complaints).toEqual([])
  })
})
