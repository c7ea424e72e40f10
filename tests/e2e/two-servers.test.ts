import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import { generalChannel, type Message, type Person, setUp } from '../support/client.ts'
import type { TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import {
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

describe.skipIf(!hasBrowser)('two servers on one host, over plain http', () => {
  let server: TestServer
  let other: TestServer
  let browser: Browser
  let ines: Person
  let channel_id: string

  beforeAll(async () => {
    await buildApp()
    ;[server, other] = await Promise.all([startEmpty(), startEmpty()])
    ines = await setUp(server)
    await setUp(other)
    channel_id = (await generalChannel(ines)).id
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
    await other?.stop()
  })

  test('do not sign each other out', async () => {
    const stored = async () =>
      (await ines.in<{ data: Message[] }>('GET', `/channels/${channel_id}/messages`)).body.data
    const { context, page: here, complaints } = await visit(browser)
    await signInByForm(here, server.url, 'ines@example.com')
    const there = await newPage(context, complaints)
    await signInByForm(there, other.url, 'ines@example.com')
    await here.reload()
    await openChannel(here, server.url, 'fieldnote', channel_id)
    await say(here, 'still signed in here')
    await until(
      'it is stored',
      async () => (await stored()).map(({ content }) => content),
      (contents) => contents.includes('still signed in here'),
    )
    await there.getByRole('button', { name: 'New channel' }).click()
    await there.getByLabel('Name').fill('written-there')
    await there.getByRole('button', { name: 'Create channel' }).click()
    await there.getByRole('heading', { level: 1, name: 'written-there' }).waitFor()
    expect(complaints).toEqual([])
    await context.close()
  })
})
