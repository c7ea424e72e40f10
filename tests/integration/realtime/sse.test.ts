import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import {
  type Agent,
  addAgent,
  generalChannel,
  join,
  type Message,
  type Person,
  setUp,
} from '../../support/client.ts'
import { databaseOf, startServer, type TestServer } from '../../support/server.ts'
import { SseJournal, until } from '../../support/streams.ts'

let server: TestServer
let admin: Person
let ana: Person
let bot: Agent
let general: string
let log: string

const stream = (query = '') => `${server.url}/api/v1/orgs/fieldnote/events/stream${query}`
const post = (content: string) => ana.in<Message>('POST', `/channels/${general}/messages`, { content })

async function open(query = '', headers: Record<string, string> = {}): Promise<SseJournal> {
  const sse = await SseJournal.open(stream(query), { ...bot.headers, ...headers })
  if (sse.status === 200) await until(() => sse.frames.length > 0)
  return sse
}

beforeAll(async () => {
  server = await startServer({ env: { MC_SSE_HEARTBEAT_SECONDS: '1' } })
  admin = await setUp(server)
  ana = await join(admin, 'Ana Lima')
  bot = await addAgent(admin, 'forge')
  general = (await generalChannel(admin)).id
  const first = await open()
  log = String(first.ofType('stream.opened')[0]?.payload.log)
  await first.close()
})
afterAll(() => server.stop())

test('a stream begins with how soon to come back, where it is, and its heartbeat', async () => {
  const answer = await fetch(stream(), { headers: bot.headers })
  const reader = answer.body!.getReader()
  const { value } = await reader.read()
  await reader.cancel()
  const first = new TextDecoder().decode(value).split('\n\n')[0]!
  const [retry, id, data] = first.split('\n')
  const opened = JSON.parse(data!.slice('data: '.length))
  expect(retry).toBe('retry: 1000')
  expect(opened).toEqual({
    type: 'stream.opened',
    payload: { log, head: opened.payload.head, heartbeat_seconds: 1 },
  })
  expect(id).toBe(`id: ${log}.${opened.payload.head}`)
  expect(answer.headers.get('content-type')).toStartWith('text/event-stream')
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect(answer.headers.get('x-accel-buffering')).toBe('no')
})

describe('a cursor', () => {
  test('that is good continues, from the header before the query; the first frame then moves nothing', async () => {
    await post('one')
    const from_start = await open('?last_event_id=nonsense', { 'Last-Event-ID': '0' })
    await until(() => from_start.ofType('message.created').length === 1)
    expect(from_start.frames[0]).toMatchObject({ id: undefined, data: { type: 'stream.opened' } })
    expect(from_start.sequences.slice(0, 3)).toEqual([1, 2, 3])
    const same = await open('', { 'Last-Event-ID': `${log}.0` })
    await until(() => same.ofType('message.created').length === 1)
    expect(same.sequences).toEqual(from_start.sequences)
    const head = same.sequences.at(-1)!
    const at_head = await open('?last_event_id=0', { 'Last-Event-ID': same.last_id! })
    await post('two')
    await until(() => at_head.sequences.length > 0)
    expect(at_head.sequences[0]).toBe(head + 1)
    for (const sse of [from_start, same, at_head]) await sse.close()
  })

  test('of another log, or beyond the head, is answered by a reset at the head, and then live', async () => {
    for (const [cursor, reason] of [
      ['otherlog.1', 'other_log'],
      ['otherlog.0', 'other_log'],
      [`${log}.999999`, 'beyond_head'],
    ]) {
      const sse = await open('', { 'Last-Event-ID': cursor! })
      await until(() => sse.frames.length > 1)
      const { head } = sse.ofType('stream.opened')[0]!.payload
      expect(sse.frames[0]?.id).toBeUndefined()
      expect(sse.frames[1]).toMatchObject({
        id: `${log}.${head}`,
        data: { type: 'events.reset', payload: { reason, head } },
      })
      await post('after the reset')
      await until(() => sse.sequences.length > 0)
      expect(sse.sequences[0]).toBe(head + 1)
      await sse.close()
    }
  })

  test('that is malformed is 400, whatever the query says', async () => {
    for (const cursor of ['what?', '5', '-1', log, `${log}.-1`, `${log}.1.2`, `${log}.01`, `${log}.1e3`]) {
      const answer = await fetch(stream('?last_event_id=0'), {
        headers: { ...bot.headers, 'Last-Event-ID': cursor },
      })
      expect([cursor, answer.status]).toEqual([cursor, 400])
      expect(await answer.json()).toMatchObject({ error: { code: 'INVALID_CURSOR' } })
    }
  })

  test('of what retention removed is answered by a reset; 0 means from the oldest that is kept', async () => {
    const sql = databaseOf(server)
    await sql.begin(async (tx) => {
      await tx`set local session_replication_role = replica`
      await tx`delete from events where sequence <= 3`
    })
    await sql.end()
    // The owner's memory must not answer for what is gone.
    await server.restart()
    const gone = await open('', { 'Last-Event-ID': `${log}.1` })
    await until(() => gone.frames.length > 1)
    expect(gone.events[1]).toMatchObject({ type: 'events.reset', payload: { reason: 'removed' } })
    const as_admin = (cursor: string) =>
      SseJournal.open(stream(), { Cookie: admin.cookieHeader, 'Last-Event-ID': cursor })
    const kept = await as_admin(`${log}.3`)
    const oldest = await as_admin('0')
    await until(() => kept.sequences.length > 1 && oldest.sequences.length > 1)
    expect([kept.sequences[0], oldest.sequences[0]]).toEqual([4, 4])
    for (const sse of [gone, kept, oldest]) await sse.close()
  })
})

describe('a filter', () => {
  test('that is none is 400', async () => {
    for (const query of ['types=*', 'types=task', 'types=task.*,', 'topics=x:1', 'topics=project:zzz'])
      expect([query, (await fetch(stream(`?${query}`), { headers: bot.headers })).status]).toEqual([
        query,
        400,
      ])
  })

  test('leaves the cursor moving: the heartbeat names what was skipped', async () => {
    const sse = await open('?types=task.*')
    const { head } = sse.ofType('stream.opened')[0]!.payload
    for (let i = 0; i < 3; i++) await post(`skipped ${i}`)
    await until(() => sse.last_id === `${log}.${head + 3}`, 'a heartbeat past what was skipped')
    expect(sse.sequences).toEqual([])
    expect(sse.frames.at(-1)?.comment).toBe('heartbeat')
    const resumed = await open('?types=task.*', { 'Last-Event-ID': sse.last_id! })
    await Bun.sleep(50)
    expect(resumed.ofType('events.reset')).toEqual([])
    await sse.close()
    await resumed.close()
  })

  test('by topics holds back the notifications of what it holds back, live and replayed', async () => {
    const elsewhere = await open(`?topics=project:${crypto.randomUUID()}`)
    const here = await open(`?topics=channel:${general}`)
    const cursor = here.last_id!
    await post('look @forge')
    await until(() => here.ofType('notification.created').length === 1)
    const replayed = await open(`?topics=project:${crypto.randomUUID()}`, { 'Last-Event-ID': cursor })
    await post('and now')
    await until(() => here.ofType('message.created').length === 2)
    expect(elsewhere.ofType('notification.created')).toEqual([])
    expect(replayed.ofType('notification.created')).toEqual([])
    for (const sse of [elsewhere, here, replayed]) await sse.close()
  })

  test('by subscriptions takes an id in whatever case it is written', async () => {
    const topics = [{ topic_type: 'channel', topic_id: general.toUpperCase() }]
    const put = await bot.in('PUT', '/subscriptions', { mode: 'topics', topics })
    expect(put.body).toEqual({ mode: 'topics', topics: [{ topic_type: 'channel', topic_id: general }] })
    const sse = await open()
    await post('subscribed')
    await until(() => sse.ofType('message.created').length === 1)
    await bot.in('PUT', '/subscriptions', { mode: 'all', topics: [] })
    await sse.close()
  })
})

test('a key that was rotated with grace ends its streams when the grace is over', async () => {
  const agent = await addAgent(admin, 'graced')
  const sse = await SseJournal.open(stream(), agent.headers)
  await until(() => sse.frames.length > 0)
  expect((await admin.in('POST', `/users/${agent.user.id}/api-keys/rotate`, { grace_hours: 1 })).status).toBe(
    201,
  )
  await Bun.sleep(1_200)
  expect(sse.ended).toBe(false)
  // The same key again: now it ends at once, as if an hour had passed.
  await admin.in('POST', `/users/${agent.user.id}/api-keys/rotate`, { grace_hours: 0 })
  await until(() => sse.ended, 'the stream to end')
  expect(sse.events.at(-1)?.type).toBe('session.revoked')
})

test('a session that reaches its end closes its streams, and says so', async () => {
  const person = await join(admin, 'Short Stay')
  const sql = databaseOf(server)
  const [row] = await sql`
    update sessions set expires_at = now() + interval '2500 milliseconds' where user_id = ${person.user_id} returning expires_at`
  await sql.end()
  // What is remembered of a session is a second old at the most.
  await Bun.sleep(1_050)
  const sse = await SseJournal.open(stream(), { Cookie: person.cookieHeader })
  await until(() => sse.ended, 'the stream to end')
  expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(row?.expires_at))
  expect(sse.events.at(-1)).toEqual({ type: 'session.revoked', payload: { reason: 'expired' } })
  expect((await person.call('GET', '/auth/me')).body).toMatchObject({ error: { code: 'SESSION_EXPIRED' } })
})
