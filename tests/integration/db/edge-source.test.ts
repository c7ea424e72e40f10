import { afterAll, beforeAll, expect, test } from 'bun:test'
import { newId } from '../../../src/contracts/ids.ts'
import { DatabaseEdgeSource } from '../../../src/db/edge-source.ts'
import { makeOrg, startDatabase, type TestDatabase } from '../../support/database.ts'

let db: TestDatabase
let source: DatabaseEdgeSource
let org_id: string
let user_id: string
let channel_id: string

const MESSAGES = 10

beforeAll(async () => {
  db = await startDatabase()
  source = new DatabaseEdgeSource(db.database)
  const { org, channel, founder_id } = await makeOrg(db.database)
  org_id = org.id
  user_id = founder_id
  channel_id = channel.id
  const sql = db.superuser
  // Every second message mentions the user.
  await sql`
    insert into messages (org_id, id, channel_id, seq, sender_type, sender_name, kind, content, mentions, created_at)
    select ${org_id}, uuidv7(), ${channel_id}, n, 'system', 'S', 'text', 'm' || n,
      case when n % 2 = 0 then array[${user_id}::uuid] else '{}' end, now()
    from generate_series(1, ${MESSAGES}) n`
  await sql`update channels set last_seq = ${MESSAGES} where id = ${channel_id}`
  await sql`insert into channel_reads (org_id, channel_id, user_id, read_seq, mention_count)
    values (${org_id}, ${channel_id}, ${user_id}, 3, 4)
    on conflict (org_id, channel_id, user_id) do update set read_seq = 3, mention_count = 4`
  for (const n of [1, 2, 3])
    await sql`insert into notifications (org_id, id, user_id, type, event_sequence, resource, title)
      values (${org_id}, ${newId()}, ${user_id}, 'message.mention', ${n}, '{}', 'T')`
})
afterAll(() => db.stop())

test('a range excludes its start and includes its end, in order and within the limit', async () => {
  const seqs = async (after: number, until: number, limit = 100) =>
    (await source.messages(org_id, channel_id, after, until, limit)).map(({ seq }) => seq)
  expect(await seqs(3, 7)).toEqual([4, 5, 6, 7])
  expect(await seqs(3, 7, 2)).toEqual([4, 5])
  expect(await seqs(9, 99)).toEqual([10])
  expect(await seqs(10, 99)).toEqual([])
  const head = await source.head(org_id)
  const events = await source.events(org_id, 0, head, 100)
  expect(events.map(({ sequence }) => sequence)).toEqual(Array.from({ length: head }, (_, i) => i + 1))
  expect((await source.events(org_id, 1, 2, 100)).map(({ sequence }) => sequence)).toEqual([2])
})

test('a marker counts the unread mentions up to the seq that was asked for', async () => {
  const mentions = async (last_seq: number) =>
    (await source.readMarkers(org_id, user_id, [{ id: channel_id, last_seq }]))[0]
  // Unread mentions: 4, 6, 8 and 10.
  expect(await mentions(10)).toEqual({ channel_id, read_seq: 3, mention_count: 4 })
  expect(await mentions(7)).toEqual({ channel_id, read_seq: 3, mention_count: 2 })
  expect(await mentions(3)).toEqual({ channel_id, read_seq: 3, mention_count: 0 })
  expect(await source.readMarkers(org_id, newId(), [{ id: channel_id, last_seq: 5 }])).toEqual([])
})

test('notifications and subscriptions of many users come from a few statements, each to its own user', async () => {
  const strangers = Array.from({ length: 50 }, newId)
  const of = (user: string) => source.notifications(org_id, [user], 1, 3)
  const [mine, ...theirs] = await Promise.all([of(user_id), ...strangers.map(of)])
  expect(mine?.map((n) => [n.user_id, n.event_sequence])).toEqual([
    [user_id, 2],
    [user_id, 3],
  ])
  expect(theirs.flat()).toEqual([])
  const all = await source.notifications(org_id, [user_id, ...strangers], 0, 2)
  expect(all.map(({ event_sequence }) => event_sequence)).toEqual([1, 2])
  expect(await source.notifications(org_id, [], 0, 2)).toEqual([])
  const chosen = { topic_type: 'channel' as const, topic_id: channel_id }
  await db.superuser`insert into subscriptions (org_id, user_id, mode, topics)
    values (${org_id}, ${user_id}, 'topics', ${JSON.stringify([chosen])}::text::jsonb)`
  const found = await Promise.all([user_id, ...strangers].map((user) => source.subscriptions(org_id, user)))
  expect(found[0]).toEqual({ mode: 'topics', topics: [chosen] })
  expect(found.slice(1).every(({ mode }) => mode === 'all')).toBe(true)
})

test('the state of an org comes in one snapshot; another org’s rows are not part of it', async () => {
  const other = await makeOrg(db.database)
  const state = await source.load(org_id)
  expect(state?.channels).toEqual([{ id: channel_id, last_seq: MESSAGES }])
  expect(state?.head).toBe(await source.head(org_id))
  expect(state?.permissions).toMatchObject({
    status: 'active',
    members: [{ user_id, role: 'administrator', status: 'active' }],
    channels: [{ id: channel_id, type: 'org_wide', project_id: null }],
  })
  expect(await source.messages(other.org.id, channel_id, 0, 99, 10)).toEqual([])
  expect(await source.load(newId())).toBeUndefined()
})
