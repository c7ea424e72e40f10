import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Browser } from 'playwright-core'
import type { Export } from '../../src/contracts/resources.ts'
import { addAgent, generalChannel, join, type Person, setUp } from '../support/client.ts'
import { failAnExport, filesOf, manifestOf } from '../support/exports.ts'
import { databaseOf, type TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import { violationsInBothThemes } from './support/axe.ts'
import { hasBrowser, launch, signIn, type Visit, visit } from './support/browser.ts'
import { startEmpty } from './support/server.ts'

describe.skipIf(!hasBrowser)('exports in a browser', () => {
  let server: TestServer
  let browser: Browser
  let admin: Person
  let ines: Visit

  beforeAll(async () => {
    await buildApp()
    server = await startEmpty()
    admin = await setUp(server)
    await join(admin, 'Ana Lima')
    await addAgent(admin, 'forge')
    browser = await launch()
    ines = await visit(browser)
    await signIn(ines.page, server.url, 'ines@example.com')
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  const path = () => `${server.url}/o/fieldnote/settings/export`
  const newest = async () => (await admin.in<{ data: Export[] }>('GET', '/exports')).body.data[0]!

  test('is asked for, followed live, and downloaded as the file that was made', async () => {
    const { page } = ines
    const sql = databaseOf(server)
    const { id: channel_id } = await generalChannel(admin)
    // Enough that its progress can be seen.
    await sql`
      insert into messages (org_id, id, channel_id, seq, sender_type, sender_name, kind, content, created_at)
      select org_id, gen_random_uuid(), id, n, 'system', 'S', 'text', repeat(md5(n::text), 20), now()
      from channels, generate_series(1, 60000) n where id = ${channel_id}`
    await sql`update channels set last_seq = 60000 where id = ${channel_id}`
    await sql.end({ timeout: 1 })
    await page.goto(path())
    await page.getByText('There is no earlier export.').waitFor()
    expect(await violationsInBothThemes(page)).toEqual([])
    await page.getByRole('button', { name: 'Export everything' }).click()
    await page.getByRole('progressbar').waitFor()
    const link = page.getByRole('link', { name: /^Download the export of/ })
    // On a fast machine it is ready before a second look at its progress.
    await page
      .getByText(/Being made, [1-9]\d? %/)
      .or(link)
      .first()
      .waitFor()
    await link.waitFor()
    expect(await page.getByRole('progressbar').count()).toBe(0)
    const made = await newest()
    const [download] = await Promise.all([page.waitForEvent('download'), link.click()])
    expect(download.suggestedFilename()).toMatch(/^fieldnote-\d{8}-\d{4}\.tar\.gz$/)
    const file = readFileSync(await download.path())
    expect(createHash('sha256').update(file).digest('hex')).toBe(made.sha256!)
    await page.getByText(`SHA-256 ${made.sha256!}`).waitFor()
    expect(manifestOf(file).files.find(({ name }) => name === 'messages.jsonl')?.rows).toBe(60_000)
    expect(String(filesOf(file).get('users.jsonl'))).toContain('Ana Lima')
    expect(await violationsInBothThemes(page)).toEqual([])
  })

  test('a failure is in the history with its reason, and an expired file with no link', async () => {
    const { page } = ines
    await page.goto(path())
    await page.getByRole('link', { name: /^Download/ }).waitFor()
    await failAnExport(server, admin)
    await page.getByText('The server stopped 3 times').waitFor()
    const sql = databaseOf(server)
    await sql`update exports set expires_at = now() - interval '1 second' where status = 'ready'`
    await sql.end({ timeout: 1 })
    await page.reload()
    await page.getByText(/^Expired/).waitFor()
    expect(await page.getByRole('link', { name: /^Download/ }).count()).toBe(0)
    await page.setViewportSize({ width: 390, height: 844 })
    expect(await violationsInBothThemes(page)).toEqual([])
    const wider = await page.evaluate(
      () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
    )
    expect(wider).toBe(false)
    await page.setViewportSize({ width: 1280, height: 800 })
  })

  test('the time of a file is a setting; a suspended organization is exported all the same', async () => {
    const { page } = ines
    await page.goto(path())
    const hours = page.getByLabel('A file can be downloaded for')
    await hours.fill('5')
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByRole('button', { name: 'Save', exact: true }).waitFor({ state: 'detached' })
    expect((await admin.in('POST', '/suspend')).status).toBe(200)
    await page.getByText('The organization is suspended').first().waitFor()
    await page.getByRole('button', { name: 'Export everything' }).click()
    await page.getByRole('link', { name: /^Download/ }).waitFor()
    const { expires_at, created_at } = await newest()
    const kept_hours = (Date.parse(expires_at!) - Date.parse(created_at)) / 3_600_000
    expect(kept_hours).toBeGreaterThanOrEqual(5)
    expect(kept_hours).toBeLessThan(6)
    await admin.in('POST', '/resume')
  })

  test('contributors have no such page', async () => {
    const ana = await visit(browser)
    await signIn(ana.page, server.url, 'ana.lima@example.com')
    await ana.page.goto(path())
    await ana.page.getByText('There is no such page of the settings').waitFor()
    expect(await ana.page.getByRole('link', { name: 'Export', exact: true }).count()).toBe(0)
  })
})
