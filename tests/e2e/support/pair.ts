import type { Browser } from 'playwright-core'
import { type Agent, addAgent, join, type Person, setUp } from '../../support/client.ts'
import type { TestServer } from '../../support/server.ts'
import { buildApp } from './app.ts'
import { launch, signIn, type Visit, visit } from './browser.ts'
import { startEmpty } from './server.ts'

/** The app of two people: Ines, the administrator, and Ana, a contributor, each signed in; and of the agent forge. */
export interface Pair {
  server: TestServer
  browser: Browser
  /** Ines without a browser. */
  admin: Person
  agent: Agent
  ines: Visit
  ana: Visit
  stop(): Promise<void>
}

export async function startPair(screen: Parameters<typeof visit>[1] = {}): Promise<Pair> {
  await buildApp()
  const server = await startEmpty()
  const admin = await setUp(server)
  await join(admin, 'Ana Lima')
  const agent = await addAgent(admin, 'forge')
  const browser = await launch()
  const [ines, ana] = [await visit(browser, screen), await visit(browser, screen)]
  await signIn(ines.page, server.url, 'ines@example.com')
  await signIn(ana.page, server.url, 'ana.lima@example.com')
  return {
    ...{ server, browser, admin, agent, ines, ana },
    async stop() {
      await browser.close()
      await server.stop()
    },
  }
}
