import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import { buildApp } from './support/app.ts'
import { composer, hasBrowser, launch, visit } from './support/browser.ts'
import { type Demo, demoPerson, startDemo } from './support/demo.ts'
import { takeMissing } from './support/screenshots.ts'

describe.skipIf(!hasBrowser)('the demo', () => {
  let demo: Demo
  let browser: Browser

  beforeAll(async () => {
    await buildApp()
    demo = await startDemo()
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    await demo?.server.stop()
  })

  test('lets in who types what the terminal prints, and plays its story to them: a release that asks, and is completed', async () => {
    const { page, context, complaints } = await visit(browser, { viewport: { width: 1440, height: 900 } })
    const { server, logins } = demo
    const printed = /is on (\S+)[\s\S]*?Ines Carvalho: (\S+), password (\S+)/.exec(server.log())
    expect(printed?.[1]).toBe(server.url)
    await page.goto(`${printed?.[1]}/login`)
    await page.getByLabel('E-mail').fill(printed?.[2] ?? '')
    await page.getByLabel('Password', { exact: true }).fill(printed?.[3] ?? '')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL(/\/o\/fieldnote\//)

    // The card appears and moves on the board that is open, without a reload.
    await page.goto(`${server.url}/o/fieldnote/tasks`)
    const column = (name: string) => page.getByRole('region', { name: new RegExp(`^${name}`) })
    const card = (name: string) => column(name).getByText('Release 4.2.2 to all crews')
    await card('In progress').waitFor()
    await card('In review').waitFor()

    await page.goto(`${server.url}/o/fieldnote/channels/${logins.channel_id}`)
    await page.getByText('May it go out to everybody?').waitFor()
    for (const theme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: theme })
      await takeMissing(page, `demo-ask-${theme}.webp`)
    }
    await composer(page).fill('Yes, go ahead.')
    await page.keyboard.press('Enter')
    // On a slow machine Tomasz was faster.
    await page.getByText(/Thank you, (?:Ines|Tomasz)\. Going to 100 %\./).waitFor()
    await page.getByText(/^Done: /).waitFor()

    const ines = await demoPerson(demo, 'ines')
    const tasks = await ines.in<{ data: { title: string; status: string; evidence: object[] }[] }>(
      'GET',
      '/tasks?q=Release&per_page=100',
    )
    const release = tasks.body.data.find(({ title }) => title === 'Release 4.2.2 to all crews')
    expect([release?.status, release?.evidence.length]).toEqual(['complete', 2])
    const events = await ines.in<{ data: object[] }>('GET', '/events?type=task.transitioned&limit=50')
    expect(JSON.stringify(events.body.data)).toMatch(/(?:Ines|Tomasz) agreed in the channel/)
    expect(complaints).toEqual([])
    await context.close()
  })
})
