import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { addAgent, generalChannel, type Person, setUp } from '../support/client.ts'
import { freePort, type TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import {
  hasBrowser,
  launch,
  newPage,
  openChannel,
  say,
  signIn,
  until,
  visit,
  waitForText,
} from './support/browser.ts'
import { startEmpty } from './support/server.ts'

const TABS = 8

/** Browsers have Web Locks on https and localhost only; the name below is on neither. */
const PLACES = [
  ['localhost', 'localhost'],
  ['a plain http name', 'mission-control.test'],
] as const

describe.skipIf(!hasBrowser).each(PLACES)('eight tabs of one browser over HTTP/1.1 at %s', (_, host) => {
  let url: string
  let server: TestServer
  let browser: Browser
  let admin: Person
  let channel_id: string
  let pages: Page[] = []
  const complaints: string[] = []

  beforeAll(async () => {
    await buildApp()
    const port = freePort()
    url = `http://${host}:${port}`
    server = await startEmpty({ port, env: { MC_CORS_ORIGIN: url } })
    admin = await setUp(server)
    channel_id = (await generalChannel(admin)).id
    browser = await launch([`--host-resolver-rules=MAP ${host} 127.0.0.1`])
    const { context, page } = await visit(browser)
    await signIn(page, url, 'ines@example.com', server.url)
    pages = [page]
    while (pages.length < TABS) pages.push(await newPage(context, complaints))
    for (const one of pages) await openChannel(one, url, 'fieldnote', channel_id)
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  /** Open streams and sockets, as the server counts them. */
  async function connections(): Promise<{ sse: number; websocket: number }> {
    const text = await (await fetch(`${server.url}/metrics`)).text()
    const count = (kind: string) =>
      Number(new RegExp(`^mc_edge_connections\\{[^}]*="${kind}"[^}]*\\} (\\d+)`, 'm').exec(text)?.[1] ?? -1)
    return { sse: count('sse'), websocket: count('websocket') }
  }

  test('share one event stream, and each has its chat', async () => {
    const now = await until(
      'the connections settle',
      connections,
      ({ sse, websocket }) => sse === 1 && websocket === TABS,
    )
    expect(now).toEqual({ sse: 1, websocket: TABS })
    for (const page of pages) await page.getByText('Events live').waitFor()
  })

  test('all hear what only the stream says', async () => {
    for (const page of pages) await page.goto(`${url}/o/fieldnote/settings/members`)
    for (const page of pages) await page.getByRole('row', { name: /Ines Carvalho/ }).waitFor()
    await until(
      'the connections settle',
      connections,
      ({ sse, websocket }) => sse === 1 && websocket === TABS,
    )
    await addAgent(admin, 'forge')
    for (const page of pages) await page.getByRole('row', { name: /forge/ }).waitFor()
  })

  test('when the tab with the stream closes, another takes over and nothing is missed', async () => {
    // The tab that was first has the lock unless the reloads above changed that: close tabs until it must have moved.
    for (let at = 0; at < 3; at++) await pages.shift()?.close()
    await addAgent(admin, 'probe')
    for (const page of pages) await page.getByRole('row', { name: /probe/ }).waitFor()
    const now = await until(
      'the connections settle',
      connections,
      ({ sse, websocket }) => sse === 1 && websocket === TABS - 3,
    )
    expect(now).toEqual({ sse: 1, websocket: TABS - 3 })
  })

  test('what one tab says, the others show once', async () => {
    for (const page of pages) await openChannel(page, url, 'fieldnote', channel_id)
    const [first] = pages
    if (!first) throw new Error('no tab is open')
    await say(first, 'said in one tab')
    for (const page of pages) {
      await waitForText(page, 'said in one tab')
      expect(await page.locator('.log article', { hasText: 'said in one tab' }).count()).toBe(1)
    }
    expect(complaints).toEqual([])
  })
})
