/**
 * The app in `en-XA`, where every text of the message files is accented, longer and in brackets, on data in Greek letters:
 * plain Latin letters outside of brackets are texts that cannot be translated, and what is cut has no room for a longer
 * language.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { basename, join } from 'node:path'
import { Glob } from 'bun'
import type { Browser, Page } from 'playwright-core'
import type { Channel, Message, Project, Task, User } from '../../src/contracts/resources.ts'
import { en } from '../../ui/src/i18n/en/index.ts'
import { type Agent, addAgent, generalChannel, PASSWORD, Person } from '../support/client.ts'
import { type MailServer, startMailServer } from '../support/mail-server.ts'
import type { TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import { hasBrowser, launch, session, visit } from './support/browser.ts'
import {
  EMPTY,
  LOADING,
  NOT_LOOKED_AT,
  ON_DESKS,
  ON_PHONES,
  type Opening,
  REFUSED,
  type World,
} from './support/openings.ts'
import { button, Looks, said } from './support/pseudo.ts'
import { startEmpty } from './support/server.ts'

const UI = join(import.meta.dir, '..', '..', 'ui', 'src')
const ORG = '/o/omega'
/** An org with nothing in it. */
const EMPTY_ORG = '/o/keno'
const DESK = { width: 1280, height: 800 }
const PHONE = { width: 390, height: 844 }
const SETTINGS = ['general', 'defaults', 'members', 'provisioning', 'sign-in', 'agents', 'notifications']
const MORE_SETTINGS = ['connections', 'keys', 'retention', 'export', 'work', 'danger']

/** Files of the components of the app by their names. */
const COMPONENTS = new Map(
  [...new Glob('**/*.vue').scanSync(UI)].map((file) => [basename(file, '.vue'), join(UI, file)]),
)
const OPENS = /import (?:AppDialog|MenuPanel|ChecksMenu|SlideOver)\b|import \{[^}]*\bQ(?:Menu|Dialog)\b/
const NAMED = /(?:Dialog|Menu|Panel|Sheet|Tray|Palette|Picker)$/

/** A slow machine is waited for about as long as a page is. */
const LATER_LOOKS = 200

/** What the test of the shell opens beside its lists. */
const BY_THE_SHELL = [
  'AddAgentDialog',
  'AppDialog',
  'OrgMenu',
  'AccountMenu',
  'MoreSheet',
  'NotificationTray',
  'CommandPalette',
  'PalettePanel',
  'CreateTaskDialog',
  'CreateChannelDialog',
  'CreateProjectDialog',
  'CreateOrgDialog',
  'PictureDialog',
  'ChangeEmailDialog',
  'ShortcutsDialog',
]

test('each dialog, menu and panel of the app is opened in the pseudo-locale, or there is a reason', async () => {
  const opened = new Set([
    ...BY_THE_SHELL,
    ...[...Object.values(ON_DESKS), ...Object.values(ON_PHONES)].flatMap(({ shows }) => shows),
    ...Object.keys(NOT_LOOKED_AT),
  ])
  const forgotten: string[] = []
  for (const [name, file] of COMPONENTS)
    if (!opened.has(name) && (NAMED.test(name) || OPENS.test(await Bun.file(file).text())))
      forgotten.push(name)
  expect(forgotten).toEqual([])
  expect([...opened].filter((name) => !COMPONENTS.has(name))).toEqual([])
})

describe.skipIf(!hasBrowser)('in the pseudo-locale', () => {
  let smtp: MailServer
  let server: TestServer
  let maria: Person
  let unproven: Task
  let browser: Browser
  let admin: Person
  let agent: Agent
  let channel: Channel
  let project: Project
  let task: Task

  beforeAll(async () => {
    await buildApp()
    smtp = await startMailServer()
    server = await startEmpty({
      env: {
        DEPLOYMENT_MODE: 'multi-tenant',
        MC_SMTP_URL: smtp.url,
        MC_GITHUB_CLIENT_ID: 'omega',
        MC_GITHUB_CLIENT_SECRET: 'omega',
      },
    })
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
    await smtp?.stop()
  })

  async function open(viewport: { width: number; height: number }) {
    const visited = await visit(browser, { viewport, locale: 'en-GB', reducedMotion: 'reduce' })
    await visited.context.addInitScript(() => localStorage.setItem('mc.locale', 'en-XA'))
    return visited
  }

  const looks = new Looks()
  const look = (page: Page, name: string) => looks.at(page, name)
  function nothingSeen() {
    expect(looks.wrong()).toEqual([])
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
    maria = new Person(server.url)
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
      blocked_by_ids: [first.id],
      assignee_ids: [admin.user_id, agent.user.id],
      required_evidence_types: ['pr_link'],
    })
    task = made.body
    await admin.in('POST', `/tasks/${first.id}/transition`, { to_status: 'in-progress', comment: 'τώρα' })
    const third = await admin.in<Task>('POST', '/tasks', {
      title: 'Τρίτη',
      required_evidence_types: ['pr_link'],
    })
    unproven = third.body
    for (const to_status of ['in-progress', 'in-review'])
      await admin.in('POST', `/tasks/${unproven.id}/transition`, { to_status })
    const post = (who: { in: Person['in'] }, body: Record<string, unknown>) =>
      who.in<Message>('POST', `/channels/${channel.id}/messages`, body)
    const { body: asked } = await post(maria, { content: 'δοκιμή', mentions: [agent.user.id, admin.user_id] })
    for (const state of ['queued', 'working'])
      await agent.in('POST', `/channels/${channel.id}/messages/${asked.seq}/deliveries`, { state })
    await post(agent, { content: '**έτοιμο**\n```\nα\n```', reply_to: asked.id })
    const { body: command } = await post(admin, {
      content: `/ermis @${agent.user.username}`,
      kind: 'command',
    })
    await post(agent, { content: 'α   1\nβ   2', kind: 'command_output', reply_to: command.id })
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
    await page.route('**/auth/password', (route) =>
      route.fulfill({
        json: { second_factor: { token: 'x', expires_at: new Date(Date.now() + 300_000).toISOString() } },
      }),
    )
    await page.goto(`${server.url}/login`)
    await page.locator('input[type=email]').fill('anna@example.com')
    await page.locator('input[type=password]').fill(PASSWORD)
    await page.locator('button[type=submit]').click()
    await page.locator('[autocomplete=one-time-code]').waitFor()
    await page.locator('button[type=submit]').click()
    await look(page, 'second step')
    await page.locator('form .btn-quiet').click()
    await look(page, 'second step by a recovery code')
    await page.unrouteAll()
    await page.goto(`${server.url}/guide`)
    await page.locator('main.reading code').first().waitFor()
    await look(page, 'guide')
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

  /** Opens what a list names, and looks at it. */
  async function openEach(openings: Record<string, Opening>, viewport: { width: number; height: number }) {
    const { page, context, complaints } = await open(viewport)
    await session(page, server.url, 'anna@example.com')
    // What was typed is left.
    page.on('dialog', (question) => void question.accept())
    const world: World = { admin, maria, agent, channel, project, task, unproven }
    const unseen: string[] = []
    for (const [name, { path, ready, shows, open: opens }] of Object.entries(openings)) {
      await page.goto(server.url + ORG + path(world))
      await page.locator(ready).first().waitFor()
      const before = new Set(looks.components)
      looks.components.clear()
      await opens({ page, world, look: (what) => look(page, `${name}, ${what}`) }).catch((cause) => {
        throw new Error(`${name} did not open`, { cause })
      })
      // Some come when their data has come.
      for (let n = 0; n < LATER_LOOKS && shows.some((one) => !looks.components.has(one)); n++) {
        await Bun.sleep(250)
        await look(page, `${name}, later`)
      }
      await page.unrouteAll({ behavior: 'ignoreErrors' })
      for (const component of shows)
        if (!looks.components.has(component)) unseen.push(`${name}: ${component}`)
      for (const component of before) looks.components.add(component)
    }
    expect(complaints).toEqual([])
    nothingSeen()
    expect(unseen).toEqual([])
    await context.close()
  }

  test('what a wide window opens', () => openEach(ON_DESKS, { width: 1440, height: 900 }))

  test('what a phone opens', () => openEach(ON_PHONES, PHONE))

  test('what a contributor sees of the settings', async () => {
    const { page, context, complaints } = await open(DESK)
    await session(page, server.url, 'maria@example.com')
    for (const path of [
      '/settings/general',
      '/settings/members',
      '/settings/danger',
      '/projects',
      '/agents',
    ]) {
      await page.goto(server.url + ORG + path)
      await page.getByRole('heading', { level: 1 }).waitFor()
      await look(page, path)
    }
    expect(complaints).toEqual([])
    nothingSeen()
    await context.close()
  })

  test('views without data, and of an org that is closed', async () => {
    const made = await admin.call('POST', '/api/v1/orgs', { name: 'Κενό', slug: 'keno' })
    expect(made.status).toBe(201)
    const { page, context, complaints } = await open(DESK)
    await session(page, server.url, 'anna@example.com')
    for (const [path, ready] of EMPTY) {
      await page.goto(server.url + EMPTY_ORG + path)
      await page.locator(ready).first().waitFor()
      await look(page, `empty ${path}`)
    }
    await page.locator('button.bell').click()
    await page.locator('.tray .empty').waitFor()
    await look(page, 'no notifications')
    for (const [method, path, body] of [
      ['POST', '/suspend', undefined],
      ['DELETE', '', { confirm: 'keno' }],
    ] as const) {
      const answer = await admin.call(method, `/api/v1/orgs/keno${path}`, body)
      expect(answer.status).toBeLessThan(300)
      for (const view of ['/channels', '/tasks', '/settings/general', '/settings/danger']) {
        await page.goto(server.url + EMPTY_ORG + view)
        await page.locator('.banner').first().waitFor()
        await look(page, `closed by ${method}, ${view}`)
      }
    }
    expect(complaints).toEqual([])
    nothingSeen()
    await context.close()
  })

  test('views whose data is refused', async () => {
    const { page, context } = await open(DESK)
    await session(page, server.url, 'anna@example.com')
    for (const [path, data] of REFUSED) {
      await page.unrouteAll()
      await page.route(
        ({ pathname }) => pathname.startsWith('/api/') && data.test(pathname),
        (route) => route.fulfill({ status: 403, json: { error: { code: 'FORBIDDEN', message: 'No.' } } }),
      )
      await page.goto(server.url + ORG + path)
      await page.locator('.notice').first().waitFor()
      await look(page, `refused ${path}`)
    }
    await page.unrouteAll()
    await page.route('**/auth/me', (route) => route.abort())
    await page.goto(`${server.url}${ORG}/tasks`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await look(page, 'nothing is known')
    nothingSeen()
    await context.close()
  })

  test('views that load', async () => {
    const { page, context, complaints } = await open(DESK)
    await session(page, server.url, 'anna@example.com')
    const world: World = { admin, maria, agent, channel, project, task, unproven }
    for (const [path, data, shown] of LOADING) {
      await page.route(
        ({ pathname }) => pathname.startsWith('/api/') && data.test(pathname),
        () => undefined,
      )
      await page.goto(server.url + ORG + path(world))
      await page.locator(shown).first().waitFor()
      await looks.atOnce(page, `loading ${path(world)}`)
      await page.unrouteAll({ behavior: 'ignoreErrors' })
    }
    expect(complaints).toEqual([])
    nothingSeen()
    await context.close()
  })
})
