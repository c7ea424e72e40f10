import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type Browser, devices, type Page } from 'playwright-core'
import { addAgent, generalChannel, join, type Message, type Person, setUp } from '../support/client.ts'
import type { TestServer } from '../support/server.ts'
import { buildApp, buildShell } from './support/app.ts'
import { violationsInBothThemes } from './support/axe.ts'
import {
  composer,
  hasBrowser,
  launch,
  said,
  until,
  type Visit,
  visit,
  waitForText,
} from './support/browser.ts'
import { chooseServer, Native, serveShell, signInByForm } from './support/native.ts'
import { startEmpty } from './support/server.ts'

const { defaultBrowserType: _, ...PHONE } = devices['Pixel 7'] ?? {}

describe.skipIf(!hasBrowser)('the wrapped app', () => {
  let shell: ReturnType<typeof serveShell>
  let server: TestServer
  let browser: Browser
  let ines: Person
  let channel_id: string

  beforeAll(async () => {
    await buildApp()
    await buildShell()
    shell = serveShell()
    server = await startEmpty({ env: { MC_CORS_ORIGIN: shell.url } })
    ines = await setUp(server)
    await join(ines, 'Ana Lima')
    channel_id = (await generalChannel(ines)).id
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
    await shell?.stop()
  })

  async function start(): Promise<Visit & { native: Native }> {
    const native = new Native()
    const visited = await visit(browser, PHONE)
    await native.install(visited.context)
    await visited.page.goto(shell.url)
    return { ...visited, native }
  }

  /** Started, with the server chosen and a person signed in. */
  async function enter(email = 'ines@example.com'): Promise<Visit & { native: Native }> {
    const started = await start()
    await chooseServer(started.page, server.url)
    await signInByForm(started.page, email)
    await started.page.waitForURL(/\/o\/fieldnote/)
    return started
  }

  const openChannel = async (page: Page) => {
    await page.goto(`${shell.url}/o/fieldnote/channels/${channel_id}`)
    await composer(page).waitFor()
  }

  test('asks for its server first, checks the address, and remembers it', async () => {
    const { page, context, native, complaints } = await start()
    await page.getByRole('heading', { name: 'Your server' }).waitFor()
    expect(await violationsInBothThemes(page)).toEqual([])
    await chooseServer(page, '')
    await page.getByText('Type the address of the server.').waitFor()
    await chooseServer(page, 'http://mission.example')
    await page.getByText('Only https, except for a server on this device').waitFor()
    expect(native.settings.size).toBe(0)
    // Nobody, something else, and a server that does not list the app.
    await chooseServer(page, 'http://127.0.0.1:9')
    await page.getByText('Nothing answers there.').waitFor()
    await chooseServer(page, shell.url)
    await page.getByText('This is no Mission Control server.').waitFor()
    const old = Bun.serve({
      port: 0,
      fetch: () =>
        Response.json({ api_version: '2020.1' }, { headers: { 'Access-Control-Allow-Origin': shell.url } }),
    })
    await chooseServer(page, `http://localhost:${old.port}`)
    await page.getByText('The server has version 2020.1 of the API').waitFor()
    await old.stop(true)
    expect(native.settings.size).toBe(0)
    // As it is copied from the address bar.
    await chooseServer(page, `${server.url}/login`)
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    expect([...native.settings.values()]).toEqual([server.url])
    await page.reload()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await page.getByRole('link', { name: 'Another server' }).tap()
    await page.getByRole('heading', { name: 'Your server' }).waitFor()
    await page.getByRole('button', { name: /^Stay with localhost/ }).tap()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    expect(complaints.filter((text) => !/CORS|Content Security/.test(text))).toEqual([])
    await context.close()
  })

  test('tells a server that does not admit it how it can', async () => {
    const { page, context } = await start()
    const stranger = await startEmpty()
    await chooseServer(page, stranger.url)
    await page.getByText('MC_CORS_ORIGIN').waitFor()
    await page.getByText(shell.url, { exact: true }).waitFor()
    await stranger.stop()
    await context.close()
  })

  test('signs in by a token in the key store, without cookies, and stays signed in', async () => {
    const sent: { path: string; bearer: boolean; cookie: boolean }[] = []
    const { page, context, native, complaints } = await start()
    page.on('request', async (request) => {
      if (!request.url().startsWith(server.url) || request.method() === 'OPTIONS') return
      const headers = await request.allHeaders().catch(() => ({}) as Record<string, string>)
      sent.push({
        path: new URL(request.url()).pathname,
        bearer: headers.authorization?.startsWith('Bearer ') === true,
        cookie: headers.cookie !== undefined,
      })
    })
    await chooseServer(page, server.url)
    await signInByForm(page, 'ines@example.com')
    await page.waitForURL(/\/o\/fieldnote/)
    await openChannel(page)
    await ines.in('POST', `/channels/${channel_id}/messages`, { content: 'from elsewhere' })
    await waitForText(page, 'from elsewhere')
    await composer(page).fill('from the phone')
    await page.getByRole('button', { name: 'Send' }).tap()
    const texts = async () => {
      const { body } = await ines.in<{ data: Message[] }>('GET', `/channels/${channel_id}/messages`)
      return body.data.map(({ content }) => content)
    }
    await until('the message is stored', texts, (all) => all.includes('from the phone'))
    await page.locator('.own').waitFor({ state: 'detached' })
    expect(await said(page)).toContain('from the phone')
    const kept = [...native.secrets.values()].join()
    expect(kept).toContain(server.url)
    const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]))
    expect(stored).not.toMatch(/eyJ/)
    expect(await context.cookies()).toEqual([])
    expect(sent.filter(({ cookie }) => cookie)).toEqual([])
    const api = sent.filter(({ path }) => path.startsWith('/api/'))
    expect(api.length).toBeGreaterThan(0)
    expect(api.filter(({ bearer }) => !bearer)).toEqual([])
    expect(api.some(({ path }) => path.endsWith('/events/stream'))).toBe(true)
    await page.reload()
    await waitForText(page, 'from the phone')
    expect(complaints.filter((text) => !/CORS/.test(text))).toEqual([])
    await context.close()
  })

  test('renews its token, and keeps the new one', async () => {
    const { page, context, native } = await enter()
    const before = [...native.secrets.values()].join()
    await page.evaluate(() => localStorage.setItem('mc.refreshed_at', '0'))
    await page.reload()
    await until(
      'another token is kept',
      async () => [...native.secrets.values()].join(),
      (now) => now !== '' && now !== before,
    )
    await page.reload()
    await page.getByRole('navigation', { name: 'Main' }).waitFor()
    await context.close()
  })

  test('forgets the token at sign-out and when the session is ended elsewhere', async () => {
    const first = await enter('ana.lima@example.com')
    const { token } = JSON.parse(JSON.parse([...first.native.secrets.values()].join())) as { token: string }
    await first.page.getByRole('button', { name: /^More/ }).tap()
    await first.page.getByRole('button', { name: 'Sign out' }).tap()
    await first.page.waitForURL(/\/login/)
    expect(first.native.secrets.size).toBe(0)
    const refused = await fetch(`${server.url}/auth/me`, { headers: { Authorization: `Bearer ${token}` } })
    expect(refused.status).toBe(401)
    await signInByForm(first.page, 'ana.lima@example.com')
    await first.page.waitForURL(/\/o\/fieldnote/)
    await openChannel(first.page)
    const again = JSON.parse(JSON.parse([...first.native.secrets.values()].join())) as { token: string }
    await fetch(`${server.url}/auth/logout`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${again.token}` },
    })
    await first.page.getByRole('heading', { name: /^Sign in/ }).waitFor()
    await until(
      'the token is gone',
      async () => first.native.secrets.size,
      (size) => size === 0,
    )
    await first.context.close()
  })

  test('never sends the session of one server to another', async () => {
    const { page, context, native } = await enter()
    const other = await startEmpty({ env: { MC_CORS_ORIGIN: shell.url } })
    const heard: string[] = []
    page.on('request', async (request) => {
      if (!request.url().startsWith(other.url)) return
      const { authorization } = await request.allHeaders().catch(() => ({ authorization: undefined }))
      if (authorization !== undefined) heard.push(request.url())
    })
    await page.goto(`${shell.url}/server`)
    await chooseServer(page, other.url)
    await page.getByText('This server is not set up yet.').waitFor()
    expect(native.secrets.size).toBe(0)
    expect([...native.settings.values()]).toEqual([other.url])
    expect(heard).toEqual([])
    // A token that was left by another installation.
    native.secrets.set(
      'capacitor-storage_session',
      JSON.stringify(JSON.stringify({ server: server.url, token: 'x.y.z' })),
    )
    await page.reload()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    expect(heard).toEqual([])
    await other.stop()
    await context.close()
  })

  test('opens the links of its server, and asks before another one', async () => {
    const { page, context, native } = await enter()
    await native.emit(page, 'appUrlOpen', { url: `${server.url}/o/fieldnote/tasks` })
    await page.waitForURL(/\/o\/fieldnote\/tasks$/)
    const { host } = new URL(server.url)
    await native.emit(page, 'appUrlOpen', {
      url: `mission-control://${host}/o/fieldnote/channels/${channel_id}`,
    })
    await composer(page).waitFor()
    // Not pages: nothing happens.
    for (const url of [`${server.url}/api/v1/orgs`, 'javascript:alert(1)', 'file:///etc/passwd', '//x'])
      await native.emit(page, 'appUrlOpen', { url })
    await native.emit(page, 'appUrlOpen', { url: 'https://evil.example/o/fieldnote/tasks' })
    await page.getByText('The link is of another server').waitFor()
    expect([...native.settings.values()]).toEqual([server.url])
    expect(await page.getByLabel('Address of the server').inputValue()).toBe('evil.example')
    await page.getByRole('button', { name: /^Stay with/ }).tap()
    await page.waitForURL(/\/o\/fieldnote/)
    await context.close()
  })

  test('goes back by the button of the system: overlay, history, out', async () => {
    const { page, context, native } = await enter()
    const back = () => native.emit(page, 'backButton', { canGoBack: true })
    await page.goto(`${shell.url}/o/fieldnote/channels`)
    await page.getByRole('link', { name: /^Tasks/ }).tap()
    await page.waitForURL(/\/tasks$/)
    await page.getByRole('button', { name: /^More/ }).tap()
    const sheet = page.getByRole('dialog', { name: 'More' })
    await sheet.waitFor()
    await back()
    await page.locator('.q-dialog').waitFor({ state: 'detached' })
    expect(page.url()).toMatch(/\/tasks$/)
    await back()
    await page.waitForURL(/\/channels$/)
    expect(native.left).toBe(0)
    await back()
    await until(
      'the app is left',
      async () => native.left,
      (times) => times === 1,
    )
    // Started by a link, there is no history: up to the list, then out.
    await openChannel(page)
    await back()
    await page.waitForURL(/\/channels$/)
    await back()
    await until(
      'the app is left',
      async () => native.left,
      (times) => times === 2,
    )
    await context.close()
  })

  test('shows the pictures of people, which take the session', async () => {
    const png =
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
    expect((await ines.call('PUT', '/auth/picture', { image: png })).status).toBeLessThan(300)
    await addAgent(ines, 'forge')
    const { page, context } = await enter('ana.lima@example.com')
    await ines.in('POST', `/channels/${channel_id}/messages`, { content: 'with a face' })
    await openChannel(page)
    await waitForText(page, 'with a face')
    await page.locator('.log .av img[src^="blob:"]').first().waitFor()
    await context.close()
  })
})
