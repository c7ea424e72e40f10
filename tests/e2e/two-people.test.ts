import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import { generalChannel, join, type Message, PASSWORD, type Person, setUp } from '../support/client.ts'
import type { TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import {
  composer,
  hasBrowser,
  launch,
  newPage,
  openChannel,
  say,
  signInByForm,
  until,
  visit,
} from './support/browser.ts'
import { startEmpty } from './support/server.ts'

describe.skipIf(!hasBrowser)('two people in one browser', () => {
  let server: TestServer
  let browser: Browser
  let ines: Person
  let channel_id: string

  beforeAll(async () => {
    await buildApp()
    server = await startEmpty()
    ines = await setUp(server)
    await join(ines, 'Ana Lima')
    channel_id = (await generalChannel(ines)).id
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  const stored = async () =>
    (await ines.in<{ data: Message[] }>('GET', `/channels/${channel_id}/messages`)).body.data

  test('the tab of the first one goes to sign-in, and keeps the draft for its author', async () => {
    const { context, page: first, complaints } = await visit(browser)
    await signInByForm(first, server.url, 'ines@example.com')
    await openChannel(first, server.url, 'fieldnote', channel_id)
    await composer(first).fill('half a thought of Ines')
    const second = await newPage(context, complaints)
    await signInByForm(second, server.url, 'ana.lima@example.com')
    await first.getByText('Another person has signed in in this browser.').waitFor()
    await first.getByText('your draft is kept').waitFor()
    expect(await composer(second).inputValue()).toBe('')

    await signInByForm(first, server.url, 'ines@example.com')
    expect(await composer(first).inputValue()).toBe('half a thought of Ines')
    await second.waitForURL(/\/login/)
    expect(complaints).toEqual([])
    await context.close()
  })

  test('a tab that heard of nothing is refused by the server, and goes to sign-in', async () => {
    const { context, page, complaints } = await visit(browser)
    await signInByForm(page, server.url, 'ines@example.com')
    await openChannel(page, server.url, 'fieldnote', channel_id)
    const ana = await context.request.post(`${server.url}/auth/password`, {
      data: { email: 'ana.lima@example.com', password: PASSWORD },
      headers: { Origin: server.url },
    })
    expect(ana.status()).toBe(200)
    await page.getByRole('button', { name: 'New channel' }).click()
    await page.getByLabel('Name').fill('by-nobody')
    await page.getByRole('button', { name: 'Create channel' }).click()
    await page.getByText('Another person has signed in in this browser.').waitFor()
    const { body } = await ines.in<{ data: { name: string }[] }>('GET', '/channels')
    expect(body.data.map(({ name }) => name)).not.toContain('by-nobody')
    expect(complaints).toEqual([])
    await context.close()
  })

  test('what one wrote without a network is sent once that person has signed in again', async () => {
    const { context, page: first, complaints } = await visit(browser)
    await signInByForm(first, server.url, 'ines@example.com')
    await openChannel(first, server.url, 'fieldnote', channel_id)
    await first.evaluate("window.dispatchEvent(new Event('offline'))")
    const second = await newPage(context, complaints)
    await signInByForm(second, server.url, 'ana.lima@example.com')
    await first.getByText('Nothing more is sent from this page').waitFor()
    await say(first, 'written by Ines')
    await first.getByText('Waiting for the connection').waitFor()
    await first.evaluate("window.dispatchEvent(new Event('online'))")
    await first.waitForURL(/\/login/)
    expect((await stored()).filter(({ content }) => content === 'written by Ines')).toEqual([])

    await signInByForm(first, server.url, 'ines@example.com')
    const sent = await until(
      'it is stored',
      async () => (await stored()).filter(({ content }) => content === 'written by Ines'),
      (found) => found.length > 0,
    )
    expect(sent.map(({ sender }) => sender.display_name)).toEqual(['Ines Carvalho'])
    expect(complaints).toEqual([])
    await context.close()
  })
})
