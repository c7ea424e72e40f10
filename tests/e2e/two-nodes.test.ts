/**
 * People at two nodes behind a real proxy with TLS and HTTP/2, without sticky sessions: each request and each reconnect may
 * go to the other one. What a proxy does to requests and streams is tested in tests/integration/ship/proxies.test.ts.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import { type NodesBehind, startBehind } from '../support/behind.ts'
import { generalChannel, join, type Person, setUp } from '../support/client.ts'
import { PROXIES } from '../support/proxies.ts'
import { buildApp } from './support/app.ts'
import { hasBrowser, launch, openChannel, said, say, session, visit, waitForText } from './support/browser.ts'

for (const { name, present, start } of PROXIES)
  describe.skipIf(!hasBrowser || !present)(`two nodes behind ${name}`, () => {
    let behind: NodesBehind
    let url: string
    let browser: Browser
    let admin: Person
    let other: Person
    let channel_id: string

    beforeAll(async () => {
      await buildApp()
      behind = await startBehind(start)
      url = behind.proxy.url
      admin = await setUp({ url, setup_token: behind.nodes[0]!.setup_token })
      other = await join(admin, 'Bo')
      channel_id = (await generalChannel(admin)).id
      browser = await launch(['--ignore-certificate-errors'])
    })
    afterAll(async () => {
      await browser?.close()
      await behind?.stop()
    })

    test('two people talk, whichever node each of them is at', async () => {
      const visits = await Promise.all([
        visit(browser, { ignoreHTTPSErrors: true }),
        visit(browser, { ignoreHTTPSErrors: true }),
      ])
      const people = [admin, other]
      for (const [i, { page }] of visits.entries()) {
        const email = i === 0 ? 'ines@example.com' : 'bo@example.com'
        await session(page, url, email)
        await openChannel(page, url, people[i]!.org, channel_id)
      }
      for (let n = 0; n < 6; n++) {
        const { page } = visits[n % 2]!
        await say(page, `line ${n}`)
        for (const one of visits) await waitForText(one.page, `line ${n}`)
      }
      for (const { page } of visits)
        expect((await said(page)).filter((text) => text.startsWith('line'))).toEqual(
          [0, 1, 2, 3, 4, 5].map((n) => `line ${n}`),
        )
      for (const { complaints, context } of visits) {
        expect(complaints).toEqual([])
        await context.close()
      }
    })
  })
