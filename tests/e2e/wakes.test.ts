import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import {
  type Agent,
  addAgent,
  generalChannel,
  join,
  type Message,
  type Person,
  setUp,
} from '../support/client.ts'
import type { TestServer } from '../support/server.ts'
import { ConnectedAgent, report } from './support/agent.ts'
import { buildApp } from './support/app.ts'
import { violationsInBothThemes } from './support/axe.ts'
import {
  composer,
  hasBrowser,
  launch,
  openChannel,
  say,
  session,
  until,
  type Visit,
  visit,
  waitForText,
} from './support/browser.ts'
import { startEmpty } from './support/server.ts'

const REASON = `The gateway refused the turn: ${'no model of this name is set up, '.repeat(8)}try another.`

describe.skipIf(!hasBrowser)('what a message does to agents', () => {
  let server: TestServer
  let browser: Browser
  let ines: Visit
  let mei: Visit
  let admin: Person
  let forge: Agent
  let probe: Agent
  let forge_client: ConnectedAgent
  let channel_id: string

  beforeAll(async () => {
    await buildApp()
    server = await startEmpty()
    admin = await setUp(server)
    await join(admin, 'Mei Lindqvist')
    forge = await addAgent(admin, 'forge')
    probe = await addAgent(admin, 'probe')
    await report(forge)
    forge_client = new ConnectedAgent(forge)
    channel_id = (await generalChannel(admin)).id
    browser = await launch()
    ines = await visit(browser, { viewport: { width: 1440, height: 900 } })
    mei = await visit(browser, { viewport: { width: 390, height: 844 } })
    await session(ines.page, server.url, 'ines@example.com')
    await session(mei.page, server.url, 'mei.lindqvist@example.com')
    await openChannel(ines.page, server.url, 'fieldnote', channel_id)
    await ines.page.getByRole('button', { name: 'Channel details' }).click()
    // A phone has no status bar.
    await mei.page.goto(`${server.url}/o/fieldnote/channels/${channel_id}`)
    await composer(mei.page).waitFor()
  })
  afterAll(async () => {
    await forge_client?.close()
    await browser?.close()
    await server?.stop()
  })

  const newest = async () =>
    (await admin.in<{ data: Message[] }>('GET', `/channels/${channel_id}/messages?limit=1`)).body
      .data[0] as Message
  const deliver = (agent: Agent, seq: number, state: string, detail?: string) =>
    agent.in('POST', `/channels/${channel_id}/messages/${seq}/deliveries`, {
      state,
      ...(detail === undefined ? {} : { detail }),
    })
  const wakes = (page: Page) => page.getByRole('list', { name: 'Agents that this message wakes' })
  const row = (page: Page, text: string) => page.locator('article', { hasText: text })
  async function stored(text: string): Promise<Message> {
    await until('the message is stored', newest, (message) => message?.content === text)
    return await newest()
  }

  test('what an unfinished delivery waits for is shown; a failed one says why in full and is asked for again', async () => {
    const { page } = ines
    await say(page, '@forge please build')
    const { seq } = await stored('@forge please build')
    await deliver(forge, seq, 'queued', 'Waits: the gateway does not answer')
    const of_ines = row(page, '@forge please build').locator('.deliv li')
    await of_ines.getByText('queued, waits: the gateway does not answer').waitFor()
    await deliver(forge, seq, 'failed', REASON)
    for (const visited of [ines.page, mei.page]) {
      const told = row(visited, '@forge please build').locator('.deliv .told', {
        hasText: REASON.slice(0, 60),
      })
      await told.waitFor()
      expect(await told.innerText()).toBe(REASON)
      expect(await told.evaluate((one) => one.scrollWidth <= one.clientWidth + 1)).toBe(true)
    }
    const retry = page.getByRole('button', { name: 'Retry forge' })
    await retry.focus()
    await page.keyboard.press('Enter')
    for (const visited of [ines.page, mei.page]) {
      const own = row(visited, '@forge please build').locator('.deliv li')
      await own.filter({ hasText: 'queued' }).waitFor()
      await visited.getByRole('button', { name: 'Retry forge' }).waitFor({ state: 'detached' })
    }
    expect(await page.evaluate('document.activeElement?.className')).toBe('deliv')
    await deliver(forge, seq, 'answered')
    await of_ines.getByText('answered').waitFor()
  })

  test('a retry that is refused is told, and can be tried again', async () => {
    const { page } = ines
    await say(page, '@forge once more')
    const { seq } = await stored('@forge once more')
    await deliver(forge, seq, 'failed', 'no room')
    await page.route('**/deliveries/*/retry', (route) => route.abort())
    await page.getByRole('button', { name: 'Retry forge' }).click()
    await page.locator('.toast-bad', { hasText: 'Not asked again' }).waitFor()
    await page.unroute('**/deliveries/*/retry')
    await page.locator('.toast-bad').getByRole('button', { name: 'Close' }).click()
    await page.getByRole('button', { name: 'Retry forge' }).click()
    await page.getByRole('button', { name: 'Retry forge' }).waitFor({ state: 'detached' })
    await deliver(forge, seq, 'answered')
  })

  test('a running turn is stopped by a command, once, until it ends', async () => {
    const { page } = ines
    await say(page, '@forge take your time')
    const { seq } = await stored('@forge take your time')
    await deliver(forge, seq, 'working')
    const of_message = row(page, '@forge take your time').getByRole('button', { name: 'Stop forge' })
    const in_panel = page.getByRole('complementary').getByRole('button', { name: 'Stop forge' })
    await in_panel.waitFor()
    await of_message.click()
    for (const place of [row(page, '@forge take your time'), page.getByRole('complementary')])
      await place.getByRole('button', { name: 'Stopping forge' }).waitFor()
    await mei.page.locator('.cmd', { hasText: '/stop @forge' }).waitFor()
    const command = await newest()
    expect([command.kind, command.mentions]).toEqual(['command', [forge.user.id]])
    // A second press sends nothing.
    await page.getByRole('complementary').getByRole('button', { name: 'Stopping forge' }).press('Enter')
    expect(await page.getByRole('button', { name: 'Stop forge' }).count()).toBe(0)
    await deliver(forge, seq, 'failed', 'Stopped by Ines Carvalho')
    await page
      .getByRole('button', { name: /^Stop(ping)? forge$/ })
      .first()
      .waitFor({ state: 'detached' })
    expect((await newest()).seq).toBe(command.seq)
  })

  test('the agents that a text wakes stand under the composer, and the log stays where it is', async () => {
    for (const { page } of [ines, mei]) {
      const log = page.getByRole('log')
      const before = await log.boundingBox()
      await composer(page).fill('hello')
      await page.getByText('Wakes no agent').waitFor()
      await composer(page).fill('hello @forge and @probe')
      await wakes(page).getByRole('listitem').filter({ hasText: 'forge' }).getByText('answers now').waitFor()
      await wakes(page)
        .getByRole('listitem')
        .filter({ hasText: 'probe' })
        .getByText('away, will wait')
        .waitFor()
      expect(await log.boundingBox()).toEqual(before)
      await page.getByRole('button', { name: 'Leave out probe' }).click()
      await page.getByRole('button', { name: 'Wake probe' }).waitFor()
      // What is typed goes on into the text.
      await page.keyboard.type('!')
      expect(await composer(page).inputValue()).toBe('hello @forge and @probe!')
      expect(await log.boundingBox()).toEqual(before)
      await composer(page).fill('')
    }
  })

  test('axe finds nothing in the wake line', async () => {
    const { page } = ines
    await composer(page).fill('hello @forge and @probe')
    await page.getByRole('button', { name: 'Wake probe' }).waitFor()
    await report(forge, { state: 'degraded', detail: 'The gateway has no model' })
    await wakes(page).getByText('degraded: The gateway has no model').waitFor()
    await page.getByRole('complementary').getByText('Degraded: The gateway has no model').waitFor()
    expect(await violationsInBothThemes(page)).toEqual([])
    await page.emulateMedia({ colorScheme: 'light' })
    await report(forge)
    await wakes(page).getByText('answers now').waitFor()
  })

  test('an agent that is left out stays so with the draft, and the message neither mentions nor wakes it', async () => {
    const { page } = ines
    await page.reload()
    await page.getByText('Chat live').waitFor()
    await page.getByRole('button', { name: 'Wake probe' }).waitFor()
    await composer(page).press('Enter')
    const message = await stored('hello @forge and @probe')
    expect([message.mentions, message.ignored_mentions]).toEqual([[forge.user.id], [probe.user.id]])
    await waitForText(mei.page, 'hello @forge and @probe')
    await composer(page).fill('@probe')
    await page.getByRole('button', { name: 'Leave out probe' }).waitFor()
    await composer(page).fill('')
  })

  test('the rule of a client, a reply and a command wake too', async () => {
    const { page } = ines
    await report(forge, { wake: 'all' })
    await composer(page).fill('anybody')
    await wakes(page).getByText('forge').waitFor()
    await report(forge)
    await page.getByText('Wakes no agent').waitFor()
    await composer(page).fill('/status')
    await until(
      'all agents take the command',
      () => wakes(page).getByRole('listitem').count(),
      (count) => count === 2,
    )
    await composer(page).fill('')
    await forge_client.client.post(channel_id, { content: 'built it', client_id: 'built' })
    await row(page, 'built it')
      .getByRole('button', { name: /^Actions for/ })
      .click()
    await page.getByRole('menuitem', { name: 'Reply' }).click()
    await composer(page).fill('thanks')
    await wakes(page).getByText('forge').waitFor()
    await composer(page).press('Escape')
    await composer(page).fill('')
  })

  test('a message that waits for the connection keeps whom it leaves out', async () => {
    const { page, context } = await visit(browser)
    let away = false
    await context.route(/\/events\/stream/, (route) => route.abort())
    await context.routeWebSocket(/\/channels\/ws(\?|$)/, (socket) => {
      if (away) return void socket.close({ code: 1012 })
      const behind = socket.connectToServer()
      socket.onMessage((data) => {
        // The connection is lost with the first message.
        if (String(data).includes('"type":"message"')) {
          away = true
          void socket.close({ code: 1012 })
        } else behind.send(data)
      })
    })
    await session(page, server.url, 'ines@example.com')
    await openChannel(page, server.url, 'fieldnote', channel_id)
    await composer(page).fill('later @forge')
    await page.getByRole('button', { name: 'Leave out forge' }).click()
    await composer(page).press('Enter')
    await page.getByText('Waiting for the connection').waitFor()
    await page.reload()
    await page.getByText('Waiting for the connection').waitFor()
    await context.unrouteAll()
    away = false
    await context.routeWebSocket(/\/channels\/ws(\?|$)/, (socket) => void socket.connectToServer())
    await page.reload()
    const message = await stored('later @forge')
    expect([message.mentions, message.ignored_mentions]).toEqual([[], [forge.user.id]])
    await context.close()
  })

  test('agents that the loop brake pauses are shown as paused, until a person writes', async () => {
    const { page } = ines
    await admin.in('PATCH', '', { settings: { agent_limits: { loop_brake: { messages: 2, minutes: 10 } } } })
    const post = (agent: Agent, content: string) =>
      agent.in('POST', `/channels/${channel_id}/messages`, { content })
    let last = 201
    for (let at = 0; last === 201 && at < 10; at++)
      last = (await post(at % 2 === 0 ? forge : probe, `ping ${at}`)).status
    expect(last).toBe(429)
    await page.getByRole('complementary').getByText('Paused until').first().waitFor()
    await composer(page).fill('@forge stop it')
    await wakes(page)
      .getByText(/paused until .*, your message ends it/)
      .waitFor()
    await page.reload()
    await wakes(page)
      .getByText(/paused until .*, your message ends it/)
      .waitFor()
    await composer(page).press('Enter')
    await page.getByRole('complementary').getByText('Paused until').first().waitFor({ state: 'detached' })
  })

  test('nothing is offered while the organization is read-only', async () => {
    const { page } = ines
    await say(page, '@forge the last one')
    const { seq } = await stored('@forge the last one')
    await deliver(forge, seq, 'failed', 'no room')
    const of_message = row(page, '@forge the last one')
    await of_message.getByRole('button', { name: 'Retry forge' }).waitFor()
    await admin.in('POST', '/suspend')
    await page.getByText('Nothing can be written here now.').waitFor()
    await of_message.getByRole('button', { name: 'Retry forge' }).waitFor({ state: 'detached' })
    await of_message.getByText('no room').waitFor()
    expect([...ines.complaints, ...mei.complaints]).toEqual([])
  })
})
