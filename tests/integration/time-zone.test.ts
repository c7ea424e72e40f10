import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Org } from '../../src/contracts/resources.ts'
import { type Person, setUp } from '../support/client.ts'
import { urlOf } from '../support/cluster.ts'
import { startDatabase, type TestDatabase } from '../support/database.ts'
import { startServer, type TestServer } from '../support/server.ts'

let db: TestDatabase
let server: TestServer
let admin: Person

beforeAll(async () => {
  db = await startDatabase()
  server = await startServer({ env: { MC_DATABASE_URL: urlOf(db.app) } })
  admin = await setUp(server)
})
afterAll(async () => {
  await server?.stop()
  await db.stop()
})

type Refused = { error: { code: string; details: { path: string }[] } }
const zone = (time_zone: unknown) => admin.in<Org & Refused>('PATCH', '', { settings: { time_zone } })
const stored = async () => (await admin.in<Org>('GET', '')).body.settings.time_zone

test('K6 the time zone of an org is UTC until an administrator names another', async () => {
  expect(await stored()).toBe('UTC')
  for (const name of ['Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5', 'Asia/Calcutta']) {
    expect(await zone(name)).toMatchObject({ status: 200, body: { settings: { time_zone: name } } })
    expect(await stored()).toBe(name)
  }
  expect((await zone(null)).body.settings.time_zone).toBe('UTC')
  const { body } = await admin.in<{ data: { payload: { org: Org } }[] }>(
    'GET',
    '/events?type=org.settings_changed',
  )
  expect(body.data.map(({ payload }) => payload.org.settings.time_zone)).toEqual([
    'UTC',
    'Asia/Calcutta',
    'Etc/GMT+5',
    'America/Argentina/Buenos_Aires',
    'Europe/Berlin',
  ])
})

test.each(['Mars/Olympus', 'Europe', '+02:00', '', 'x'.repeat(65), 5, true, { a: 1 }])(
  'K6 %p is no time zone, and nothing changes',
  async (name) => {
    await zone('Europe/Paris')
    const answer = await zone(name)
    expect([answer.status, answer.body.error.code]).toEqual([400, 'VALIDATION_FAILED'])
    expect(answer.body.error.details[0]?.path).toStartWith('/settings/time_zone')
    expect(await stored()).toBe('Europe/Paris')
  },
)

test('K7 an org that is older than a setting has its default, and keeps what it has', async () => {
  await admin.in('PATCH', '', { settings: { connection_limits: { sse: 321 } } })
  await db.superuser`update organizations set settings = settings - 'time_zone' || '{"former": 1}'`
  const { body } = await admin.in<Org>('GET', '')
  expect(body.settings).toMatchObject({ time_zone: 'UTC', connection_limits: { sse: 321 } })
  const list = await admin.call<{ data: Org[] }>('GET', '/api/v1/orgs')
  expect(list.body.data[0]?.settings).toEqual(body.settings)
  const { status, body: changed } = await admin.in<Org>('PATCH', '', {
    settings: { connection_limits: { sse: 322 } },
  })
  expect(status).toBe(200)
  expect(changed.settings).toEqual({ ...body.settings, connection_limits: { sse: 322, websocket: 200 } })
})
