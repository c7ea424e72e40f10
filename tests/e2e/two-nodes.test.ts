/**
 * People at two nodes behind a real proxy with TLS and HTTP/2, without sticky sessions: each request and each reconnect may
 * go to the other one. What a proxy does to requests and streams is tested in tests/integration/ship/proxies.test.ts.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import { generalChannel, join, type Person, setUp } from '../support/client.ts'
import { freshDatabase, urlOf } from '../support/cluster.ts'
import { PROXIES } from '../support/proxies.ts'
import type { TestProxy } from '../support/proxy.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { freePort, startServer, type TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import { hasBrowser, launch, openChannel, said, say, session, visit, waitForText } from './support/browser.ts'

const SECRET = 'a secret that both nodes of this test share, 0123'

for (const { name, present, start } of PROXIES)
  describe.skipIf(!hasBrowser || !present)(`two nodes behind ${name}`, () => {
    let database: Awaited<ReturnType<typeof freshDatabase>>
    let redis: TestRedis
    let proxy: TestProxy
    let browser: Browser
    let admin: Person
    let other: Person
    let channel_id: string
    const nodes: TestServer[] = []

    beforeAll(async () => {
      // The authority of this proxy is nobody's: this process has no other peers.
      process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
      await buildApp()
      ;[database, redis] = await Promise.all([freshDatabase(), startRedis()])
      const port = freePort()
      for (const name of ['a', 'b'])
        nodes.push(
          await startServer({
            env: {
              MC_DATABASE_URL: urlOf(database.app),
              MC_REDIS_URL: redis.url,
              MC_JWT_SECRET: SECRET,
              MC_KEY_PEPPER: SECRET,
              MC_NODE_ID: name,
              MC_PUBLIC_URL: `https://localhost:${port}`,
              MC_TRUSTED_PROXIES: '127.0.0.1/32',
            },
          }),
        )
      proxy = await start({ upstreams: nodes.map((node) => node.port), port })
      admin = await setUp({ url: proxy.url, setup_token: nodes[0]!.setup_token })
      other = await join(admin, 'Bo')
      channel_id = (await generalChannel(admin)).id
      browser = await launch(['--ignore-certificate-errors'])
    })
    afterAll(async () => {
      await browser?.close()
      await proxy?.stop()
      await Promise.all(nodes.map((node) => node.stop()))
      await redis?.stop()
      await database?.drop()
    })

    test('two people talk, whichever node each of them is at', async () => {
      const visits = await Promise.all([
        visit(browser, { ignoreHTTPSErrors: true }),
        visit(browser, { ignoreHTTPSErrors: true }),
      ])
      const people = [admin, other]
      for (const [i, { page }] of visits.entries()) {
        const email = i === 0 ? 'ines@example.com' : 'bo@example.com'
        await session(page, proxy.url, email)
        await openChannel(page, proxy.url, people[i]!.org, channel_id)
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
