/** What is looked at in the pseudo-locale beside the views as they begin: how it is opened, and which components it shows. */
import type { Page } from 'playwright-core'
import { totpCode, totpStep } from '../../../src/auth/totp.ts'
import type { Channel, Project, Task } from '../../../src/contracts/resources.ts'
import { en } from '../../../ui/src/i18n/en/index.ts'
import { type Agent, PASSWORD, type Person } from '../../support/client.ts'
import { report } from './agent.ts'
import { until } from './browser.ts'
import { button, said } from './pseudo.ts'

/** What the org `omega` has. */
export interface World {
  admin: Person
  maria: Person
  agent: Agent
  channel: Channel
  project: Project
  /** Waits for another one. */
  task: Task
  /** In review, without the evidence that it needs. */
  unproven: Task
}

export interface At {
  page: Page
  world: World
  look: (name: string) => Promise<void>
}

export interface Opening {
  /** Components that nothing else shows. */
  shows: readonly string[]
  /** Below the org. */
  path: (world: World) => string
  /** A selector of what shows that the view is complete. */
  ready: string
  open: (at: At) => Promise<void>
}

const OPEN = '[role=dialog]:visible, [role=alertdialog]:visible, [role=menu]:visible'
const BOARD = { path: () => '/tasks', ready: '.board .tcard' }
const TABLE = { path: () => '/tasks?view=table', ready: '.ttable tbody .ttitle' }
const MEMBERS = { path: () => '/settings/members', ready: '.tbl .av' }
const PANEL = '.over h2'
const settings = (tab: string, ready = '.setform fieldset') => ({ path: () => `/settings/${tab}`, ready })
const talk = { path: ({ channel }: World) => `/channels/${channel.id}`, ready: '.log .deliv' }

const dialog = (page: Page) => page.locator('form.dialog')
const submit = (page: Page) => dialog(page).locator('.df [type=submit]')

/** Closes what is open. Escape once: another one would reach what is behind it. */
async function shut(page: Page): Promise<void> {
  const open = page.locator(OPEN)
  if ((await open.count()) > 0) await page.keyboard.press('Escape')
  await until(
    'everything is closed',
    () => open.count(),
    (count) => count === 0,
  )
}

/** Shows the details of a channel, which a wide window may show already. */
async function details(page: Page): Promise<void> {
  const rail = page.locator('aside.rail')
  if ((await rail.count()) === 0) await button(page, en.chat.head.details).click()
  await rail.waitFor()
}

/** Looks at everything that the page offers to open by a click, each kind once. */
async function openAll({ page, look }: At, within = 'main'): Promise<void> {
  const openers = page.locator(`${within} [aria-haspopup]:not(textarea, .org, .msearch):enabled:visible`)
  await openers.first().waitFor()
  const labels = await openers.evaluateAll((elements) =>
    elements.map((element) => element.getAttribute('aria-label') ?? element.textContent ?? ''),
  )
  const seen = new Set<string>()
  for (const [at, label] of labels.entries()) {
    const kind = label.replace(/\u2068.*?\u2069|\d+/gu, '')
    if (seen.has(kind)) continue
    seen.add(kind)
    await openers.nth(at).click()
    await page.locator(OPEN).first().waitFor()
    await look(`menu ${label}`)
    await shut(page)
  }
}

/** Opens a dialog, looks at it, submits it as it is, and looks again. */
async function ask({ page, look }: At, name: string, click: () => Promise<void>): Promise<void> {
  await click()
  await dialog(page).waitFor()
  await look(name)
  if (await submit(page).isEnabled()) {
    await submit(page).click()
    await look(`${name}, submitted`)
  }
  await shut(page)
}

/** Chooses an item of the menu of a row. */
async function choose(page: Page, row: string, item: string): Promise<void> {
  await page.locator('tr', { hasText: row }).locator('[aria-haspopup=menu]').last().click()
  await page.getByRole('menuitem', { name: said(item) }).click()
  await page.getByRole('menu').waitFor({ state: 'detached' })
}

/** Opens a dialog of the account by the command palette. */
export async function byPalette(page: Page, title: string): Promise<void> {
  await page.locator('button.cmdk').click()
  await page.getByRole('combobox').fill(said(title))
  await page.locator('.option[aria-selected=true]', { hasText: said(title) }).waitFor()
  await page.keyboard.press('Enter')
  await dialog(page).waitFor()
}

/** Answers requests of the page to a path of the API, or below it, with what a real server says rarely. */
async function answers(page: Page, path: string, json: unknown, status = 200): Promise<void> {
  await page.route(
    (url) => url.pathname.endsWith(path),
    (route) => (route.request().method() === 'GET' ? route.fulfill({ status, json }) : route.fallback()),
  )
}

const pageOf = <T>(...data: T[]) => ({
  data,
  pagination: { page: 1, per_page: 50, total: data.length, total_pages: 1 },
})

function codeOf(secret: string): string {
  const bits = [...secret]
    .map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0'))
    .join('')
  const bytes = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
  return totpCode(bytes, totpStep(Date.now()))
}

/** In a wide window. */
export const ON_DESKS: Record<string, Opening> = {
  'menus of the task board': {
    ...BOARD,
    shows: ['MenuPanel', 'MenuItem', 'ChecksMenu', 'FilterChip', 'TaskCard', 'CardHead'],
    open: openAll,
  },
  'a task': {
    path: ({ task }) => `/tasks/${task.id}#edit`,
    ready: `${PANEL}, .over form.edit`,
    shows: [
      'TaskPanel',
      'SlideOver',
      'TaskText',
      'EvidenceForm',
      'MoveTaskDialog',
      'TaskGraph',
      'TaskFields',
      'TaskConditions',
      'TaskLinks',
    ],
    async open(at) {
      const { page, look } = at
      await page.locator('.over .hist li').first().waitFor()
      await look('title')
      await page.locator('.over form.edit input').press('Escape')
      await openAll(at, '.over')
      await button(page, en.tasks.text.edit_description).click()
      await page.locator('.over form.edit textarea').fill('δοκιμή')
      await look('description')
      await button(page, en.tasks.text.preview).click()
      await look('preview')
      await button(page, en.tasks.text.cancel).click()
      await button(page, en.tasks.conditions.add).click()
      await page.locator('.evform [type=url]').fill('γ')
      await page.locator('.evform [type=submit]').click()
      await page.locator('.evform .err').filter({ hasText: '⟦' }).waitFor()
      await look('evidence')
      await page.locator('.evform [type=url]').press('Escape')
      await ask(at, 'move', () => button(page, en.tasks.panel.move).click())
    },
  },
  'sub-agents of a task': {
    path: ({ task }) => `/tasks/${task.id}`,
    ready: PANEL,
    shows: [
      'SpawnDialog',
      'SubAgentKeyDialog',
      'TerminateDialog',
      'TaskSubAgents',
      'SubAgentDialogs',
      'TimeLeft',
    ],
    async open({ page, look }) {
      const spawn = page.locator('.over').getByRole('button', { name: said(en.agents.sub.spawn) })
      for (const _ of ['ended', 'active']) {
        await spawn.click()
        await dialog(page).waitFor()
        await look('spawn')
        await submit(page).click()
        await dialog(page).locator('.err').first().waitFor()
        await look('spawn, submitted')
        await dialog(page).getByLabel(said(en.agents.spawn.model)).fill('δ-1')
        await dialog(page).getByLabel(said(en.agents.spawn.instructions)).fill('κοίτα')
        await submit(page).click()
        await dialog(page).locator('.keybox').first().waitFor()
        await look('key of a sub-agent')
        await submit(page).click()
        await dialog(page).waitFor({ state: 'detached' })
        await look('active sub-agent')
        if (_ === 'active') break
        await page.locator('.subagents .btn-danger').click()
        await dialog(page).waitFor()
        await look('terminate')
        await submit(page).click()
        await page.locator('.subagents .btn-danger').waitFor({ state: 'detached' })
        await look('ended sub-agent')
      }
    },
  },
  'evidence that is asked for': {
    path: ({ unproven }) => `/tasks/${unproven.id}`,
    ready: PANEL,
    shows: ['EvidenceDialog'],
    open: (at) => ask(at, 'complete', () => at.page.locator('.over .of .btn-primary').click()),
  },
  'a task that is not there': {
    path: () => `/tasks/${crypto.randomUUID()}`,
    ready: '.over .notice',
    shows: [],
    open: ({ look }) => look('absent'),
  },
  'the task table': {
    ...TABLE,
    shows: ['TaskTable', 'TaskTableHead', 'TaskRow', 'BulkBar'],
    async open(at) {
      const { page, look } = at
      await openAll(at)
      await page.locator('.ttable thead .tick').check()
      await page.locator('.bulk').waitFor()
      await look('chosen rows')
      await openAll(at, '.bulk')
      await page.locator('.bulk [aria-haspopup=menu]').first().click()
      await page.getByRole('menuitem', { name: said(en.tasks.status.complete) }).click()
      await page.locator('.whyrow').first().waitFor()
      await look('refused rows')
    },
  },
  'a filter that nothing fits': {
    path: () => '/tasks?q=αυτό',
    ready: '.empty',
    shows: [],
    open: ({ look }) => look('nothing'),
  },
  'the project board': {
    path: () => '/projects',
    ready: '.board .pcard',
    shows: ['MoveDialog', 'ProjectCard'],
    async open(at) {
      const { page, look } = at
      await openAll(at)
      const menu = page.locator('.pcard [aria-haspopup=menu]').first()
      await menu.click()
      await page.locator('[role=menuitem]').nth(3).click()
      await page.locator('.pcard .why').waitFor()
      await look('moved back')
      await ask(at, 'move', async () => {
        await menu.click()
        await page.locator('[role=menuitem]').last().click()
      })
    },
  },
  'a project': {
    path: ({ project }) => `/projects/${project.id}`,
    ready: PANEL,
    shows: [
      'ProjectPanel',
      'PeopleList',
      'ProjectLinks',
      'ProjectLog',
      'ProjectTasks',
      'EndDialog',
      'HistoryList',
    ],
    async open(at) {
      const { page, look } = at
      await page.locator('.over .hist li').first().waitFor()
      await button(page, en.tasks.text.edit_name).click()
      await look('name')
      await page.locator('.over form.edit input').press('Escape')
      await page.locator('.over form.acts [type=url]').fill('γ')
      await page.locator('.over form.acts [type=submit]').click()
      await page.locator('#link-problem').filter({ hasText: '⟦' }).waitFor()
      await look('link')
      await ask(at, 'end', () => page.locator('.over .btn-danger').click())
    },
  },
  'a project that is not there': {
    path: () => `/projects/${crypto.randomUUID()}`,
    ready: '.over .notice',
    shows: [],
    open: ({ look }) => look('absent'),
  },
  'the event log': {
    path: () => '/events',
    ready: '[data-sequence]',
    shows: ['EventTypesDialog', 'EventDatesDialog', 'TaskFindDialog', 'EventPanel', 'JsonView'],
    async open(at) {
      const { page, look } = at
      await openAll(at)
      await page.locator('main [aria-haspopup]').nth(1).click()
      await dialog(page).locator('input').fill('αυτό')
      await dialog(page).locator('.hollow').waitFor()
      await look('no task')
      await shut(page)
      // One of each type that the log has.
      const types = await page.locator('[data-sequence] .c-type').allInnerTexts()
      for (const type of new Set(types)) {
        await page.locator('[data-sequence]').nth(types.indexOf(type)).locator('.ib').click()
        await page.locator('.over .json').waitFor()
        await look(`event ${type}`)
      }
    },
  },
  'events that are not there': {
    path: () => '/events?from=2001-01-01&to=2001-01-02',
    ready: '.empty',
    shows: [],
    open: ({ look }) => look('nothing'),
  },
  'the filters of the search': {
    path: () => '/search?q=δοκιμή',
    ready: 'a.hit',
    shows: ['SearchFilters', 'SearchHit', 'SearchSnippet'],
    open: openAll,
  },
  'another spelling for a search': {
    path: () => '/search?q=δοκμιή',
    ready: '.hits .empty, a.hit',
    shows: [],
    open: ({ look }) => look('did you mean'),
  },
  agents: {
    path: () => '/agents',
    ready: '.agents .av',
    shows: ['AgentRow', 'SubAgentsSection', 'SubAgentTask'],
    async open(at) {
      const { page, look } = at
      await openAll(at)
      for (const item of [en.agents.row.keys, en.agents.row.change_name, en.agents.row.remove]) {
        await choose(page, 'ερμής', item)
        await dialog(page).waitFor()
        await look(item)
        await shut(page)
      }
      await page.locator('.spawn').click()
      await dialog(page).locator('input').fill('Δοκιμή')
      await dialog(page).locator('.foundtasks button').first().click()
      await dialog(page).locator('textarea').waitFor()
      await look('spawn for a task')
      await shut(page)
      await page.locator('.subtable .btn-danger').click()
      await dialog(page).waitFor()
      await look('terminate')
    },
  },
  'the steps that connect an agent': {
    path: ({ agent }) => `/agents/connect/${agent.user.id}`,
    ready: '.consteps',
    shows: ['ConnectSteps', 'ConnectStep', 'CommandBox', 'TestMessage'],
    async open(at) {
      const { page, look } = at
      await openAll(at)
      for (const way of await page.locator('.connect .seg button').all()) {
        await way.click()
        const folded = page.locator('.how[aria-expanded=false]')
        while ((await folded.count()) > 0) await folded.first().click()
        await look(await way.innerText())
      }
    },
  },
  'an agent that is not there': {
    path: () => `/agents/connect/${crypto.randomUUID()}`,
    ready: '.empty',
    shows: [],
    open: ({ look }) => look('absent'),
  },
  'dialogs about members': {
    ...MEMBERS,
    shows: [
      'NamesDialog',
      'RoleDialog',
      'KeysDialog',
      'KeyDialog',
      'InviteDialog',
      'SignInLinkDialog',
      'RemoveDialog',
      'MemberRow',
    ],
    async open(at) {
      const { page, look } = at
      await openAll(at)
      const { row } = en.members
      for (const [who, item] of [
        ['Νίκος', row.change_name],
        ['Άννα', row.change_role],
        ['ερμής', row.remove],
        ['Άννα', row.remove],
        ['Μαρία', row.remove],
      ] as const) {
        await choose(page, who, item)
        await dialog(page).waitFor()
        await look(`${item} ${who}`)
        await shut(page)
      }
      for (const [who, item] of [
        ['Νίκος', row.invite_link],
        ['Μαρία', row.sign_in_link],
      ] as const) {
        await choose(page, who, item)
        await dialog(page).waitFor()
        await look(item)
        await submit(page).click()
        await dialog(page).locator('.keybox').waitFor()
        await look(`${item}, made`)
        await shut(page)
      }
      await button(page, en.members.view.invite).click()
      await dialog(page).locator('input').first().fill('Σοφία')
      await dialog(page).locator('[type=email]').fill('sofia@example.com')
      await submit(page).click()
      await dialog(page).locator('.keybox').waitFor()
      await look('invited')
      await shut(page)
      // The same address again.
      await button(page, en.members.view.invite).click()
      await dialog(page).locator('input').first().fill('Σοφία')
      await dialog(page).locator('[type=email]').fill('sofia@example.com')
      await submit(page).click()
      await dialog(page).locator('.err, .notice, .keybox').first().waitFor()
      await look('invited twice')
      await shut(page)
      await choose(page, 'ερμής', row.keys)
      await dialog(page).locator('.keyrows').waitFor()
      await look('keys')
      await button(page, en.members.keys.revoke_ask).click()
      await look('revoke')
      await button(page, en.members.keys.keep).click()
      await submit(page).click()
      await dialog(page).locator('.keybox').first().waitFor()
      await look('new key')
      await submit(page).click()
      await dialog(page).waitFor({ state: 'detached' })
      await page.locator('main [type=search]').fill('αυτό')
      await page.locator('.empty').waitFor()
      await look('nobody')
    },
  },
  'general settings': {
    ...settings('general'),
    shows: ['FieldConflict', 'SettingsForm', 'ZoneField'],
    async open({ page, look, world: { admin } }) {
      const name = page.locator('.setform input').first()
      await name.fill('')
      await page.locator('.savebar').waitFor()
      await look('no name')
      await name.fill('Ωμέγα 2')
      await admin.in('PATCH', '', { name: 'Ωμέγα 3' })
      await page.locator('.theirs').waitFor()
      await look('changed by another')
      await page.locator('.setnav a').nth(1).click()
      await dialog(page).waitFor()
      await look('unsaved')
      await submit(page).click()
      await page.locator('.setnav a').first().click()
      await page.locator('.zonefield input').click()
      await page.locator('.zonefield input').fill('αυτό')
      await page.locator('.zonelist .none').waitFor()
      await look('no time zone')
      await page.locator('.zonefield input').fill('')
    },
  },
  'ways to sign in': {
    ...settings('sign-in'),
    shows: ['SignInWays'],
    async open({ page, look }) {
      for (const box of await page.locator('.setform [type=checkbox]').all()) await box.click()
      await page.locator('.savebar').waitFor()
      await look('all others')
      await page.locator('.savebar [type=submit]').click()
      await page.locator('.setform .err, .setform .notice').first().waitFor()
      await look('refused')
      await button(page, en.settings.action.discard).click()
    },
  },
  'mails that failed': {
    ...settings('notifications'),
    shows: ['MailDelivery', 'MailDefaults', 'MailFrom', 'NotificationSettings'],
    async open({ page, look, world: { maria } }) {
      const at = new Date().toISOString()
      await answers(page, '/emails/delivery', {
        configured: true,
        from_address: 'mc@example.com',
        figures: { pending: 2, failed: 1, last_error: 'κλειστό', last_sent_at: at },
      })
      await answers(
        page,
        '/emails',
        pageOf({
          id: crypto.randomUUID(),
          kind: 'notification',
          user_id: maria.user_id,
          address: 'maria@example.com',
          notification_ids: [crypto.randomUUID()],
          status: 'failed',
          attempts: 3,
          last_error: 'κλειστό',
          created_at: at,
          updated_at: at,
          sent_at: null,
        }),
      )
      await page.reload()
      await page.locator('.mails li').waitFor()
      await look('failed')
    },
  },
  'background work that failed': {
    ...settings('work', '.setform'),
    shows: ['FailedJobs'],
    async open({ page, look }) {
      const at = new Date().toISOString()
      const jobs = ['send_email', 'make_export', 'καινούριο'].map((kind, id) => ({
        id: String(id + 1),
        kind,
        attempts: id + 1,
        error: id === 0 ? null : 'κλειστό',
        created_at: at,
        failed_at: at,
      }))
      await answers(page, '/jobs', pageOf(...jobs))
      await page.reload()
      await page.locator('.jobs li').first().waitFor()
      await look('failed')
    },
  },
  'tokens of provisioning': {
    ...settings('provisioning', '.setform .empty'),
    shows: ['ProvisioningSettings', 'ScimTokenDialog', 'RevokeScimTokenDialog'],
    async open(at) {
      const { page, look } = at
      await ask(at, 'make', () => button(page, en.settings.scim.make_ask).click())
      await button(page, en.settings.scim.make_ask).click()
      await dialog(page).locator('input').fill('κατάλογος')
      await submit(page).click()
      await dialog(page).locator('.keybox').first().waitFor()
      await look('made')
      await submit(page).click()
      await page.locator('.mails li').waitFor()
      await look('a token')
      await page.locator('.mails .btn-danger').click()
      await dialog(page).waitFor()
      await look('revoke')
    },
  },
  'the plan of backups': {
    ...settings('retention'),
    shows: ['BackupFields', 'NumberField'],
    async open({ page, look }) {
      await page.locator('.setform [type=checkbox]').first().click()
      for (const number of await page.locator('.setform [type=number], .setform [inputmode=numeric]').all())
        await number.fill('999999')
      await page.locator('.savebar [type=submit]').click()
      await page.locator('.err').first().waitFor()
      await look('refused')
      await button(page, en.settings.action.discard).click()
    },
  },
  exports: {
    ...settings('export', '.setform'),
    shows: ['ExportSettings'],
    async open({ page, look, world: { admin } }) {
      await look('none')
      await button(page, en.settings.export.ask).click()
      await page.locator('.mails li a').waitFor()
      await look('ready')
      const { body } = await admin.in<{ data: object[] }>('GET', '/exports')
      const [ready] = body.data
      const other = (change: object) => ({ ...ready, id: crypto.randomUUID(), ...change })
      await answers(
        page,
        '/exports',
        pageOf(
          other({ status: 'processing', progress: 40, size_bytes: null }),
          other({ status: 'failed', error: 'κλειστό', size_bytes: null }),
          other({ status: 'expired', size_bytes: null }),
          other({ backup: true }),
        ),
      )
      await page.reload()
      await page.locator('.making').waitFor()
      await look('in all states')
    },
  },
  'the danger zone': {
    ...settings('danger', '.danger'),
    shows: ['DangerZone'],
    async open({ page, look }) {
      for (const opener of await page.locator('.danger .btn-danger').all()) {
        await opener.click()
        await dialog(page).waitFor()
        await look(await opener.innerText())
        await shut(page)
      }
    },
  },
  'a page of the settings that is not there': {
    path: () => '/settings/αυτό',
    ready: '.empty',
    shows: [],
    open: ({ look }) => look('absent'),
  },
  'a conversation': {
    ...talk,
    shows: [
      'MessageMenu',
      'ReplyBar',
      'EditChannel',
      'EmojiButton',
      'WakeLine',
      'WorkingLine',
      'DeliveryList',
      'MuteButton',
    ],
    async open(at) {
      const { page, look, world } = at
      await report(world.agent, { name: 'γέφυρα', state: 'degraded', detail: 'κλειστό' })
      await page.reload()
      await page.locator('.deliv').first().waitFor()
      await openAll(at)
      await page.locator('article [aria-haspopup=menu]').first().click()
      await page.getByRole('menuitem', { name: said(en.chat.message.reply) }).click()
      await look('reply')
      const composer = page.locator('.composer textarea')
      await composer.fill(`δες @${world.agent.user.username} `)
      await page.locator('.wakes li').first().waitFor()
      await look('who is woken')
      await page.locator('.wakes li button').first().click()
      await look('left out')
      await composer.fill('/ermis')
      await page.keyboard.press('Escape')
      await page.keyboard.press('Enter')
      await page.locator('.composer .ask').waitFor()
      await look('unknown command')
      await composer.fill('')
      await ask(at, 'edit', () => button(page, en.chat.edit.label).click())
      await button(page, en.chat.mute.label).click()
      await look('muted')
      await page.locator('article [aria-haspopup=menu]').first().click()
      await page.getByRole('menuitem', { name: said(en.chat.message.mark_unread) }).click()
      await page.goto(page.url().replace(/\/channels.*/, '/events'))
      await page.locator('[data-sequence]').first().waitFor()
      await look('unread in the sidebar')
    },
  },
  'a conversation without a connection': {
    ...talk,
    shows: ['ConnectionBanner', 'PendingRow'],
    async open({ page, look }) {
      await page.context().setOffline(true)
      await page.locator('.banner').first().waitFor()
      await page.locator('.composer textarea').fill('αργότερα')
      await page.keyboard.press('Enter')
      await page.locator('.own').waitFor()
      await look('offline')
      await page.route('**/version', (route) => route.fulfill({ json: { version: '9.9.9', commit: null } }))
      await page.context().setOffline(false)
      await page.locator('.banner.is-back, .banner.is-update').waitFor()
      await look('back')
      await page.locator('.banner.is-update').waitFor()
      await look('another version')
    },
  },
  'agents that were stopped': {
    ...talk,
    shows: ['LoopPause', 'RailAgent'],
    async open({ page, look, world: { admin, agent, channel } }) {
      const { body: other } = await admin.in<{ api_key: string; id: string }>('POST', '/users', {
        type: 'agent',
        identifier: 'ίρις',
        display_name: 'ίρις',
        role: 'contributor',
      })
      await admin.in('PATCH', '', {
        settings: { agent_limits: { loop_brake: { messages: 4, minutes: 10 } } },
      })
      const path = `/channels/${channel.id}/messages`
      const iris = { Authorization: `Bearer ${other.api_key}` }
      for (let at = 0; at < 3; at++) {
        await agent.in('POST', path, { content: 'εσύ' })
        await agent.in('POST', path, { content: 'εσύ' }, iris)
      }
      await page.locator('.banner').first().waitFor()
      await details(page)
      await look('paused')
    },
  },
  'a channel of a project': {
    path: ({ project }) => `/channels/${project.channel_id}`,
    ready: '.log .begin',
    shows: ['ProjectStrip', 'LogBegin', 'RailTasks', 'ChannelRail'],
    async open({ page, look }) {
      await details(page)
      await look('details')
    },
  },
  'a channel that is not there': {
    path: () => `/channels/${crypto.randomUUID()}`,
    ready: '.empty',
    shows: [],
    open: ({ look }) => look('absent'),
  },
  'keys that lead to a place': {
    ...BOARD,
    shows: ['GoHint'],
    async open({ page, look }) {
      // It goes after some time, on a slow machine before it is looked at.
      do {
        await page.locator('main').press('g')
        await page.locator('.gohint').waitFor()
        await look('go to')
      } while ((await page.locator('.gohint').count()) === 0)
    },
  },
  'the exact time of a row': {
    path: () => '/events',
    ready: '[data-sequence]',
    shows: ['TimeTip'],
    async open({ page, look }) {
      await page.locator('[data-sequence] time').first().hover()
      await page.locator('.timetip').waitFor()
      await look('tip')
    },
  },
  'sessions elsewhere': {
    ...BOARD,
    shows: ['SessionsDialog'],
    async open({ page, look }) {
      await byPalette(page, en.account.sessions.title)
      await dialog(page).locator('.keyrows li').first().waitFor()
      await look('sessions')
    },
  },
  'sign-in methods': {
    ...BOARD,
    shows: ['IdentitiesDialog', 'SignInAgain', 'FirstPassword', 'ChangePasswordDialog'],
    async open({ page, look }) {
      const at = new Date().toISOString()
      await answers(page, '/auth/identities', {
        ...pageOf({ id: crypto.randomUUID(), provider: 'github', email: 'anna@example.com', created_at: at }),
      })
      await byPalette(page, en.account.identities.title)
      await dialog(page).locator('.keyrows').waitFor()
      await look('identities')
      await shut(page)
      for (const state of [
        { is_set: true, recent_until: null, allowed: true },
        { is_set: false, recent_until: null, allowed: true },
        { is_set: false, recent_until: null, allowed: false },
      ]) {
        await page.unrouteAll({ behavior: 'ignoreErrors' })
        await answers(page, '/auth/password', state)
        for (const title of [en.account.identities.title, en.account.password.title]) {
          await byPalette(page, title)
          await look(`${title}, ${JSON.stringify(state)}`)
          await shut(page)
        }
      }
    },
  },
  'a passkey': {
    ...BOARD,
    shows: ['PasskeysDialog'],
    async open({ page, look }) {
      const devtools = await page.context().newCDPSession(page)
      await devtools.send('WebAuthn.enable')
      await devtools.send('WebAuthn.addVirtualAuthenticator', {
        options: {
          protocol: 'ctap2',
          transport: 'internal',
          hasResidentKey: true,
          hasUserVerification: true,
          isUserVerified: true,
          automaticPresenceSimulation: true,
        },
      })
      await byPalette(page, en.account.passkeys.title)
      await button(page, en.account.passkeys.add).click()
      await dialog(page).locator('input').first().fill('κινητό')
      await look('passkey to add')
      await dialog(page).locator('[type=password]').fill(PASSWORD)
      await submit(page).click()
      await dialog(page).locator('.keyrows').waitFor()
      await look('a passkey')
      await dialog(page).locator('.keyrows button').click()
      await look('passkey to remove')
    },
  },
  'a second factor': {
    ...BOARD,
    shows: ['SecondFactorDialog', 'QrCode', 'RecoveryCodes', 'CopyButton'],
    async open({ page, look, world: { admin } }) {
      await byPalette(page, en.account.factor.title)
      await dialog(page).locator('[type=password]').fill('λάθος')
      await submit(page).click()
      await dialog(page).locator('.err').first().waitFor()
      await look('not the password')
      await dialog(page).locator('[type=password]').fill(PASSWORD)
      await submit(page).click()
      const code = dialog(page).locator('[autocomplete=one-time-code]')
      await code.waitFor()
      await look('key of the factor')
      const secret = await dialog(page).locator('.keybox code').innerText()
      await code.fill('000000')
      await submit(page).click()
      await dialog(page).locator('.err').first().waitFor()
      await look('not the code')
      await code.fill(codeOf(secret))
      await submit(page).click()
      const first = dialog(page).locator('.recovery code').first()
      await first.waitFor()
      const spare = await first.innerText()
      await look('recovery codes')
      await submit(page).click()
      await dialog(page).waitFor({ state: 'detached' })
      await byPalette(page, en.account.factor.title)
      const acts = dialog(page).locator('.signin-acts button')
      await acts.first().waitFor()
      await look('factor')
      await acts.first().click()
      await look('new codes')
      await shut(page)
      await byPalette(page, en.account.factor.title)
      await acts.last().click()
      await look('factor off')
      await dialog(page).locator('[type=password]').fill(PASSWORD)
      await code.fill(spare)
      await submit(page).click()
      await dialog(page).waitFor({ state: 'detached' })
      // It has ended all other sessions.
      await admin.signIn('anna@example.com', PASSWORD)
    },
  },
  'a sign-out with a draft': {
    ...talk,
    shows: ['SignOutDialog'],
    async open({ page, look }) {
      await page.locator('.composer textarea').fill('μισό')
      await until(
        'the draft is stored',
        () => page.evaluate('Object.keys(localStorage).join()'),
        (keys) => String(keys).includes('mc.draft'),
      )
      await page.locator('button.me').click()
      await page.getByRole('menuitem').last().click()
      await dialog(page).waitFor()
      await look('sign out')
      await shut(page)
      await page.locator('.composer textarea').fill('')
    },
  },
}

/** On a phone. */
export const ON_PHONES: Record<string, Opening> = {
  'tasks to move': {
    ...BOARD,
    shows: ['MoveTaskSheet'],
    open: openAll,
  },
  'projects to move': {
    path: () => '/projects',
    ready: '.board .pcard',
    shows: [],
    open: openAll,
  },
  'what a message may take in': {
    ...talk,
    shows: ['ComposerSheet'],
    async open(at) {
      const { page, look } = at
      await openAll(at, '.composer')
      await page.locator('.insertb').click()
      await dialog(page).locator('.sheetrows button').last().click()
      await page.locator('emoji-picker').waitFor()
      await look('emoji')
      await shut(page)
      await details(page)
      await look('details')
    },
  },
  'rows of the log': {
    path: () => '/events',
    ready: '[data-sequence]',
    shows: [],
    async open({ page, look }) {
      await page.locator('[data-sequence] .ib').first().click()
      await page.locator('.over .json').waitFor()
      await look('event')
    },
  },
  'rows of agents': { path: () => '/agents', ready: '.agents .av', shows: [], open: openAll },
  'rows of members': { ...MEMBERS, shows: [], open: openAll },
}

/** Views of an org in which there is nothing yet, and what says so. */
export const EMPTY: readonly (readonly [path: string, ready: string])[] = [
  ['/projects', '.empty'],
  ['/tasks', '.empty'],
  ['/tasks?view=table', '.empty'],
  ['/agents', '.empty'],
  ['/agents/connect', '.empty'],
  ['/channels', '.log .begin'],
  ['/settings/work', '.empty'],
]

/** Views whose data the server refuses, by the end of its path, and what says so. */
export const REFUSED: readonly (readonly [path: string, data: RegExp])[] = [
  ['/tasks', /\/tasks$/],
  ['/projects', /\/projects$/],
  ['/agents', /\/users$|\/sub-agents$/],
  ['/agents/connect', /\/users$/],
  ['/events', /\/events$/],
  ['/search?q=δοκιμή', /\/search$/],
  ['/settings/members', /\/users$/],
  ['/settings/provisioning', /\/scim-tokens$/],
  ['/settings/notifications', /\/emails\/delivery$/],
  ['/settings/export', /\/exports$/],
  ['/settings/work', /\/jobs$/],
]

/** Views whose data does not come, by the end of its path, and what they show meanwhile. */
export const LOADING: readonly (readonly [path: (world: World) => string, data: RegExp, shown: string])[] = [
  [() => '/tasks', /\/tasks$/, '.board .skeleton'],
  [talk.path, /\/messages$/, '.log .skeleton'],
  [talk.path, /\/channels$/, '.talk .skeleton'],
]

/** Components that are not looked at, and why. */
export const NOT_LOOKED_AT: Readonly<Record<string, string>> = {
  EmojiPicker: 'comes when it is loaded, and its texts are inside of a custom element',
  FoldButton: 'stands at code and output of many lines, which this org does not have',
  GapRow: 'has no text',
  MemberFailure: 'says why a member stays: the last administrator, or a refusal of the server',
  UnreadBar: 'is there or not at a look: it goes with the last unread message',
  ServerPage: 'is of the wrapped app, in which a person chooses a server',
  WordMark: 'has no script, so that the build gives it no name; it is the brand',
}
