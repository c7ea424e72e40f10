import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import { type Channel, generalChannel, join, type Message, type Person, setUp } from '../support/client.ts'
import type { TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import { composer, hasBrowser, launch, openChannel, say, session, until, visit } from './support/browser.ts'
import { startEmpty } from './support/server.ts'

describe.skipIf(!hasBrowser)('the app says', () => {
  let server: TestServer
  let browser: Browser
  let ines: Person
  let channel_id: string

  beforeAll(async () => {
    await buildApp()
    server = await startEmpty()
    ines = await setUp(server)
    await join(ines, 'Ana Lima')
    channel_id = (await generalChannel(ines)).id
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  test('that an org is suspended or about to be deleted, and an administrator ends it', async () => {
    const { context, page, complaints } = await visit(browser)
    const other = await visit(browser)
    await session(page, server.url, 'ines@example.com')
    await openChannel(page, server.url, 'fieldnote', channel_id)
    await session(other.page, server.url, 'ana.lima@example.com')
    await openChannel(other.page, server.url, 'fieldnote', channel_id)
    await composer(page).fill('half a thought')
    const states = [
      { method: 'POST', path: '/suspend', body: undefined, text: 'is suspended.', back: 'Resume' },
      {
        method: 'DELETE',
        path: '',
        body: { confirm: 'fieldnote' },
        text: 'will be deleted on',
        back: 'Restore',
      },
    ]
    for (const { method, path, body, text, back } of states) {
      expect((await ines.in(method, path, body)).status).toBeLessThan(300)
      // The start of a deletion is told to administrators; others learn of it when they write.
      if (method === 'DELETE') await say(other.page, 'too late')
      for (const one of [page, other.page]) {
        await one.getByText(`This organization ${text}`).waitFor()
        await one.getByText('Nothing can be written here now.').waitFor()
        expect(await composer(one).count()).toBe(0)
      }
      await other.page.getByText(`An administrator can ${back.toLowerCase()} it.`).waitFor()
      expect(await other.page.getByRole('button', { name: back, exact: true }).count()).toBe(0)
      await page.getByRole('button', { name: back, exact: true }).click()
      for (const one of [page, other.page]) {
        await composer(one).waitFor()
        expect(await one.getByText(`This organization ${text}`).count()).toBe(0)
      }
      expect(await composer(page).inputValue()).toBe('half a thought')
    }
    expect([...complaints, ...other.complaints]).toEqual([])
    await context.close()
    await other.context.close()
  })

  test('how long a rate limit lasts; the message is kept, and sent by itself', async () => {
    const { context, page, complaints } = await visit(browser)
    let refused = 0
    await context.routeWebSocket(/\/channels\/ws(\?|$)/, (socket) => {
      const away = socket.connectToServer()
      socket.onMessage((data) => {
        const frame: { type: string; client_id?: string } = JSON.parse(String(data))
        if (frame.type !== 'message' || refused > 0) return away.send(data)
        refused++
        const details = { retry_after_s: 5 }
        const error = { code: 'RATE_LIMITED', message: 'Too many messages.', status: 429, details }
        socket.send(JSON.stringify({ type: 'error', client_id: frame.client_id, error }))
      })
    })
    await session(page, server.url, 'ines@example.com')
    await openChannel(page, server.url, 'fieldnote', channel_id)
    await say(page, 'one more')
    await page.getByText('Too many messages in a short time.').waitFor()
    await page.getByText(/Rate limit: sent in \d s/).waitFor()
    const texts = async () => {
      const { body } = await ines.in<{ data: Message[] }>('GET', `/channels/${channel_id}/messages`)
      return body.data.map(({ content }) => content)
    }
    await until('it is stored', texts, (all) => all.includes('one more'))
    await page.getByText('Too many messages in a short time.').waitFor({ state: 'detached' })
    expect(refused).toBe(1)
    expect(complaints).toEqual([])
    await context.close()
  })

  test('without a connection that a channel is not on the device, until it is', async () => {
    const made = await ines.in<Channel>('POST', '/channels', { name: 'never-opened' })
    await ines.in('POST', `/channels/${made.body.id}/messages`, { content: 'read me later' })
    const { context, page } = await visit(browser)
    await session(page, server.url, 'ines@example.com')
    await openChannel(page, server.url, 'fieldnote', channel_id)
    await page.getByRole('link', { name: /never-opened/ }).waitFor()
    await context.setOffline(true)
    await page.getByText('No connection since').waitFor()
    await page.getByRole('link', { name: /never-opened/ }).click()
    await page.getByText('The messages of this channel are not on this device.').waitFor()
    await context.setOffline(false)
    await page.getByText('read me later').waitFor()
    await context.close()
  })

  test('times as the browser of the reader writes them', async () => {
    await ines.in('POST', `/channels/${channel_id}/messages`, { content: 'at some time' })
    for (const [locale, pattern] of [
      ['en-US', /^\d{1,2}:\d{2}\s[AP]M$/],
      ['en-GB', /^\d{2}:\d{2}$/],
      // The app speaks English to whoever has another language than its own.
      ['fr-FR', /^\d{2}:\d{2}$/],
    ] as const) {
      const { context, page } = await visit(browser, { locale })
      await session(page, server.url, 'ines@example.com')
      await openChannel(page, server.url, 'fieldnote', channel_id)
      expect(await page.locator('.log article time').last().innerText()).toMatch(pattern)
      await context.close()
    }
  })
})
