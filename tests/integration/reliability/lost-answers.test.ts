import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { workerConnection } from '../../../src/db/queue/connection.ts'
import { addAgent, join, PASSWORD, Person } from '../../support/client.ts'
import { urlOf } from '../../support/cluster.ts'
import { startDatabase, type TestDatabase } from '../../support/database.ts'
import { type LossyPostgres, lossyPostgres } from '../../support/lossy-postgres.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { noneUnderWay } from '../authorization/arrange.ts'
import { EXPECTED } from '../authorization/expected.ts'
import { keyOf, REQUESTS } from '../authorization/requests.ts'
import { cellOf, send } from '../authorization/send.ts'
import { fill, headersOf, type World } from '../authorization/world.ts'

let db: TestDatabase
let postgres: LossyPostgres
let server: TestServer
let world: World
let set_up: { status: number; retry_after: string | null; body: unknown }

beforeAll(async () => {
  db = await startDatabase()
  postgres = await lossyPostgres(db.app)
  server = await startServer({
    env: {
      MC_DATABASE_URL: postgres.url,
      // The answers of the queue's statements are not those that the tests lose.
      MC_DATABASE_WORKER_URL: urlOf(workerConnection(db.app)),
      DEPLOYMENT_MODE: 'multi-tenant',
    },
  })
  const person = new Person(server.url)
  const owner = { name: 'Ines Carvalho', email: 'ines@example.com', password: PASSWORD }
  // The server is ready a moment before it prints its link.
  while (server.setup_token === '') await Bun.sleep(10)
  postgres.loseNext()
  const answer = await person.call('POST', '/auth/setup', {
    token: server.setup_token,
    org_name: 'Fieldnote',
    org_slug: 'fieldnote',
    ...owner,
  })
  set_up = { status: answer.status, retry_after: answer.headers.get('retry-after'), body: answer.body }
  await person.signIn(owner.email, owner.password)
  person.org = 'fieldnote'
  const other_session = await join(person, 'By Stander')
  await join(person, 'Una Signed')
  const assigned = await join(person, 'Asa Signed')
  const agent = await addAgent(person, 'near')
  const main = await fill(server, person, { assigned_user_ids: [agent.user.id] })
  world = {
    server,
    main,
    foreign: main,
    suspended: main,
    pending: main,
    people: { administrator: person, suspended: person, pending: person, assigned },
    keys: { agent_assigned: agent.key },
    other_session,
  }
}, 120_000)
afterAll(async () => {
  await server?.stop()
  postgres?.stop()
  await db.stop()
})

/** Writes outside of the lane: nobody can tell what became of them. The lane finds out, and answers what is stored. */
const OUTSIDE_THE_LANE = [
  'POST /auth/password',
  'POST /auth/refresh',
  'POST /auth/logout',
  'DELETE /auth/sessions',
  'DELETE /auth/sessions/{id}',
  'POST /api/v1/orgs',
  'PUT /api/v1/orgs/{org_slug}/channels/{channel_id}/read',
  'PUT /api/v1/orgs/{org_slug}/channels/{channel_id}/unread',
  'PUT /api/v1/orgs/{org_slug}/channels/{channel_id}/preferences',
  'POST /api/v1/orgs/{org_slug}/channels/{channel_id}/messages/{seq}/deliveries',
  'POST /api/v1/orgs/{org_slug}/channels/{channel_id}/messages/{seq}/deliveries/{agent_id}/retry',
  'POST /api/v1/orgs/{org_slug}/jobs/{job}/retry',
  'PUT /api/v1/orgs/{org_slug}/subscriptions',
  'PUT /api/v1/orgs/{org_slug}/notifications/{notification_id}/read',
  'POST /api/v1/orgs/{org_slug}/notifications/read-all',
  'POST /api/v1/orgs/{org_slug}/emails/{email_id}/resend',
]

/** What they give is signed and kept nowhere. */
const NOTHING_STORED = ['POST /auth/passkeys/options', 'POST /auth/passkeys/sign-in/options']

/** Each write with the first of these callers that it is open to. */
const CALLERS = ['administrator', 'agent_assigned', 'suspended', 'pending', 'sub_agent'] as const
const WRITING = EXPECTED.filter(({ operation }) => !operation.startsWith('GET ')).flatMap((row) => {
  if (NOTHING_STORED.includes(row.operation)) return []
  const caller = CALLERS.find((name) => row.cells[name].startsWith('2'))
  return caller ? [[keyOf(row), row, caller] as const] : []
})

/** In the table they have no caller who succeeds: each takes a code, a device, a provider or a mail server. */
const WITHOUT_SUCCESS = [
  'POST /auth/password-reset',
  'POST /auth/email',
  'POST /auth/second-factor/verify',
  'POST /auth/second-factor/confirm',
  'POST /auth/second-factor/recovery-codes',
  'DELETE /auth/second-factor',
  ...NOTHING_STORED,
  'POST /auth/passkeys/sign-in',
  'POST /auth/passkeys',
  'DELETE /auth/passkeys/{id}',
  'PUT /auth/password',
  'POST /auth/identities',
  'DELETE /auth/identities/{id}',
]

describe('I-32 a write whose answer is lost is answered 503 OUTCOME_UNKNOWN, or with what is stored', () => {
  test('the first set-up', () => {
    expect(set_up).toMatchObject({ status: 503, body: { error: { code: 'OUTCOME_UNKNOWN' } } })
    expect(Number(set_up.retry_after)).toBeGreaterThan(0)
  })

  test('a new password', async () => {
    const { administrator } = world.people
    if (!administrator) throw new Error('The world has no administrator.')
    const changing = await join(administrator, 'Noa Changing')
    await noneUnderWay({ world, caller: 'administrator', place: world.main, read_only: false })
    const passwords = { current_password: PASSWORD, new_password: `${PASSWORD} anew` }
    postgres.loseNext()
    const { status, body } = await changing.call('PUT', '/auth/password', passwords)
    expect([status, body]).toEqual([503, { error: expect.objectContaining({ code: 'OUTCOME_UNKNOWN' }) }])
    await changing.signIn('noa.changing@example.com', passwords.new_password)
  })

  test('of every operation that writes', () => {
    const operations = new Set(
      EXPECTED.map(({ operation }) => operation).filter((o) => !o.startsWith('GET ')),
    )
    const tried = new Set(WRITING.map(([, { operation }]) => operation))
    expect([...operations].filter((operation) => !tried.has(operation)).toSorted()).toEqual(
      ['POST /auth/setup', ...WITHOUT_SUCCESS].toSorted(),
    )
  })

  test.each(WRITING)('%s', async (key, { operation, cells }, caller) => {
    const setting = {
      world,
      caller,
      place: world.main,
      read_only: caller === 'suspended' || caller === 'pending',
    }
    const sent = await REQUESTS.get(key)!(setting)
    // A job writes through the same lanes.
    await noneUnderWay(setting)
    const before = postgres.lost
    postgres.loseNext()
    const answer = await send(server.url, operation, {
      ...sent,
      params: { org_slug: world.main.slug, ...sent.params },
      headers: sent.headers ?? headersOf(world, caller),
    })
    const cell = cellOf(answer)
    expect(postgres.lost - before).toBe(1)
    if (OUTSIDE_THE_LANE.includes(operation)) expect(cell).toBe('503 OUTCOME_UNKNOWN')
    else expect(['503 OUTCOME_UNKNOWN', cells[caller]]).toContain(cell)
    if (answer.status === 503) expect(Number(answer.retry_after)).toBeGreaterThan(0)
  })
})
