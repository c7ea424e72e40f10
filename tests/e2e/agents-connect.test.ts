import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { Agent, addAgent, generalChannel, join, type Person, setUp, type User } from '../support/client.ts'
import type { TestServer } from '../support/server.ts'
import { ConnectedAgent, report } from './support/agent.ts'
import { buildApp } from './support/app.ts'
import { violationsInBothThemes } from './support/axe.ts'
import { hasBrowser, launch, session, type Visit, visit } from './support/browser.ts'
import { startEmpty } from './support/server.ts'

describe.skipIf(!hasBrowser)('connecting an agent in a browser', () => {
  let server: TestServer
  let browser: Browser
  let admin: Person
  let ines: Visit
  let connected: ConnectedAgent | undefined

  beforeAll(async () => {
    await buildApp()
    server = await startEmpty()
    admin = await setUp(server)
    browser = await launch()
    ines = await visit(browser, { viewport: { width: 1440, height: 900 } })
    await session(ines.page, server.url, 'ines@example.com')
  })
  afterAll(async () => {
    await connected?.close()
    await browser?.close()
    await server?.stop()
  })

  const step = (page: Page, name: string) => page.getByRole('listitem').filter({ has: heading(page, name) })
  const heading = (page: Page, name: string) => page.getByRole('heading', { name, level: 2 })
  const openOf = (agent_id: string) => `${server.url}/o/fieldnote/agents/connect/${agent_id}`
  async function members(): Promise<User[]> {
    return (await admin.in<{ data: User[] }>('GET', '/users?per_page=100')).body.data
  }
  /** The agent that was made in the page, acting by the key that the page shows. */
  async function agentOf(page: Page, name: string): Promise<Agent> {
    const user = (await members()).find(({ display_name }) => display_name === name)
    if (!user) throw new Error(`nobody is called ${name}`)
    return new Agent(server.url, 'fieldnote', await page.locator('.chosen .keybox code').innerText(), user)
  }
  async function make(page: Page, name: string): Promise<Agent> {
    await page.getByRole('button', { name: 'New agent' }).click()
    await page.getByLabel('Name', { exact: true }).fill(name)
    await page.getByRole('dialog').getByRole('button', { name: 'Add agent' }).click()
    await page.waitForURL(/\/agents\/connect\/[^/]+$/)
    await page.getByText('This is the only time it is shown.').waitFor()
    return await agentOf(page, name)
  }
  const fits = async (page: Page) =>
    expect(await page.locator('.connect').evaluate((one) => one.scrollWidth <= one.clientWidth)).toBe(true)

  test('with no agent there is one thing to do; the new one gets its key, shown once', async () => {
    const { page } = ines
    await page.goto(`${server.url}/o/fieldnote/agents`)
    await page.getByText('No agents yet').waitFor()
    expect(await violationsInBothThemes(page)).toEqual([])
    await page.getByRole('link', { name: 'Connect the first agent' }).click()
    await page.getByText('Make one: it gets a key of its own.').waitFor()
    expect(await violationsInBothThemes(page)).toEqual([])
    const agent = await make(page, 'Release Scribe')
    expect(agent.key).toStartWith('mc_ak_live_')
    expect(await step(page, 'Waiting for its key to be used').getAttribute('aria-current')).toBe('step')
    const commands = await page.locator('.consteps code').allInnerTexts()
    expect(commands).toContain(
      `export MC_URL='${server.url}' MC_ORG='fieldnote'\nexport MC_API_KEY='${agent.key}'`,
    )
    expect(await violationsInBothThemes(page)).toEqual([])
  })

  test('a step that stalls says what to check', async () => {
    await step(ines.page, 'Waiting for its key to be used').getByText('Was the whole key copied?').waitFor()
  })

  test('each step is seen as it happens, until the test message is answered', async () => {
    const { page } = ines
    await page.evaluate('window.same_page = true')
    const agent = await agentOf(page, 'Release Scribe')
    await agent.in('GET', '/users/me')
    await heading(page, 'Its key was used').waitFor()

    await report(agent, { gateway: null })
    await step(page, 'The bridge is here').getByText('mc-bridge 1.2.3, wakes on mention').waitFor()
    await heading(page, 'Waiting for the gateway').waitFor()
    await report(agent, { state: 'degraded', detail: 'The gateway waits for approval', gateway: null })
    await page.getByText('mc-bridge 1.2.3, degraded: The gateway waits for approval').waitFor()
    await report(agent)
    await step(page, 'The gateway is paired').getByText('OpenClaw 2026.9.6').waitFor()

    const channel = await generalChannel(admin)
    connected = new ConnectedAgent(agent, async (client, { channel_id, seq, id }) => {
      await client.deliver(channel_id, seq, 'working')
      await client.post(channel_id, { content: 'I hear you.', client_id: id, reply_to: id })
      await client.deliver(channel_id, seq, 'answered')
    })
    await page.getByRole('combobox', { name: 'Channel' }).selectOption(channel.id)
    await page.getByRole('button', { name: 'Send a test message' }).click()
    await page.getByText(/The answer came after \d+\.\d s\./).waitFor()
    await page.getByText('I hear you.').waitFor()
    await page.locator('.testlog .deliv', { hasText: 'answered' }).waitFor()
    await page.getByText('Release Scribe is connected and answers.').waitFor()
    expect(await page.evaluate('window.same_page')).toBe(true)
    expect(connected.heard.map(({ mentions }) => mentions)).toEqual([[agent.user.id]])
    expect(await violationsInBothThemes(page)).toEqual([])
    await page.emulateMedia({ colorScheme: 'light' })
  })

  test('a failed test message says why', async () => {
    const { page } = ines
    const mute = await addAgent(admin, 'mute')
    await page.goto(openOf(mute.user.id))
    await page.getByRole('button', { name: 'Send a test message' }).click()
    await page.getByText('Sent. Waiting for the answer.').waitFor()
    const channel = await generalChannel(admin)
    await mute.in('POST', `/channels/${channel.id}/messages/${channel.last_seq}/deliveries`, {
      state: 'failed',
      detail: 'There is no model of this name',
    })
    await page.locator('.seen', { hasText: 'There is no model of this name' }).waitFor()
    await page.getByText('The line under your message says how far it is.').waitFor()
  })

  test('without OpenClaw the lines that are shown connect a program, as they stand there', async () => {
    const { page } = ines
    await page.goto(`${server.url}/o/fieldnote/agents/connect`)
    const agent = await make(page, 'Own Program')
    await page.getByRole('button', { name: 'Without OpenClaw' }).click()
    const line = async (label: string) =>
      await page.locator('.fld', { hasText: label }).locator('code').innerText()
    const settings = await line('Server, organization and key')
    const who = await run(`${settings}\n${await line('Asks the server who')}`)
    expect([who.code, JSON.parse(who.text).username]).toEqual([0, agent.user.username])
    await heading(page, 'Its key was used').waitFor()

    const stream = start(`${settings}\n${await line('Reads the events')}`)
    await heading(page, 'It reads the event stream').waitFor()
    expect(await violationsInBothThemes(page)).toEqual([])
    await page.emulateMedia({ colorScheme: 'light' })
    await page.getByRole('button', { name: 'Send a test message' }).click()
    const answered = await run(`${settings}\n${await line('Answers this message')}`)
    expect(answered.code).toBe(0)
    await page.getByText('Own Program is connected and answers.').waitFor()
    stream.kill()
    const { text } = await stream.done
    expect(text).toContain('this is a test message')
  })

  test('an agent that is there is chosen from the list; a lost key is replaced', async () => {
    const { page } = ines
    await page.goto(`${server.url}/o/fieldnote/agents`)
    await page.getByRole('row', { name: /Release Scribe.*mc-bridge 1\.2\.3.*gateway 2026\.9\.6/ }).waitFor()
    await page.getByRole('link', { name: 'Connect an agent' }).click()
    await page.getByRole('link', { name: /Release Scribe/ }).click()
    await heading(page, 'The gateway is paired').waitFor()
    await page.getByRole('button', { name: 'New key…' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Rotate key' }).click()
    await page.getByText('This is the only time it is shown.').waitFor()
    const agent = await agentOf(page, 'Release Scribe')
    expect((await agent.in('GET', '/users/me')).status).toBe(200)
    await page.getByRole('button', { name: 'Show how' }).first().click()
    await page.locator('.consteps code', { hasText: agent.key }).waitFor()
    await page.getByRole('link', { name: 'Another agent' }).click()
    await page.getByRole('heading', { name: 'Which agent?' }).waitFor()
  })

  test('a degraded agent is told with its reason in the list of agents', async () => {
    const { page } = ines
    const scribe = (await members()).find(({ display_name }) => display_name === 'Release Scribe')
    await page.goto(openOf(scribe?.id ?? ''))
    await page.getByRole('button', { name: 'New key…' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Rotate key' }).click()
    await page.getByText('This is the only time it is shown.').waitFor()
    const agent = await agentOf(page, 'Release Scribe')
    await page.getByRole('link', { name: 'Back to the agents' }).click()
    await report(agent, { state: 'degraded', detail: 'The gateway does not answer' })
    await page.getByText('Release Scribe is degraded.').waitFor()
    await page.locator('.agentnotes').getByText('The gateway does not answer').waitFor()
    expect(await violationsInBothThemes(page)).toEqual([])
    await report(agent)
    await page.getByText('Release Scribe is degraded.').waitFor({ state: 'detached' })
  })

  test('on a phone everything fits, and the keyboard reaches it', async () => {
    const { page, context } = await visit(browser, { viewport: { width: 390, height: 844 } })
    await session(page, server.url, 'ines@example.com')
    await page.goto(`${server.url}/o/fieldnote/agents/connect`)
    await page.getByRole('link', { name: /mute/ }).waitFor()
    await fits(page)
    await page.getByRole('link', { name: /mute/ }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Send a test message' }).waitFor()
    await fits(page)
    expect(await violationsInBothThemes(page)).toEqual([])
    await page.getByRole('button', { name: 'Without OpenClaw' }).focus()
    await page.keyboard.press('Space')
    await heading(page, 'Waiting for its event stream').waitFor()
    await fits(page)
    await context.close()
  })

  test('a contributor is told that administrators connect agents', async () => {
    await join(admin, 'Mei Lindqvist')
    const { page, context } = await visit(browser)
    await session(page, server.url, 'mei.lindqvist@example.com')
    await page.goto(`${server.url}/o/fieldnote/agents`)
    await page.getByRole('heading', { name: 'Agents', level: 1 }).waitFor()
    await page.getByRole('row', { name: /mute/ }).waitFor()
    expect(await page.getByRole('link', { name: 'Connect an agent' }).count()).toBe(0)
    await page.goto(`${server.url}/o/fieldnote/agents/connect`)
    await page.getByText('Only an administrator connects agents').waitFor()
    await context.close()
    expect(ines.complaints).toEqual([])
  })
})

/** A shell that runs what a person would paste. */
function start(script: string) {
  const shell = Bun.spawn(['bash', '-c', script], { env: process.env, stdout: 'pipe', stderr: 'inherit' })
  const done = Promise.all([new Response(shell.stdout).text(), shell.exited]).then(([text, code]) => ({
    text,
    code,
  }))
  return { done, kill: () => shell.kill() }
}

const run = async (script: string) => await start(script).done
