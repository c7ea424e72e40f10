/**
 * Stored cross-site scripting: markup in every text that one person can store and another one sees, looked at in the real
 * app. The content policy would stop a script; here none may even be tried, and no text may become an element.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import type { Project, Task } from '../../src/contracts/resources.ts'
import { buildApp } from '../e2e/support/app.ts'
import { hasBrowser, launch, signIn, until, visit } from '../e2e/support/browser.ts'
import { type Agent, addAgent, generalChannel, type Person, setUp } from '../support/client.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { spawnSubAgent } from '../support/sub-agent.ts'

const MARK = 'xss'
/** What an element would be recognized by, and what it would run. */
const ELEMENT = `<img src=x class=${MARK} onerror=${MARK}()>`
const LONG = [
  ELEMENT,
  `"'><script>${MARK}()</script>`,
  `<svg class=${MARK} onload=${MARK}()>`,
  `<iframe class=${MARK} srcdoc="<script>parent.${MARK}()</script>"></iframe>`,
  `{{ constructor.constructor('${MARK}()')() }}`,
  `[link](javascript:${MARK}()) <a class=${MARK} href="javascript:${MARK}()">x</a>`,
  `![picture](https://evil.example/${MARK}.png)`,
].join(' ')

/** Runs before every document: a script that ran, and a script that was stopped, are both noted. */
const NOTE = `
  globalThis.noted = []
  globalThis.${MARK} = () => noted.push('it ran')
  addEventListener('securitypolicyviolation', (event) => noted.push(event.effectiveDirective + ' ' + event.blockedURI + ' ' + event.sample))
`

describe.skipIf(!hasBrowser)('markup in every text', () => {
  let server: TestServer
  let browser: Browser
  let admin: Person
  let forge: Agent
  const paths: string[] = []

  async function store(answer: Promise<{ status: number; body: unknown }>): Promise<Record<string, string>> {
    const { status, body } = await answer
    expect([status < 300, body]).toEqual([true, expect.anything()])
    return body as Record<string, string>
  }

  beforeAll(async () => {
    await buildApp()
    server = await startServer()
    admin = await setUp(server)
    const general = await generalChannel(admin)
    await store(admin.in('PATCH', '', { name: `Org ${ELEMENT}` }))
    await store(admin.in('PATCH', '/users/me', { display_name: `Ines ${ELEMENT}` }))
    await store(
      admin.in('POST', '/users', {
        type: 'human',
        email: `"${MARK}"@example.com`.replaceAll('"', ''),
        display_name: `Invited ${ELEMENT}`,
        role: 'contributor',
      }),
    )
    forge = await addAgent(admin, `forge ${ELEMENT}`)
    await store(
      forge.in('PUT', '/users/me/commands', [
        { name: 'deploy', description: LONG.slice(0, 200), args_hint: ELEMENT },
      ]),
    )
    await store(
      forge.in('PUT', '/users/me/client', {
        name: ELEMENT,
        version: `<b class=${MARK}>1</b>`,
        wake: 'mention',
        state: 'degraded',
        detail: LONG.slice(0, 300),
        gateway: { version: ELEMENT, connected: true },
      }),
    )
    await store(admin.in('PATCH', `/channels/${general.id}`, { topic: LONG.slice(0, 250) }))
    await store(admin.in('POST', '/channels', { name: `channel ${ELEMENT}` }))
    const project = (await store(
      admin.in('POST', '/projects', {
        name: `Project ${ELEMENT}`,
        type: 'software',
        description: LONG,
        links: [{ label: ELEMENT, url: `https://evil.example/'onmouseover='${MARK}()` }],
        assigned_user_ids: [forge.user.id],
      }),
    )) as unknown as Project
    const task = (await store(
      admin.in('POST', '/tasks', {
        title: `Task ${ELEMENT}`,
        description: LONG,
        project_ids: [project.id],
        assignee_ids: [forge.user.id],
      }),
    )) as unknown as Task
    const blocker = await store(admin.in('POST', '/tasks', { title: `Blocker ${ELEMENT}` }))
    await store(admin.in('PUT', `/tasks/${task.id}/dependencies/${blocker.id}`))
    await store(
      admin.in('POST', `/tasks/${task.id}/evidence`, {
        type: 'doc_url',
        url: `https://evil.example/?'onmouseover='${MARK}()`,
      }),
    )
    await store(admin.in('POST', `/projects/${project.id}/transition`, { to_stage: 'poc', comment: LONG }))
    const { sub_agent, agent } = await spawnSubAgent(admin, {
      task_id: task.id,
      model: ELEMENT,
      instructions: LONG,
    })
    await store(agent.in('POST', '/sub-agents/me/complete', { summary: LONG }))
    expect(sub_agent.id).not.toBe('')
    const { body: me } = await admin.in<{ username: string }>('GET', '/users/me')
    const said = await store(
      forge.in('POST', `/channels/${general.id}/messages`, { content: `@${me.username} ${LONG}` }),
    )
    await store(
      forge.in('POST', `/channels/${general.id}/messages`, {
        content: LONG,
        kind: 'command_output',
        reply_to: said.id ?? '',
      }),
    )
    const asked = await store(
      admin.in('POST', `/channels/${general.id}/messages`, { content: LONG, mentions: [forge.user.id] }),
    )
    await store(
      forge.in('POST', `/channels/${general.id}/messages/${asked.seq}/deliveries`, {
        state: 'failed',
        detail: LONG.slice(0, 500),
      }),
    )
    const org = `/o/${admin.org}`
    paths.push(
      ...['/orgs', `${org}/channels/${general.id}`, `${org}/projects`, `${org}/projects/${project.id}`],
      ...[
        `${org}/tasks`,
        `${org}/tasks?view=table`,
        `${org}/tasks/${task.id}`,
        `${org}/agents`,
        `${org}/events`,
      ],
      ...[
        `${org}/agents/connect/${forge.user.id}`,
        `${org}/search?q=${MARK}`,
        `${org}/search?q=${encodeURIComponent(ELEMENT)}`,
      ],
      ...['general', 'members', 'notifications'].map((tab) => `${org}/settings/${tab}`),
      ...[
        `/login?return_to=${encodeURIComponent(`javascript:${MARK}()`)}`,
        `/setup?token=${encodeURIComponent(ELEMENT)}`,
      ],
      ...[`/invite/${encodeURIComponent(ELEMENT)}`, `/unsubscribe?token=${encodeURIComponent(ELEMENT)}`],
      `/${encodeURIComponent(ELEMENT)}`,
    )
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  /** Elements that a text became, and addresses that run. */
  const born = (page: Page) =>
    page.evaluate<
      string[]
    >(`[...document.querySelectorAll('.${MARK}, [onerror], [onload], [srcdoc], iframe, object, embed, base, [href^="javascript:" i], [src^="https://evil" i]')]
      .map((element) => element.outerHTML.slice(0, 200))`)

  test('stays text on every view: nothing runs, nothing is stopped, no element is born', async () => {
    const { page, context, complaints } = await visit(browser)
    await context.addInitScript(NOTE)
    await signIn(page, server.url, 'ines@example.com')
    let shown = 0
    for (const path of paths) {
      await page.goto(server.url + path)
      await page.getByRole('heading').or(page.getByRole('textbox')).first().waitFor()
      await until(
        `${path} is loaded`,
        () => page.locator('.skeleton, .q-skeleton').count(),
        (count) => count === 0,
      )
      for (const name of [/^Notifications/, /^Organization/, /^Account/]) {
        const button = page.getByRole('button', { name }).first()
        if ((await button.count()) === 0 || !(await button.isVisible())) continue
        await button.click()
        expect([path, String(name), await born(page)]).toEqual([path, String(name), []])
        await page.keyboard.press('Escape')
      }
      expect([path, await page.evaluate<string[]>('globalThis.noted'), await born(page)]).toEqual([
        path,
        [],
        [],
      ])
      if ((await page.locator('body').innerText()).includes(`class=${MARK}`)) shown++
    }
    // The texts were there to be seen.
    expect(shown).toBeGreaterThan(8)
    expect(complaints).toEqual([])
    await context.close()
  })
})
