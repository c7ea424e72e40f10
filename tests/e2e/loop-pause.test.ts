import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { type Agent, addAgent, join, type Person, setUp } from '../support/client.ts'
import type { TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import { violationsInBothThemes } from './support/axe.ts'
import {
  composer,
  hasBrowser,
  launch,
  openChannel,
  say,
  session,
  type Visit,
  visit,
} from './support/browser.ts'
import { startEmpty } from './support/server.ts'

const RUN = 4

describe.skipIf(!hasBrowser)('agents that the loop brake stopped', () => {
  let server: TestServer
  let browser: Browser
  let ines: Visit
  let mei: Visit
  let admin: Person
  let forge: Agent
  let probe: Agent

  beforeAll(async () => {
    await buildApp()
    server = await startEmpty()
    admin = await setUp(server)
    await join(admin, 'Mei Lindqvist')
    forge = await addAgent(admin, 'forge')
    probe = await addAgent(admin, 'probe')
    await admin.in('PATCH', '', {
      settings: { agent_limits: { loop_brake: { messages: RUN, minutes: 10 } } },
    })
    browser = await launch()
    ines = await visit(browser, { viewport: { width: 1440, height: 900 } })
    mei = await visit(browser, { viewport: { width: 390, height: 844 } })
    await session(ines.page, server.url, 'ines@example.com')
    await session(mei.page, server.url, 'mei.lindqvist@example.com')
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  const write = async (agent: Agent, channel_id: string) =>
    (await agent.in('POST', `/channels/${channel_id}/messages`, { content: 'Over to you' })).status
  /** The agents of a new channel, which both people have open, answer each other until they are stopped. */
  async function stopped(name: string): Promise<string> {
    const { id } = (await admin.in<{ id: string }>('POST', '/channels', { name })).body
    await openChannel(ines.page, server.url, 'fieldnote', id)
    // A phone has no status bar.
    await mei.page.goto(`${server.url}/o/fieldnote/channels/${id}`)
    await composer(mei.page).waitFor()
    for (let i = 0; i < RUN; i++) expect(await write(i % 2 ? probe : forge, id)).toBe(201)
    expect(await write(forge, id)).toBe(429)
    return id
  }
  const banner = (page: Page) => page.locator('.banner', { hasText: 'Agents are paused here until' })
  const button = (page: Page) => banner(page).getByRole('button', { name: 'Let agents write again' })

  test('a banner says why, until when, and who lets them go on; an administrator does, live for others', async () => {
    const id = await stopped('loops')
    for (const { page } of [ines, mei]) await banner(page).waitFor()
    expect(await banner(ines.page).locator('.grow').innerText()).toMatch(
      /^Agents are paused here until \d+:\d\d.*\. They wrote 4 messages in a row without a person\. A message of any person lets them write again\.$/,
    )
    expect(await banner(mei.page).locator('.grow').innerText()).toEndWith(
      'A message of any person lets them write again, and so can an administrator.',
    )
    expect(await button(mei.page).count()).toBe(0)
    for (const { page } of [ines, mei]) expect(await violationsInBothThemes(page)).toEqual([])

    await button(ines.page).focus()
    await ines.page.keyboard.press('Enter')
    for (const { page } of [ines, mei]) await banner(page).waitFor({ state: 'detached' })
    // The focus is where one goes on, not lost with the button.
    expect(await composer(ines.page).evaluate((one) => one === one.ownerDocument.activeElement)).toBe(true)
    expect(await write(forge, id)).toBe(201)

    await ines.page.goto(`${server.url}/o/fieldnote/events?channel_id=${id}&type=channel.*`)
    const sentence = ines.page.locator('tr', { hasText: 'let agents go on in' })
    await sentence.waitFor()
    expect(await sentence.innerText()).toContain('Ines Carvalho')
  })

  test('the banner is there after a reload, and goes with a message of any person', async () => {
    const id = await stopped('people')
    await ines.page.reload()
    await banner(ines.page).waitFor()
    await say(mei.page, 'Go on, please')
    for (const { page } of [ines, mei]) await banner(page).waitFor({ state: 'detached' })
    expect(await write(forge, id)).toBe(201)
  })

  test('an end that is refused is told, and can be tried again', async () => {
    await stopped('again')
    await banner(ines.page).waitFor()
    await ines.page.route('**/loop-pause', (route) => route.abort())
    await button(ines.page).click()
    await ines.page.locator('.toast-bad', { hasText: 'Agents are still paused' }).waitFor()
    expect(await banner(ines.page).count()).toBe(1)
    await ines.page.unroute('**/loop-pause')
    await button(ines.page).click()
    await banner(mei.page).waitFor({ state: 'detached' })
    for (const { complaints } of [ines, mei]) expect(complaints).toEqual([])
  })
})
