import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { hasBrowser, launch, visit } from './support/browser.ts'
import { startPortServer } from './support/port-server.ts'
import type { PortsPage } from './support/ports-page.ts'

declare const ports: PortsPage

/** A rule that waits for what never comes is given up by name, before the limit of its test. */
const RULE_MS = 60_000

describe.skipIf(!hasBrowser)('the ports of the app hold in Chromium what their fakes hold', () => {
  let server: Awaited<ReturnType<typeof startPortServer>>
  let browser: Browser
  let page: Page

  beforeAll(async () => {
    server = await startPortServer()
    browser = await launch()
    const visited = await visit(browser)
    page = visited.page
    await page.goto(server.url)
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  test.each([
    'broadcast channel',
    'locks',
    'locks of a worker',
    'socket',
    'event source',
    'outbox store',
    'device store',
    'timers',
  ])('%s', async (port) => {
    const titles = (await page.evaluate(() => ports.titles)).filter((title) => title.startsWith(`${port}: `))
    expect(titles.length).toBeGreaterThan(4)
    const failures: string[] = []
    for (const title of titles) {
      const gave_up = Bun.sleep(RULE_MS).then(() => 'did not end')
      const failure = await Promise.race([page.evaluate((one) => ports.run(one), title), gave_up])
      if (failure !== null) failures.push(`${title}\n${failure}`)
    }
    expect(failures).toEqual([])
  })
})
