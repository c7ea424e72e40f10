import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import { join, type Person, setUp } from '../support/client.ts'
import { failedJob } from '../support/failed-job.ts'
import { databaseOf, type TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import { violationsInBothThemes } from './support/axe.ts'
import { hasBrowser, launch, signIn, type Visit, visit } from './support/browser.ts'
import { startEmpty } from './support/server.ts'

describe.skipIf(!hasBrowser)('background work in a browser', () => {
  let server: TestServer
  let browser: Browser
  let admin: Person
  let ines: Visit

  beforeAll(async () => {
    await buildApp()
    server = await startEmpty()
    admin = await setUp(server)
    await join(admin, 'Ana Lima')
    browser = await launch()
    ines = await visit(browser)
    await signIn(ines.page, server.url, 'ines@example.com')
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  test('a failed job shows up without a reload, and is tried again', async () => {
    const { page } = ines
    await page.goto(`${server.url}/o/fieldnote/settings/work`)
    await page.getByText('Nothing has failed').waitFor()
    expect(await violationsInBothThemes(page)).toEqual([])

    const id = await failedJob(server, admin.org)
    const job = page.getByRole('list', { name: 'Failed jobs' }).getByRole('listitem')
    await job.getByText('The job was made by another version of the server.').waitFor()
    await job.getByText('after 1 attempt').waitFor()
    expect(await violationsInBothThemes(page)).toEqual([])
    await page.setViewportSize({ width: 390, height: 844 })
    expect(await violationsInBothThemes(page)).toEqual([])
    await page.setViewportSize({ width: 1280, height: 800 })

    // Of a kind that this server does not know, so that it waits.
    const superuser = databaseOf(server)
    await superuser`insert into mc_jobs._private_tasks (identifier) values ('later_version')`
    await superuser`
      update mc_jobs._private_jobs set task_id = t.id from mc_jobs._private_tasks t
      where t.identifier = 'later_version' and _private_jobs.id = ${id}`
    await page.getByRole('button', { name: 'Retry: Later version' }).click()
    await page.getByText('It is tried again now').waitFor()
    await page.getByText('Nothing has failed').waitFor()
    const [row] = await superuser`select attempts from mc_jobs._private_jobs where id = ${id}`
    expect(row?.attempts).toBe(0)
    await superuser.end({ timeout: 1 })
  })

  test('contributors have no such page', async () => {
    const ana = await visit(browser)
    await signIn(ana.page, server.url, 'ana.lima@example.com')
    await ana.page.goto(`${server.url}/o/fieldnote/settings/work`)
    await ana.page.getByText('There is no such page of the settings').waitFor()
    expect(await ana.page.getByRole('link', { name: 'Background work' }).count()).toBe(0)
  })
})
