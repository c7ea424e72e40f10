import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Notification } from '../../src/contracts/resources.ts'
import { type Person, setUp } from '../support/client.ts'
import { urlOf } from '../support/cluster.ts'
import { startDatabase, type TestDatabase } from '../support/database.ts'
import { runJob } from '../support/run-job.ts'
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

type Due = { payload: { user_id: string; key: { prefix: string }; age_days: number } }

const events = async () =>
  (await admin.in<{ data: Due[] }>('GET', '/events?type=api_key.rotation_due')).body.data
const notices = async () =>
  (await admin.in<{ data: Notification[] }>('GET', '/notifications')).body.data.filter(
    ({ type }) => type === 'api_key.rotation_due',
  )

test('T10 an old key is told of once, and again after as many days, until it is rotated', async () => {
  const { body: agent } = await admin.in<{ id: string }>('POST', '/users', {
    type: 'agent',
    identifier: 'forge',
    display_name: 'Forge',
    role: 'contributor',
  })
  await runJob(db.superuser, 'remind_of_keys')
  expect(await events()).toEqual([])

  const age = (days: number) =>
    db.superuser`update api_keys set created_at = now() - make_interval(days => ${days}) where user_id = ${agent.id}`
  // Two days over: in every zone a morning has been since.
  await age(92)
  await Promise.all([runJob(db.superuser, 'remind_of_keys'), runJob(db.superuser, 'remind_of_keys')])
  await runJob(db.superuser, 'remind_of_keys')
  expect(await events()).toMatchObject([{ payload: { user_id: agent.id, age_days: 92 } }])
  const [notice, ...more] = await notices()
  expect(more).toEqual([])
  expect(notice).toMatchObject({
    title: 'The key of Forge is 92 days old',
    resource: { type: 'user', id: agent.id },
    read_at: null,
  })

  await db.superuser`update api_keys set reminded_at = now() - interval '92 days' where user_id = ${agent.id}`
  await runJob(db.superuser, 'remind_of_keys')
  expect((await events()).length).toBe(2)
  expect((await notices()).length).toBe(2)

  await admin.in('POST', `/users/${agent.id}/api-keys/rotate`, { grace_hours: 24 })
  await db.superuser`update api_keys set reminded_at = now() - interval '92 days', created_at = now() - interval '200 days'
    where user_id = ${agent.id} and expires_at is not null`
  await runJob(db.superuser, 'remind_of_keys')
  expect((await events()).length).toBe(2)

  // The setting holds at once.
  await admin.in('PATCH', '', { settings: { authentication: { api_key_rotation_reminder_days: 10 } } })
  await db.superuser`update api_keys set created_at = now() - interval '12 days' where user_id = ${agent.id} and expires_at is null`
  await runJob(db.superuser, 'remind_of_keys')
  expect((await events())[0]).toMatchObject({ payload: { age_days: 12 } })
})

test('T10 a suspended organization gets no reminder', async () => {
  const before = (await events()).length
  await db.superuser`update api_keys set created_at = now() - interval '400 days', reminded_at = null`
  await db.superuser`update organizations set status = 'suspended'`
  await runJob(db.superuser, 'remind_of_keys')
  await db.superuser`update organizations set status = 'active'`
  expect((await events()).length).toBe(before)
})
