import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import { generalChannel, join, type Message, type Person, setUp } from '../support/client.ts'
import type { TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import {
  composer,
  hasBrowser,
  launch,
  said,
  say,
  session,
  until,
  visit,
  waitForText,
} from './support/browser.ts'
import { startEmpty } from './support/server.ts'

describe.skipIf(!hasBrowser)('a network that lets no WebSocket through', () => {
  let server: TestServer
  let browser: Browser
  let ines: Person
  let ana: Person
  let channel_id: string

  beforeAll(async () => {
    await buildApp()
    server = await startEmpty({ env: { MC_SSE_HEARTBEAT_SECONDS: '1' } })
    ines = await setUp(server)
    ana = await join(ines, 'Ana Lima')
    channel_id = (await generalChannel(ines)).id
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  test('messages go and come over HTTP, the status bar says so, and a socket is used once it gets through', async () => {
    const { context, page, complaints } = await visit(browser)
    let blocked = true
    await context.routeWebSocket(/\/channels\/ws/, async (socket) => {
      if (blocked) await socket.close()
      else socket.connectToServer()
    })
    await session(page, server.url, 'ines@example.com')
    await page.goto(`${server.url}/o/fieldnote/channels/${channel_id}`)
    await composer(page).waitFor()
    await say(page, 'first by request')
    await page.getByText('Chat over HTTP: WebSocket blocked').waitFor()
    await say(page, 'second by request')
    const stored = await until(
      'both are stored',
      async () =>
        (await ines.in<{ data: Message[] }>('GET', `/channels/${channel_id}/messages`)).body.data.map(
          ({ content }) => content,
        ),
      (contents) => contents.length >= 2,
    )
    expect(stored).toEqual(['second by request', 'first by request'])
    await ana.in('POST', `/channels/${channel_id}/messages`, { content: 'an answer by event' })
    await waitForText(page, 'an answer by event')
    expect(await page.getByText('No connection since').count()).toBe(0)

    blocked = false
    await page.getByText('Chat live').waitFor()
    await say(page, 'third by socket')
    await waitForText(page, 'third by socket')
    expect((await said(page)).slice(-4)).toEqual([
      'first by request',
      'second by request',
      'an answer by event',
      'third by socket',
    ])
    expect(complaints).toEqual([])
    await context.close()
  })
})
