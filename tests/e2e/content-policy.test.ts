/**
 * The content security policy in a real browser: the app works on every view without one violation, and what it forbids
 * does not happen. Scripts of a test are written into the page by the network, as an injection would be: what the test
 * driver evaluates is not subject to the policy.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import type { Project, Task } from '../../src/contracts/resources.ts'
import { type Channel, generalChannel, type Person } from '../support/client.ts'
import { buildApp } from './support/app.ts'
import { hasBrowser, launch, until, visit } from './support/browser.ts'
import { type Demo, demoPerson, startDemo } from './support/demo.ts'

/** Runs before every document: violations are noted where the test can read them. */
const NOTE_VIOLATIONS = `
  globalThis.violations = []
  addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI, sample }) =>
    violations.push([effectiveDirective, blockedURI, sample].join(' ')))
`

const violations = (page: Page) => page.evaluate<string[]>('globalThis.violations')

describe.skipIf(!hasBrowser)('the content security policy', () => {
  let demo: Demo
  let browser: Browser
  let ines: Person
  let general: Channel

  beforeAll(async () => {
    await buildApp()
    demo = await startDemo()
    browser = await launch()
    ines = await demoPerson(demo, 'ines')
    general = await generalChannel(ines)
  })
  afterAll(async () => {
    await browser?.close()
    await demo?.server.stop()
  })

  async function open(
    signed_in: boolean,
  ): Promise<{ context: BrowserContext; page: Page; complaints: string[] }> {
    const visited = await visit(browser, { serviceWorkers: 'allow' })
    await visited.context.addInitScript(NOTE_VIOLATIONS)
    const { url } = demo.server
    if (signed_in)
      await visited.context.addCookies([...ines.cookies].map(([name, value]) => ({ name, value, url })))
    return visited
  }

  test('is not violated by any view, nor by the service worker', async () => {
    const org = `/o/${demo.logins.org_slug}`
    const { body: tasks } = await ines.in<{ data: Task[] }>('GET', '/tasks')
    const { body: projects } = await ines.in<{ data: Project[] }>('GET', '/projects')
    const views = {
      open: [
        '/login',
        '/setup',
        '/setup?token=x',
        '/invite/x',
        '/sign-in-link/x',
        '/unsubscribe?token=x',
        '/guide',
        '/x',
      ],
      signed_in: [
        '/orgs',
        ...['channels', `channels/${general.id}`, 'projects', `projects/${projects.data[0]?.id}`].map(
          (path) => `${org}/${path}`,
        ),
        ...['tasks', 'tasks?view=table', `tasks/${tasks.data[0]?.id}`, 'agents', 'agents/connect'].map(
          (path) => `${org}/${path}`,
        ),
        ...['events', 'search?q=upload'].map((path) => `${org}/${path}`),
        ...['general', 'members', 'notifications', 'export', 'danger'].map((tab) => `${org}/settings/${tab}`),
      ],
    }
    for (const [who, paths] of Object.entries(views)) {
      const { page, context, complaints } = await open(who === 'signed_in')
      for (const path of paths) {
        await page.goto(demo.server.url + path)
        await page.getByRole('heading').or(page.getByRole('textbox')).first().waitFor()
        // Not until the network is quiet: the event stream never is.
        await until(
          `${path} is loaded`,
          () => page.locator('.skeleton, .q-skeleton').count(),
          (count) => count === 0,
        )
        expect([path, await violations(page)]).toEqual([path, []])
      }
      if (who === 'signed_in') {
        const active = () =>
          page.evaluate(
            async () => (await navigator.serviceWorker.getRegistration())?.active?.scriptURL ?? '',
          )
        await until(
          'the service worker is active',
          active,
          (address) => address === `${demo.server.url}/sw.js`,
        )
      }
      expect(complaints).toEqual([])
      await context.close()
    }
  })

  test('is not violated by the viewer of the API document', async () => {
    const { page, context, complaints } = await open(false)
    await page.goto(`${demo.server.url}/docs`)
    await page.getByText('Sign in with e-mail and password').waitFor()
    expect(await violations(page)).toEqual([])
    expect(complaints).toEqual([])
    await context.close()
  })

  test('keeps injected markup from running: inline, by an attribute, from elsewhere, by eval', async () => {
    const { page, context } = await open(false)
    const injected = `<script>globalThis.inline = 1</script>
      <img src="/favicon.svg" alt="" onload="globalThis.attribute = 1">
      <script src="https://evil.example/x.js"></script>
      <script src="data:text/javascript,globalThis.data=1"></script>
      <base href="https://evil.example/"><object data="/favicon.svg"></object>
      <iframe src="javascript:top.framed=1" title="x"></iframe>
      <form action="https://evil.example/" id="away"><button>Away</button></form>`
    await context.route(`${demo.server.url}/login`, async (route) => {
      const answer = await route.fetch()
      await route.fulfill({
        response: answer,
        body: (await answer.text()).replace('<body>', `<body>${injected}`),
      })
    })
    await page.goto(`${demo.server.url}/login`)
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await page.evaluate("document.getElementById('away').requestSubmit()")
    const noted = await until(
      'every attempt is noted',
      () => violations(page),
      (all) => new Set(all.map((one) => one.split(' ')[0])).size >= 5,
    )
    const directives = new Set(noted.map((one) => one.split(' ')[0]))
    for (const directive of ['script-src-elem', 'script-src-attr', 'base-uri', 'object-src', 'form-action'])
      expect([directive, directives.has(directive)]).toEqual([directive, true])
    expect(
      await page.evaluate(
        `[globalThis.inline, globalThis.attribute, globalThis.data, globalThis.framed].join()`,
      ),
    ).toBe(',,,')
    expect(page.url()).toBe(`${demo.server.url}/login`)
    await context.close()
  })

  test('lets no text become markup or script: Trusted Types are on', async () => {
    const { page, context } = await open(false)
    await page.goto(`${demo.server.url}/login`)
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    const attempts = {
      innerHTML: "document.createElement('div').innerHTML = '<img src=x onerror=alert(1)>'",
      outerHTML: "document.body.appendChild(document.createElement('div')).outerHTML = '<b>x</b>'",
      insertAdjacentHTML: "document.body.insertAdjacentHTML('beforeend', '<b>x</b>')",
      'document.write': "document.write('<b>x</b>')",
      srcdoc: "document.createElement('iframe').srcdoc = '<b>x</b>'",
      DOMParser: "new DOMParser().parseFromString('<b>x</b>', 'text/html')",
      'script.src': "document.createElement('script').src = '/assets/x.js'",
      'script.text': "document.createElement('script').text = 'alert(1)'",
      worker: "new Worker('/assets/x.js')",
      'a service worker': "navigator.serviceWorker.register('/api/v1/x.js')",
      'a policy of its own': "trustedTypes.createPolicy('mine', { createHTML: (text) => text })",
      'a second default policy': "trustedTypes.createPolicy('default', { createHTML: (text) => text })",
    }
    for (const [name, script] of Object.entries(attempts)) {
      const thrown = await page.evaluate<string>(
        `(async () => { try { await (${script}); return 'nothing' } catch (error) { return error.name } })()`,
      )
      expect([name, thrown]).toEqual([name, 'TypeError'])
    }
    await context.close()
  })

  test('lets nobody frame a page, another origin or this one', async () => {
    const frames = `<!doctype html><iframe src="${demo.server.url}/login" title="framed"></iframe>`
    const elsewhere = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: () => new Response(frames, { headers: { 'Content-Type': 'text/html' } }),
    })
    try {
      const { page, context } = await visit(browser)
      await page.goto(`http://127.0.0.1:${elsewhere.port}/`)
      const frame = await until(
        'the frame is refused',
        async () => page.frames()[1]?.url() ?? '',
        (url) => url.startsWith('chrome-error:'),
      )
      expect(frame).toStartWith('chrome-error:')
      await context.close()
    } finally {
      elsewhere.stop(true)
    }
  })
})
