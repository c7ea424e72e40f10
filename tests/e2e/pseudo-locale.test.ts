/**
 * The app in `en-XA`, where every text of the message files is accented, longer and in brackets, on data in Greek letters:
 * plain Latin letters outside of brackets are texts that cannot be translated, and what is cut has no room for a longer
 * language.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import type { Channel, Message, Project, Task, User } from '../../src/contracts/resources.ts'
import { en } from '../../ui/src/i18n/en/index.ts'
import { pseudoText } from '../../ui/src/i18n/pseudo.ts'
import { type Agent, addAgent, generalChannel, PASSWORD, Person } from '../support/client.ts'
import type { TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import { hasBrowser, launch, session, until, visit } from './support/browser.ts'
import { startEmpty } from './support/server.ts'

const ORG = '/o/omega'
const DESK = { width: 1280, height: 800 }
const PHONE = { width: 390, height: 844 }
const SETTINGS = ['general', 'defaults', 'members', 'provisioning', 'sign-in', 'agents', 'notifications']
const MORE_SETTINGS = ['connections', 'keys', 'retention', 'export', 'work', 'danger']

/** A text of the message files as it begins and goes on in the pseudo-locale, for locators. */
const said = (text: string) => pseudoText(text).slice(1, -1)
const button = (page: Page, text: string) => page.getByRole('button', { name: said(text) }).first()

/** The texts that are cut or not translated, one line each; and by how many pixels the page is too wide. */
async function faults(page: Page): Promise<string[]> {
  return (await page.evaluate(SCAN)) as string[]
}

/**
 * Runs in the page. Not texts: code, names of commands, keys of a keyboard, times, names of languages in their own language, the brand,
 * addresses, and what stands in brackets.
 */
const SCAN = `(${function scan() {
  const found = new Set<string>()
  const skipped =
    'code, kbd, .suggest .grow > b, pre, time, [lang]:not(html), .wordmark, .timetip, .prose, script, style'
  const allowed =
    /Mission Control|[\w.+-]+@[\w-]+\.\w+|https?:\/\/\S+|localhost(:\d+)?\S*|\/o\/\S*|[\w-]+(\.[\w-]+)+|@[\w-]+|\b(?:general|ermis|Bun)\b|GitHub|Google|OpenID Connect|\bUTC\b|\b[A-Z]\b|https:\/\//g
  const plain = (text: string) =>
    text
      .replace(/⟦[^⟦⟧]*⟧/g, '')
      .replace(/⟦[^⟧]*$/, '')
      .replace(/^[^⟦]*⟧/, '')
      .replace(allowed, '')
      .match(/[A-Za-z][A-Za-z ]*/)?.[0]
  const placeOf = (element: Element | null) =>
    element === null ? '' : `${element.tagName.toLowerCase()}.${[...element.classList].join('.')}`
  /** Something between the two cuts it first, e.g. with an ellipsis. */
  const cutsItself = (one: Element, within: Element): boolean => {
    const up = one.parentElement
    if (up === null || up === within) return false
    return getComputedStyle(up).overflowX !== 'visible' || cutsItself(up, within)
  }
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const at = node.parentElement
    if (!at || at.closest(skipped)) continue
    if (!at.checkVisibility() && at.tagName !== 'OPTION') continue
    const rest = plain(node.nodeValue ?? '')
    if (rest) found.add(`text: ${rest} in ${placeOf(at.parentElement)} > ${placeOf(at)}`)
  }
  for (const at of document.querySelectorAll('body *')) {
    if (at.closest(skipped)) continue
    for (const name of ['aria-label', 'aria-description', 'title', 'placeholder', 'alt']) {
      const rest = plain(at.getAttribute(name) ?? '')
      if (rest) found.add(`${name}: ${rest} in ${placeOf(at)}`)
    }
    if (!(at instanceof HTMLElement) || !at.checkVisibility() || at.closest('.vh, .prose, pre')) continue
    const { overflowX, textOverflow, webkitLineClamp } = getComputedStyle(at)
    const hides = overflowX === 'hidden' || overflowX === 'clip'
    // What only screen readers have is one pixel wide.
    if (!hides || textOverflow === 'ellipsis' || webkitLineClamp !== 'none' || at.clientWidth <= 1) continue
    const cut = at.scrollWidth - at.clientWidth
    if (cut <= 1 || at.textContent?.trim() === '') continue
    const edge = at.getBoundingClientRect().right
    const outside = [...at.querySelectorAll('*')]
      .filter((one) => one.checkVisibility() && one.textContent?.trim())
      .filter((one) => one.getBoundingClientRect().right > edge + 1 && !cutsItself(one, at))
      .at(-1)
    // The room around a sign, for fingers, may reach beyond the edge.
    if (!outside && at.childElementCount > 0) continue
    const words = (outside ?? at).textContent?.trim().slice(0, 60)
    found.add(`cut by ${cut} px in ${placeOf(at)}: ${placeOf(outside ?? null)} ${words}`)
  }
  const beyond = document.documentElement.scrollWidth - innerWidth
  if (beyond > 0) found.add(`${beyond} px wider than the window`)
  return [...found]
}})()`

describe.skipIf(!hasBrowser)('in the pseudo-locale', () => {
  let server: TestServer
  let browser: Browser
  let admin: Person
  let agent: Agent
  let channel: Channel
  let project: Project
  let task: Task

  beforeAll(async () => {
    await buildApp()
    server = await startEmpty({ env: { DEPLOYMENT_MODE: 'multi-tenant' } })
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  async function open(viewport: { width: number; height: number }) {
    const visited = await visit(browser, { viewport, locale: 'en-GB', reducedMotion: 'reduce' })
    await visited.context.addInitScript(() => localStorage.setItem('mc.locale', 'en-XA'))
    return visited
  }

  /** Everything loaded, and nothing fades. */
  async function still(page: Page) {
    await until(
      'the page is loaded and still',
      () =>
        page.evaluate(
          `document.querySelectorAll('.skeleton, .q-skeleton, [class*="-enter-"], [class*="-leave-"]').length`,
        ),
      (count) => count === 0,
    )
  }
  const seen: string[] = []
  async function look(page: Page, name: string) {
    await still(page)
    for (const fault of await faults(page)) seen.push(`${name}: ${fault}`)
  }
  function nothingSeen() {
    expect(seen.splice(0)).toEqual([])
  }

  test('the set-up', async () => {
    const { page, context, complaints } = await open(DESK)
    await page.goto(`${server.url}/setup`)
    await page.getByRole('alert').waitFor()
    await look(page, 'half a link')
    await page.goto(`${server.url}/setup?token=${server.setup_token}`)
    await button(page, en.gate.new_org.create).click()
    await page.locator('.err').first().waitFor()
    await look(page, 'set-up')
    await page.setViewportSize(PHONE)
    await look(page, 'set-up on a phone')
    await fill()
    await page.goto(`${server.url}/setup?token=${server.setup_token}`)
    await page.getByRole('status').first().waitFor()
    await look(page, 'set-up again')
    expect(complaints).toEqual([])
    nothingSeen()
    await context.close()
  })

  async function fill() {
    admin = new Person(server.url)
    admin.adopt(
      await admin.call('POST', '/auth/setup', {
        token: server.setup_token,
        name: 'Άννα Κωστή',
        email: 'anna@example.com',
        password: PASSWORD,
        org_name: 'Ωμέγα',
        org_slug: 'omega',
      }),
    )
    channel = await generalChannel(admin)
    await admin.in('PATCH', `/channels/${channel.id}`, { name: 'γενικά', topic: 'όλα' })
    agent = await addAgent(admin, 'ερμής')
    const invited = await admin.in<User & { invite_url: string }>('POST', '/users', {
      type: 'human',
      email: 'maria@example.com',
      display_name: 'Μαρία',
      role: 'contributor',
    })
    const token = invited.body.invite_url.split('/').at(-1)
    const maria = new Person(server.url)
    await maria.call('POST', `/auth/invites/${token}/accept`, { password: PASSWORD })
    maria.org = 'omega'
    await admin.in('POST', '/users', {
      type: 'human',
      email: 'nikos@example.com',
      display_name: 'Νίκος',
      role: 'contributor',
    })
    project = (await admin.in<Project>('POST', '/projects', { name: 'Φάρος', type: 'software' })).body
    const { body: first } = await admin.in<Task>('POST', '/tasks', { title: 'Πρώτη', priority: 'high' })
    const made = await admin.in<Task>('POST', '/tasks', {
      title: 'Δοκιμή',
      project_ids: [project.id],
      assignee_ids: [admin.user_id, agent.user.id],
      required_evidence_types: ['pr_link'],
    })
    task = made.body
    await admin.in('POST', `/tasks/${task.id}/dependencies`, { blocking_task_id: first.id })
    await admin.in('POST', `/tasks/${first.id}/transition`, { to_status: 'in-progress', comment: 'τώρα' })
    const post = (who: { in: Person['in'] }, body: Record<string, unknown>) =>
      who.in<Message>('POST', `/channels/${channel.id}/messages`, body)
    const { body: asked } = await post(maria, { content: 'δοκιμή', mentions: [agent.user.id, admin.user_id] })
    for (const state of ['queued', 'working'])
      await agent.in('POST', `/channels/${channel.id}/messages/${asked.seq}/deliveries`, { state })
    await post(agent, { content: '**έτοιμο**', reply_to: asked.id })
  }

  test('the pages before the sign-in', async () => {
    const { page, context, complaints } = await open(DESK)
    await page.goto(`${server.url}/login`)
    await page.locator('input[type=email]').fill('anna@example.com')
    await page.locator('input[type=password]').fill('wrong')
    await page.locator('button[type=submit]').click()
    await page.getByRole('alert').waitFor()
    await look(page, 'sign-in')
    for (const path of [
      `/invite/${'x'.repeat(43)}`,
      `/sign-in-link/${'x'.repeat(43)}`,
      `/confirm-email/${'x'.repeat(43)}`,
      '/forgot-password',
      '/unsubscribe',
      '/unsubscribe?token=x',
      '/nowhere',
    ]) {
      await page.goto(server.url + path)
      await page.getByRole('heading', { level: 1 }).waitFor()
      await page.locator('[role=alert], [role=status], .lead, form').first().waitFor()
      await look(page, path)
    }
    const { body } = await admin.in<User & { invite_url: string }>('POST', '/users', {
      type: 'human',
      email: 'eleni@example.com',
      display_name: 'Ελένη',
      role: 'contributor',
    })
    await page.goto(body.invite_url)
    await page.locator('input[type=password]').waitFor()
    await page.locator('button[type=submit]').click()
    await page.locator('.err').first().waitFor()
    await look(page, 'invite')
    expect(complaints).toEqual([])
    nothingSeen()
    await context.close()
  })

  /** Views of an org, each with what shows that it is complete. */
  const views = (): [string, string][] => [
    ['/orgs', 'a.prov'],
    [`${ORG}/channels/${channel.id}`, '.deliv'],
    [`${ORG}/projects`, 'h1'],
    [`${ORG}/projects/${project.id}`, '.panel h2, aside h2'],
    [`${ORG}/tasks`, 'h1'],
    [`${ORG}/tasks?view=table`, 'table'],
    [`${ORG}/tasks/${task.id}`, '.panel h2, aside h2'],
    [`${ORG}/agents`, 'h1'],
    [`${ORG}/agents/connect`, 'h1'],
    [`${ORG}/events`, '[data-sequence]'],
    [`${ORG}/search`, '.empty'],
    [`${ORG}/search?q=δοκιμή`, 'a.hit'],
    [`${ORG}/search?q=αυτό`, '.empty'],
    ...[...SETTINGS, ...MORE_SETTINGS].map((tab): [string, string] => [`${ORG}/settings/${tab}`, 'h1']),
  ]

  for (const [name, viewport] of Object.entries({ desk: DESK, phone: PHONE }))
    test(`every view, ${name}`, async () => {
      const { page, context, complaints } = await open(viewport)
      await session(page, server.url, 'anna@example.com')
      for (const [path, ready] of views()) {
        await page.goto(server.url + path)
        await page.locator(ready).first().waitFor()
        await look(page, path)
      }
      if (name === 'phone') {
        await page.goto(`${server.url}${ORG}/channels`)
        await page.locator('a.mroom').first().waitFor()
        await look(page, 'channels')
        await page.locator('.bnav button').click()
        await page.getByRole('dialog').waitFor()
        await look(page, 'more')
      }
      expect(complaints).toEqual([])
      nothingSeen()
      await context.close()
    })

  test('dialogs and menus of the shell', async () => {
    const { page, context, complaints } = await open(DESK)
    await session(page, server.url, 'anna@example.com')
    await page.goto(`${server.url}${ORG}/tasks`)
    await button(page, en.shell.places.channels).or(page.locator('a.room-i').first()).first().waitFor()
    const shut = async () => {
      await page.keyboard.press('Escape')
      await page.locator('[role=dialog], [role=menu]').first().waitFor({ state: 'detached' })
    }
    for (const [name, at] of [
      ['orgs', 'button.org'],
      ['account', 'button.me'],
    ] as const) {
      await page.locator(at).click()
      await page.getByRole('menu').waitFor()
      await look(page, name)
      await shut()
    }
    await page.locator('button.bell').click()
    await page.locator('.notice-row').first().waitFor()
    await look(page, 'notifications')
    await page.keyboard.press('Escape')
    await page.locator('.tray').waitFor({ state: 'detached' })
    await page.locator('button.cmdk').click()
    await page.getByRole('listbox').waitFor()
    await look(page, 'palette')
    await page.getByRole('combobox').fill('δοκ')
    await page.locator('.option', { hasText: 'Δοκιμή' }).waitFor()
    await look(page, 'palette with a text')
    await page.getByRole('combobox').fill('αυτό')
    await page.locator('.palette .none').waitFor()
    await look(page, 'palette without a result')
    await shut()
    // Each action of the palette opens its dialog; a submission of an empty form shows what it asks for.
    const { do: does } = en.shell.palette
    for (const title of [
      en.shell.shortcuts.task,
      en.shell.channel.title,
      does.project,
      does.invite,
      does.agent,
      en.gate.new_org.title,
      does.names,
      does.picture,
      en.account.email.title,
      en.account.password.title,
      en.account.factor.title,
      en.account.passkeys.title,
      en.account.sessions.title,
      en.shell.shortcuts.title,
    ]) {
      await page.locator('button.cmdk').click()
      await page.getByRole('combobox').fill(said(title))
      await page.locator('.option[aria-selected=true]', { hasText: said(title) }).waitFor()
      await page.keyboard.press('Enter')
      const dialog = page.locator('[role=dialog] form.dialog')
      await dialog.waitFor()
      await look(page, title)
      // Without a mail server, or without https, there is nothing to submit.
      const submit = dialog.locator('button[type=submit]').first()
      const asks = title !== en.shell.shortcuts.title && title !== does.picture
      if (asks && title !== en.account.sessions.title && (await submit.count()) > 0) {
        await submit.click()
        await look(page, `${title}, submitted`)
      }
      await shut()
    }
    expect(complaints).toEqual([])
    nothingSeen()
    await context.close()
  })

  test('the details and the completions of a conversation', async () => {
    const { page, context, complaints } = await open({ width: 1024, height: 800 })
    await session(page, server.url, 'anna@example.com')
    await page.goto(`${server.url}${ORG}/channels/${channel.id}`)
    await page.locator('.deliv').first().waitFor()
    await button(page, en.chat.head.details).click()
    await page.locator('aside.rail').waitFor()
    await look(page, 'details')
    await page.keyboard.press('Escape')
    for (const sign of ['@', '/']) {
      await page.locator('.composer textarea').fill('')
      await page.locator('.composer textarea').pressSequentially(sign)
      await page.getByRole('listbox').waitFor()
      await look(page, `completions of ${sign}`)
      await page.keyboard.press('Escape')
    }
    expect(complaints).toEqual([])
    nothingSeen()
    await context.close()
  })
})
