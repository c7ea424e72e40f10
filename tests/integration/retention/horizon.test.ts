import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type postgres from 'postgres'
import { plain } from '../../support/plain.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { makeSmallOrg, type SmallOrg } from '../../support/small-org.ts'
import { SseJournal, until, WsJournal } from '../../support/streams.ts'

let server: TestServer
let superuser: postgres.Sql
let small: SmallOrg
let head: number

const OLD_EVENTS = 8
const OLD_MESSAGES = 4

interface Listed {
  sequence: number
  type: string
  payload: { message?: { seq: number; removed?: boolean; content?: string } }
}

/** Rows as if they had been stored long ago. */
async function age(): Promise<void> {
  await superuser.begin(async (sql) => {
    await sql`set local session_replication_role = replica`
    for (const table of ['messages', 'events'])
      await sql`update ${sql(table)} set created_at = date_trunc('month', now()) - interval '14 months' + interval '1 day'
        where ${table === 'messages' ? sql`seq <= ${OLD_MESSAGES}` : sql`message_seq <= ${OLD_MESSAGES}`}`
    await sql`update events set created_at = date_trunc('month', now()) - interval '26 months' + interval '1 day'
      where sequence <= ${OLD_EVENTS} and message_seq is null`
  })
}

beforeAll(async () => {
  server = await startServer({ env: { MC_JOB_CONCURRENCY: '0' } })
  superuser = plain(server.connection('superuser'))
  small = await makeSmallOrg(server)
  for (let n = 2; n <= 6; n++)
    await small.admin.in('POST', `/channels/${small.params.channel_id}/messages`, { content: `harbour ${n}` })
  await age()
  // The owner's ring in memory still has them.
  await server.restart()
  const [row] = await superuser<{ sequence: string }[]>`select max(sequence) as sequence from events`
  head = Number(row?.sequence)
})
afterAll(async () => {
  await superuser.end({ timeout: 1 })
  await server.stop()
})

const messages = async () =>
  (
    await small.admin.in<{ data: { seq: number }[] }>('GET', `/channels/${small.params.channel_id}/messages`)
  ).body.data.map(({ seq }) => seq)
const events = async () =>
  (await small.admin.in<{ data: Listed[] }>('GET', '/events?limit=200&order=asc&after=0')).body.data
const cookie = () => ({ Cookie: small.admin.cookieHeader })

describe('what an org no longer keeps is read by nobody', () => {
  test('history ends at the horizon', async () => {
    expect(await messages()).toEqual([6, 5])
  })

  test('the log begins at the horizon, and a message beyond its own is a tombstone', async () => {
    const listed = await events()
    expect(
      listed.filter(({ sequence, type }) => sequence <= OLD_EVENTS && type !== 'message.created'),
    ).toEqual([])
    const told = listed.filter(({ type }) => type === 'message.created').map(({ payload }) => payload.message)
    expect(told.map((message) => [message?.seq, message?.removed ?? false])).toEqual([
      [1, true],
      [2, true],
      [3, true],
      [4, true],
      [5, false],
      [6, false],
    ])
  })

  test('a stream with a cursor beyond the horizon is told so, and goes on from the head', async () => {
    const log = (await superuser<{ log: string }[]>`select log from org_heads`)[0]?.log
    const stream = await SseJournal.open(`${server.url}/api/v1/orgs/${small.admin.org}/events/stream`, {
      ...cookie(),
      'Last-Event-ID': `${log}.1`,
    })
    await until(() => stream.ofType('events.reset').length > 0, 'the reset')
    expect(stream.ofType('events.reset')[0]?.payload).toMatchObject({ head, reason: 'removed' })
    expect(stream.sequences).toEqual([])
    expect(stream.problems).toEqual([])
    await stream.close()
  })

  test('a socket that resumes beyond the horizon is told to load the channel anew', async () => {
    const log = (await superuser<{ log: string }[]>`select log from org_heads`)[0]?.log
    const channel_id = small.params.channel_id ?? ''
    const socket = await WsJournal.open(
      `${server.url}/api/v1/orgs/${small.admin.org}/channels/ws`,
      { ...cookie(), Origin: server.url },
      { log, resume: { [channel_id]: 1 } },
    )
    await until(() => socket.ofType('resync').length > 0, 'resync')
    expect(socket.ofType('resync')[0]).toMatchObject({ channel_id, last_seq: 6 })
    expect(socket.messages()).toEqual([])
    socket.close()
  })

  test('with a longer retention it is there stream, while its rows are', async () => {
    const { status } = await small.admin.in('PATCH', '', {
      settings: { retention: { message_months: 36, event_months: 36 } },
    })
    expect(status).toBe(200)
    expect(await messages()).toEqual([6, 5, 4, 3, 2, 1])
    expect((await events())[0]?.sequence).toBe(1)
  })
})
