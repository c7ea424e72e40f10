/** The views of the app with the data of the demo, found by what no language changes. */
import type { Page } from 'playwright-core'
import type { Channel, Project, Task } from '../../../src/contracts/resources.ts'
import { until } from './browser.ts'
import { type Demo, demoPerson } from './demo.ts'

export interface View {
  path: string
  /** A selector of what shows that it is complete. */
  ready: string
  /** Opens what is not open at first, e.g. a menu; another selector then shows that it is complete. */
  open?: (page: Page) => Promise<void>
  opened?: string
  /** Wide windows only, or phones only. */
  only?: 'desk' | 'phone'
}

const click = (selector: string) => (page: Page) => page.locator(selector).first().click()

/** Of an organization, for somebody who is signed in. */
export async function viewsOf(demo: Demo): Promise<Record<string, View>> {
  const ines = await demoPerson(demo, 'ines')
  const list = async <T>(path: string) => (await ines.in<{ data: T[] }>('GET', path)).body.data
  const task = (await list<Task>('/tasks')).find(
    ({ blocked_by, blocks }) => blocked_by.length > 0 || blocks.length > 0,
  )
  const channel = (await list<Channel>('/channels')).find(({ type }) => type === 'project')
  const project = (await list<Project>('/projects')).find(({ task_counts }) => task_counts.complete > 0)
  if (!task || !channel || !project) throw new Error('the demo has no linked task, channel or project')
  const org = `/o/${demo.logins.org_slug}`
  const chat = { path: `${org}/channels/${channel.id}`, ready: '.log .msg' }
  const tasks = { path: `${org}/tasks`, ready: '.board .tcard' }
  return {
    orgs: { path: '/orgs', ready: '.signin .box a' },
    projects: { path: `${org}/projects`, ready: '.board .tcard' },
    project: { path: `${org}/projects/${project.id}`, ready: '.over h2' },
    tasks,
    task: { path: `${org}/tasks/${task.id}`, ready: '.over .dag .node' },
    'task-table': { path: `${org}/tasks?view=table`, ready: '.ttable tbody .ttitle' },
    'task-checked': {
      path: `${org}/tasks?view=table`,
      ready: '.ttable tbody .ttitle',
      open: click('.ttable tbody .tick'),
      opened: '.bulk',
    },
    chat,
    'chat-details': {
      ...chat,
      open: click('.roomhead > .ib:last-child'),
      opened: '.rail .mate',
    },
    'chat-mention': {
      ...chat,
      open: (page) => page.locator('.composer textarea').pressSequentially('see @'),
      opened: '.suggest .option',
    },
    'chat-emoji': {
      ...chat,
      only: 'desk',
      open: click('.composer .tools > .ib[aria-haspopup="dialog"]'),
      opened: '.emojis emoji-picker',
    },
    channels: { path: `${org}/channels`, ready: '.mlist .mroom', only: 'phone' },
    more: {
      path: `${org}/channels`,
      ready: '.mlist .mroom',
      only: 'phone',
      open: click('.bnav > :last-child'),
      opened: '.sheetrows button',
    },
    agents: { path: `${org}/agents`, ready: '.agents .av' },
    connect: { path: `${org}/agents/connect`, ready: '.connect .chooserow' },
    events: { path: `${org}/events`, ready: '.log-t .c-when' },
    event: {
      path: `${org}/events`,
      ready: '.log-t .c-when',
      open: click('.log-t tbody tr:has(.c-when) .ib'),
      opened: '.over .json',
    },
    settings: { path: `${org}/settings/general`, ready: '.setform .inp' },
    members: { path: `${org}/settings/members`, ready: '.tbl .av' },
    export: { path: `${org}/settings/export`, ready: '.setform' },
    notifications: { path: `${org}/settings/notifications`, ready: '.setform' },
    search: { path: `${org}/search?q=upload`, ready: 'a.hit' },
    tray: { ...tasks, only: 'desk', open: click('.top .bell'), opened: '.tray .tray-body > :not(.skeleton)' },
    dialog: { ...tasks, open: click('.head .btn-primary'), opened: '.dialog .fld' },
    palette: { ...tasks, only: 'desk', open: click('.cmdk'), opened: '.palette .option' },
    menu: { ...tasks, only: 'desk', open: click('.me'), opened: '.menu .menu-item' },
    orgmenu: { ...tasks, only: 'desk', open: click('.org'), opened: '.menu .menu-item' },
    filter: { ...tasks, open: click('.tfilters .chip button'), opened: '.menu .menu-item' },
  }
}

/** Opens a view, and waits until nothing of it is missing. */
export async function openView(page: Page, url: string, view: View): Promise<void> {
  await page.goto(url + view.path)
  await page.locator(view.ready).first().waitFor()
  if (view.open) await view.open(page)
  if (view.opened) await page.locator(view.opened).first().waitFor()
  await until(
    `${view.path} is loaded`,
    () =>
      page.evaluate<boolean>(
        '!document.querySelector(".skeleton, .q-skeleton") && document.fonts.status === "loaded"',
      ),
    (loaded) => loaded,
  )
}
