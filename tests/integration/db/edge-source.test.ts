import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { newId } from '../../../src/contracts/ids.ts'
import { DatabaseEdgeSource } from '../../../src/db/edge-source.ts'
import { makeOrg, startDatabase, type TestDatabase } from '../../support/database.ts'
import {
  EDGE_SOURCE_RULES,
  type EdgeSourceUnderTest,
  MESSAGES,
  mentionedBy,
  READ_SEQ,
} from '../../support/edge-source-contract.ts'

let db: TestDatabase
let source: DatabaseEdgeSource
let org_id: string
let user_id: string
let channel_id: string

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

describe('the contract of an edge source: PostgreSQL', () => {
  let given: EdgeSourceUnderTest
  beforeAll(async () => {
    given = await arranged()
  })
  for (const [title, holds] of EDGE_SOURCE_RULES) test(title, () => holds(given))
})

/** An org as the contract wants it. */
async function arranged(): Promise<EdgeSourceUnderTest> {
  const { org, channel, founder_id } = await makeOrg(db.database)
  const members: [string, string] = [newId(), newId()]
  const base = (await source.head(org.id))?.sequence ?? 0
  const sql = db.superuser
  for (const [at, id] of members.entries()) {
    await sql`insert into users (id, type, email, display_name, status)
      values (${id}, 'human', ${`${id}@example.com`}, 'Member', 'active')`
    await sql`insert into memberships (org_id, user_id, type, role, display_name, username, status, notification_preferences)
      values (${org.id}, ${id}, 'human', 'contributor', 'Member', ${`member-${at}`}, 'active', '{}')`
  }
  for (let n = 1; n <= MESSAGES; n++) {
    const mentioned = mentionedBy(n).map((at) => members[at])
    const [message] = await sql<{ id: string; created_at: Date }[]>`
      insert into messages (org_id, id, channel_id, seq, sender_id, sender_type, sender_name, kind, content, mentions, created_at)
      values (${org.id}, uuidv7(), ${channel.id}, ${n}, ${founder_id}, 'human', 'Founder', 'text', ${`${n}`}, ${mentioned}, now())
      returning id, created_at`
    await sql`insert into events (org_id, sequence, type, actor_id, actor_type, actor_name, channel_id, message_id, message_seq, created_at)
      select org_id, ${base + n}, 'message.created', sender_id, sender_type, sender_name, channel_id, id, seq, created_at
      from messages where org_id = ${org.id} and id = ${message?.id ?? ''}`
    for (const user of mentioned)
      await sql`insert into notifications (org_id, id, user_id, type, event_sequence, resource, title)
        values (${org.id}, uuidv7(), ${user}, 'message.mention', ${base + n}, '{}', 'T')`
  }
  for (const [at, id] of members.entries()) {
    const read_seq = at === 0 ? READ_SEQ : 0
    await sql`insert into channel_reads (org_id, channel_id, user_id, read_seq, mention_count)
      select ${org.id}, ${channel.id}, ${id}, ${read_seq}, count(*) from messages
      where org_id = ${org.id} and seq > ${read_seq} and ${id}::uuid = any(mentions)`
  }
  await sql`update org_heads set sequence = ${base + MESSAGES} where org_id = ${org.id}`
  return { source, org_id: org.id, channel_id: channel.id, members, stranger: newId(), base }
}

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
  const reports = [
    { seq: 2, state: 'working', age_hours: 1 },
    { seq: 3, state: 'answered', age_hours: 0 },
    { seq: 4, state: 'working', age_hours: 9 },
  ]
  for (const { seq, state, age_hours } of reports)
    await db.superuser`insert into message_deliveries (org_id, channel_id, seq, agent_id, state, updated_at)
      values (${org_id}, ${channel_id}, ${seq}, ${user_id}, ${state}, now() - make_interval(hours => ${age_hours}))`
  const state = await source.load(org_id)
  // What nobody reported on for hours is not called work any more.
  expect(state?.work).toEqual([{ channel_id, agent_id: user_id, seq: 2 }])
  expect((await source.load(other.org.id))?.work).toEqual([])
  expect(state?.channels).toEqual([{ id: channel_id, last_seq: MESSAGES }])
  expect(await source.head(org_id)).toEqual({ log: state?.log ?? '', sequence: state?.head ?? 0 })
  expect(state?.permissions).toMatchObject({
    status: 'active',
    members: [{ user_id, role: 'administrator', status: 'active' }],
    channels: [{ id: channel_id, type: 'org_wide', project_id: null }],
  })
  expect(await source.messages(other.org.id, channel_id, 0, 99, 10)).toEqual([])
  expect(await source.load(newId())).toBeUndefined()
})
