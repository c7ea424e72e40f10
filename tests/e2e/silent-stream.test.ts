import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import { generalChannel, join, type Person, setUp } from '../support/client.ts'
import { startMuteProxy } from '../support/mute-proxy.ts'
import type { TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import { hasBrowser, launch, said, session, visit, waitForText } from './support/browser.ts'
import { startEmpty } from './support/server.ts'

describe.skipIf(!hasBrowser)('a network that goes silent', () => {
  let server: TestServer
  let browser: Browser
  let ana: Person
  let channel_id: string

  beforeAll(async () => {
    await buildApp()
    server = await startEmpty({ env: { MC_SSE_HEARTBEAT_SECONDS: '1' } })
    const ines = await setUp(server)
    ana = await join(ines, 'Ana Lima')
    channel_id = (await generalChannel(ines)).id
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  test('an event stream that falls silent is opened anew, and nothing is missed', async () => {
    const proxy = await startMuteProxy(Number(new URL(server.url).port))
    const { context, page } = await visit(browser)
    await context.routeWebSocket(/\/channels\/ws/, (socket) => void socket.close())
    await session(page, proxy.url, 'ines@example.com')
    await page.goto(`${proxy.url}/o/fieldnote/channels/${channel_id}`)
    await page.getByText('Chat over HTTP: WebSocket blocked').waitFor()
    await ana.in('POST', `/channels/${channel_id}/messages`, { content: 'before the silence' })
    await waitForText(page, 'before the silence')
    proxy.mute('/events/stream')
    await ana.in('POST', `/channels/${channel_id}/messages`, { content: 'into the silence' })
    await waitForText(page, 'into the silence')
    expect((await said(page)).slice(-2)).toEqual(['before the silence', 'into the silence'])
    await context.close()
    proxy.stop()
  })
})
