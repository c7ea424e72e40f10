import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import { PASSWORD, Person, setUp } from '../support/client.ts'
import type { TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import { composer, hasBrowser, launch, say, visit, waitForText } from './support/browser.ts'
import { startServer } from './support/server.ts'

describe.skipIf(!hasBrowser)('a member of two organizations in a browser', () => {
  let server: TestServer
  let browser: Browser

  beforeAll(async () => {
    await buildApp()
    server = await startServer({ env: { DEPLOYMENT_MODE: 'multi-tenant' } })
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  test('U5 joins the second with the same password, and is another member there with the same account', async () => {
    const ines = await setUp(server)
    const other = await ines.call('POST', '/api/v1/orgs', { name: 'Second', slug: 'second' })
    expect(other.status).toBe(201)
    const invite = async (org: string, display_name: string) => {
      const path = `/api/v1/orgs/${org}/users`
      const body = { type: 'human', email: 'una@example.com', display_name, role: 'contributor' }
      return (await ines.call<{ id: string; invite_url: string }>('POST', path, body)).body
    }
    const first = await invite('fieldnote', 'Una')
    const token = first.invite_url.split('/').at(-1)
    await new Person(server.url).call('POST', `/auth/invites/${token}/accept`, { password: PASSWORD })

    const second = await invite('second', 'Una Second')
    const { page, context, complaints } = await visit(browser)
    await page.goto(second.invite_url)
    expect(await page.getByLabel('Name').inputValue()).toBe('Una Second')
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await page.getByRole('button', { name: /^Join/ }).click()
    await composer(page).waitFor()
    await page.getByText('Chat live').waitFor()
    await page.getByRole('button', { name: 'Account: Una Second' }).waitFor()
    await say(page, 'Hello from the second')
    await waitForText(page, 'Hello from the second')
    // Stored, not only shown: the next page knows nothing of what was not sent.
    await page
      .locator('.log article:not([aria-label$="not sent yet"])', { hasText: 'Hello from the second' })
      .waitFor()
    await page.getByText('Una Second').first().waitFor()

    await page.goto(`${server.url}/o/fieldnote`)
    await composer(page).waitFor()
    await page.getByText('Chat live').waitFor()
    await page.getByRole('button', { name: /^Account: Una$/ }).waitFor()
    await say(page, 'Hello from the first')
    await waitForText(page, 'Hello from the first')
    const { data } = (
      await ines.call<{ data: { actor: { id: string }; payload: { message: { content: string } } }[] }>(
        'GET',
        '/api/v1/orgs/second/events?type=message.created',
      )
    ).body
    expect(data.map(({ actor, payload }) => [actor.id, payload.message.content])).toEqual([
      [second.id, 'Hello from the second'],
    ])
    expect(complaints).toEqual([])
    await context.close()
  })
})
