import { afterAll, beforeAll, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EventEnvelope } from '../../../src/contracts/events.ts'
import type { Export, Notification } from '../../../src/contracts/resources.ts'
import { type Person, setUp } from '../../support/client.ts'
import { urlOf } from '../../support/cluster.ts'
import { startDatabase, type TestDatabase } from '../../support/database.ts'
import { filesOf } from '../../support/exports.ts'
import { runJob } from '../../support/run-job.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { until } from '../../support/streams.ts'

const DAY_MS = 24 * 3_600_000
const folder = mkdtempSync(join(tmpdir(), 'mc-backups-'))
let db: TestDatabase
let server: TestServer
let admin: Person

beforeAll(async () => {
  db = await startDatabase()
  server = await startServer({ env: { MC_DATABASE_URL: urlOf(db.app), MC_BACKUP_DIR: folder } })
  admin = await setUp(server)
})
afterAll(async () => {
  await server?.stop()
  await db.stop()
  rmSync(folder, { recursive: true, force: true })
})

const tick = () => runJob(db.superuser, 'begin_backups')
const list = async () => (await admin.in<{ data: Export[] }>('GET', '/exports')).body.data
const ended = async (count: number) => {
  await until(async () => {
    const all = await list()
    return all.length === count && all.every(({ status }) => status !== 'pending' && status !== 'processing')
  }, `${count} backups`)
  return await list()
}
const files = () =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile())
/** As if every backup had been begun a day earlier. */
const aDayLater = () => db.superuser`update exports set created_at = created_at - interval '1 day'`

test('a backup is made once for each time of the schedule, kept for its days, and can be downloaded', async () => {
  const at = new Date(Date.now() - 60_000)
  const schedule_cron = `${at.getUTCMinutes()} ${at.getUTCHours()} * * *`
  const backup = { enabled: false, schedule_cron, destination: 'local', retention_days: 3 }
  await admin.in('PATCH', '', { settings: { backup } })
  await tick()
  expect(await list()).toEqual([])

  await admin.in('PATCH', '', { settings: { backup: { enabled: true } } })
  await Promise.all([tick(), tick()])
  const [made] = await ended(1)
  await tick()
  expect((await list()).length).toBe(1)
  expect(made).toMatchObject({ status: 'ready', backup: 'local', error: null })
  expect(Math.round((Date.parse(made?.expires_at ?? '') - Date.now()) / DAY_MS)).toBe(3)

  const [file, ...others] = files()
  expect(others).toEqual([])
  const stored = readFileSync(join(file!.parentPath, file!.name))
  expect(createHash('sha256').update(stored).digest('hex')).toBe(made!.sha256!)
  expect([...filesOf(stored).keys()]).toContain('messages.jsonl')
  const url = `${server.url}/api/v1/orgs/${admin.org}/exports/${made?.id}/download`
  const downloaded = await fetch(url, { headers: { Cookie: admin.cookieHeader } })
  expect(Buffer.from(await downloaded.arrayBuffer()).equals(stored)).toBe(true)

  const events = await admin.in<{ data: EventEnvelope[] }>('GET', '/events?type=export.*')
  expect(events.body.data.map(({ type, actor }) => [type, actor.type])).toEqual([
    ['export.ready', 'system'],
    ['export.requested', 'system'],
  ])
  expect((await admin.in<{ data: Notification[] }>('GET', '/notifications')).body.data).toEqual([])

  // The next day.
  await aDayLater()
  await tick()
  expect((await ended(2)).map((one) => one.backup)).toEqual(['local', 'local'])
  expect(files().length).toBe(2)

  await db.superuser`update exports set expires_at = now() where id = ${made!.id}`
  await runJob(db.superuser, 'remove_exports')
  expect(files().length).toBe(1)
  expect((await list()).map(({ status }) => status)).toEqual(['ready', 'expired'])
})

test('a backup for a bucket that the server does not have fails, and says so', async () => {
  await admin.in('PATCH', '', { settings: { backup: { destination: 's3' } } })
  await aDayLater()
  await tick()
  for (;;) {
    const [newest] = await list()
    if (newest?.status === 'failed') break
    // Its repeats are put off.
    await db.superuser`update mc_jobs._private_jobs set run_at = now() where locked_at is null`
    await Bun.sleep(50)
  }
  const [newest] = await list()
  expect(newest).toMatchObject({ backup: 's3', error: expect.stringContaining('no bucket') })
})

test('an export under way, a suspended organization and a schedule that is off begin no backup', async () => {
  await admin.in('PATCH', '', { settings: { backup: { destination: 'local' } } })
  await aDayLater()
  const before = (await list()).length
  await db.superuser`update organizations set status = 'suspended'`
  await tick()
  await db.superuser`update organizations set status = 'active'`
  expect((await list()).length).toBe(before)
  const [row] = await db.superuser<{ id: string }[]>`
    insert into exports (org_id, id, requested_by, status) select id, uuidv7(), ${admin.user_id}, 'processing'
    from organizations returning id`
  await tick()
  expect((await list()).length).toBe(before + 1)
  await db.superuser`delete from exports where id = ${row!.id}`
  await admin.in('PATCH', '', { settings: { backup: { enabled: false } } })
  await tick()
  expect((await list()).length).toBe(before)
})
