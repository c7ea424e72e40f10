/**
 * Every view of the app with the data of the demo, in both themes and four widths. A picture that is missing in
 * docs/screenshots is taken: delete one to renew it.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdirSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import type { Channel, Project, Task } from '../../src/contracts/resources.ts'
import { buildApp } from './support/app.ts'
import { violationsInBothThemes } from './support/axe.ts'
import { composer, hasBrowser, launch, until, visit } from './support/browser.ts'
import { type Demo, demoPerson, startDemo } from './support/demo.ts'
import { SCREENSHOTS, takeMissing } from './support/screenshots.ts'

const THEMES = ['light', 'dark'] as const
/** A view is opened and pictured in the first width, and goes over to the second. */
const WINDOWS = [
  { first: { width: 1440, height: 900 }, second: { width: 1280, height: 800 }, suffix: '' },
  { first: { width: 390, height: 844 }, second: { width: 768, height: 1024 }, suffix: '-phone' },
] as const

interface View {
  path: string
  /** What shows that the view is complete. */
  ready(page: Page): Promise<void>
}

const heading = (name: string | RegExp) => (page: Page) =>
  page.getByRole('heading', { name, level: 1 }).first().waitFor()

describe.skipIf(!hasBrowser)('every view of the demo', () => {
  let demo: Demo
  let browser: Browser
  const views: Record<string, View> = {}

  beforeAll(async () => {
    await buildApp()
    mkdirSync(SCREENSHOTS, { recursive: true })
    demo = await startDemo()
    browser = await launch()
    const ines = await demoPerson(demo, 'ines')
    const org = `/o/${demo.logins.org_slug}`
    const { body: tasks } = await ines.in<{ data: Task[] }>('GET', '/tasks?include_archived=true')
    const task = tasks.data.find(({ blocked_by }) => blocked_by.length > 0)
    const { body: channels } = await ines.in<{ data: Channel[] }>('GET', '/channels')
    const channel = channels.data.find(({ type }) => type === 'org_wide')
    if (!task || !channel) throw new Error('the demo has no task with a blocker, or no channel')
    views.chat = {
      path: `${org}/channels/${channel.id}`,
      ready: (page) => composer(page).waitFor(),
    }
    views.tasks = { path: `${org}/tasks`, ready: heading('Tasks') }
    views.task = {
      path: `${org}/tasks/${task.id}`,
      ready: (page) => page.getByRole('heading', { name: task.title }).first().waitFor(),
    }
    const { body: projects } = await ines.in<{ data: Project[] }>('GET', '/projects')
    const project = projects.data.find(({ task_counts }) => task_counts.complete > 0)
    if (!project) throw new Error('the demo has no project with a completed task')
    views['task-table'] = {
      path: `${org}/tasks?view=table`,
      ready: (page) => page.getByRole('table').waitFor(),
    }
    views.projects = { path: `${org}/projects`, ready: heading('Projects') }
    views.project = {
      path: `${org}/projects/${project.id}`,
      ready: (page) => page.getByRole('heading', { name: project.name }).first().waitFor(),
    }
    views.agents = { path: `${org}/agents`, ready: heading('Agents') }
    views.events = { path: `${org}/events`, ready: heading('Events') }
    views.search = {
      path: `${org}/search?q=upload`,
      ready: (page) => page.locator('a.hit').first().waitFor(),
    }
    views.settings = { path: `${org}/settings/general`, ready: heading('Settings') }
    views.exports = { path: `${org}/settings/export`, ready: heading('Settings') }
    views.notifications = { path: `${org}/settings/notifications`, ready: heading('Settings') }
    views.members = { path: `${org}/settings/members`, ready: heading(/Members|Settings/) }
    views.orgs = { path: '/orgs', ready: (page) => page.getByRole('link', { name: /Fieldnote/ }).waitFor() }
  })
  afterAll(async () => {
    await browser?.close()
    await demo?.server.stop()
  })

  for (const { first, second, suffix } of WINDOWS)
    test(`${first.width} and ${second.width} wide`, async () => {
      const { context, page, complaints } = await visit(browser, { viewport: first, reducedMotion: 'reduce' })
      const { cookies } = await demoPerson(demo, 'ines')
      await context.addCookies([...cookies].map(([name, value]) => ({ name, value, url: demo.server.url })))
      for (const [name, view] of Object.entries(views)) {
        await page.setViewportSize(first)
        await page.goto(demo.server.url + view.path)
        await view.ready(page)
        await until(
          `${name} is loaded`,
          () => page.locator('.skeleton, .q-skeleton').count(),
          (count) => count === 0,
        )
        expect([name, await violationsInBothThemes(page)]).toEqual([name, []])
        for (const theme of THEMES) {
          await page.emulateMedia({ colorScheme: theme })
          await takeMissing(page, `${name}${suffix}-${theme}.webp`)
        }
        expect([name, await overflow(page)]).toEqual([name, 0])
        await page.setViewportSize(second)
        await view.ready(page)
        expect([name, await overflow(page)]).toEqual([name, 0])
      }
      expect(complaints).toEqual([])
      await context.close()
    })
})

/** Pixels by which the page is wider than its window. */
async function overflow(page: Page): Promise<number> {
  return await page.evaluate('Math.max(0, document.documentElement.scrollWidth - innerWidth)')
}
