import type { Browser, CDPSession, Page } from 'playwright-core'
import { buildApp } from '../../tests/e2e/support/app.ts'
import { launch, openChannel, signIn, visit } from '../../tests/e2e/support/browser.ts'
import { generalChannel } from '../../tests/support/client.ts'
import type { Product } from '../product.ts'

/** Requests under way while a channel is filled. */
const POSTERS = 32

/** An open page of the channel `general`, and the debugger that measures it. */
export interface OpenPage {
  page: Page
  debugger: CDPSession
  channel_id: string
  close(): Promise<void>
}

/** Messages of one to five paragraphs, so that their heights differ. */
export async function postMessages({ agent }: Product, channel_id: string, count: number): Promise<void> {
  let next = 0
  const poster = async () => {
    while (next < count) {
      const at = next++
      const content = `number ${at}${'\n\nmore of it'.repeat(at % 5)}`
      const answer = await agent.in('POST', `/channels/${channel_id}/messages`, { content })
      if (answer.status !== 201) throw new Error(`message: ${JSON.stringify(answer.body)}`)
    }
  }
  await Promise.all(Array.from({ length: POSTERS }, poster))
}

/** Fills the channel with so many messages and opens it in Chromium. */
export async function openFilled(product: Product, count: number): Promise<OpenPage> {
  await buildApp()
  const channel_id = (await generalChannel(product.admin)).id
  await postMessages(product, channel_id, count)
  const browser: Browser = await launch()
  const { page, context } = await visit(browser)
  await signIn(page, product.server.url, 'ines@example.com')
  await openChannel(page, product.server.url, product.admin.org, channel_id)
  const session = await context.newCDPSession(page)
  await session.send('Performance.enable')
  return { page, debugger: session, channel_id, close: () => browser.close() }
}

/** A counter of the browser by its name, e.g. `LayoutCount`. */
export async function metric(session: CDPSession, name: string): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics')
  return metrics.find((one) => one.name === name)?.value ?? Number.NaN
}
