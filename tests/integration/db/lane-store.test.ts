import { afterAll, beforeAll, expect, test } from 'bun:test'
import { systemClock } from '../../../src/actors/runtime/clock.ts'
import { LANE_LIMITS, Lane } from '../../../src/actors/runtime/lane.ts'
import { ApiError } from '../../../src/contracts/errors.ts'
import { newId } from '../../../src/contracts/ids.ts'
import { Database } from '../../../src/db/client.ts'
import { PostgresLaneStore } from '../../../src/db/lane-store.ts'
import { makeOrg, startDatabase, type TestDatabase } from '../../support/database.ts'

let db: TestDatabase
let lanes: Database

beforeAll(async () => {
  db = await startDatabase()
  lanes = new Database({ connection: db.app, connections_max: 4, application_name: 'lanes' })
})
afterAll(async () => {
  await lanes.close()
  await db.stop()
})

interface Post {
  text: string
  /** Refused by the database, not by us. */
  kind?: string
  in_memory: boolean
}
interface Posted {
  text: string
  seq: number
  sequence: number
}

/** A lane of an org of its own, whose jobs post a text into its channel. */
async function laneOfPosts(batch_max = LANE_LIMITS.batch_max) {
  const { org, channel, founder_id } = await makeOrg(db.database)
  const store = new PostgresLaneStore<Post, Posted>(lanes, {
    inMemory: ({ in_memory }) => (in_memory ? { channel_id: channel.id } : undefined),
    prefetch: async () => undefined,
    async run({ text, kind = 'text' }, context) {
      const seq = await context.nextSeq(channel.id)
      const sequence = context.nextSequence()
      context.rows.messages.push({
        id: newId(),
        channel_id: channel.id,
        seq,
        sender_id: founder_id,
        sender_type: 'human',
        sender_name: 'Founder',
        kind,
        content: text,
        mentions: [],
        ignored_mentions: [],
        client_id: text,
        content_hash: text,
        reply_to: null,
        created_at: context.now,
        sequence,
        project_ids: [],
      })
      return { text, seq, sequence }
    },
  })
  const published: Posted[] = []
  let lost: unknown
  const owner = {
    committed: (batch: Posted[]) => void published.push(...batch),
    endsBatch: () => false,
    lost: (error: unknown) => {
      lost = error
    },
  }
  const head = await store.take(org.id)
  const lane = new Lane(org.id, head, store, owner, systemClock, { ...LANE_LIMITS, batch_max })
  const stored = () => db.superuser<Posted[]>`
    select m.content as text, m.seq::int as seq, e.sequence::int as sequence
    from messages m join events e on e.org_id = m.org_id and e.message_id = m.id
    where m.org_id = ${org.id} order by m.seq`
  return { lane, published, stored, first: head.sequence + 1, lost: () => lost }
}

for (const in_memory of [false, true])
  test(`A68 what the database refuses leaves no hole in the channel (${in_memory ? 'in memory' : 'in a transaction'})`, async () => {
    const { lane, published, stored } = await laneOfPosts()
    // Known from now on: what follows can be run in memory.
    await lane.submit({ text: 'first', in_memory: false })
    const outcomes = await Promise.allSettled(
      ['a', 'refused', 'b', 'refused too', 'c'].map((text) =>
        lane.submit({ text, in_memory, ...(text.startsWith('refused') ? { kind: 'no such kind' } : {}) }),
      ),
    )
    expect(outcomes.map(({ status }) => status === 'fulfilled')).toEqual([true, false, true, false, true])
    await lane.submit({ text: 'last', in_memory })
    expect((await stored()).map(({ text, seq }) => `${seq} ${text}`)).toEqual([
      '1 first',
      '2 a',
      '3 b',
      '4 c',
      '5 last',
    ])
    expect(published).toEqual([...(await stored())])
  })

test('A69 under connections that are cut at random a busy lane loses, doubles and reorders nothing', async () => {
  const { lane, published, stored, first, lost } = await laneOfPosts(16)
  await lane.submit({ text: 'first', in_memory: false })
  const acked: Posted[] = []
  const unknown = new Set<string>()
  let sent = 0
  let busy = true
  // Each of them keeps one under way: several batches are always full.
  const writer = async () => {
    while (busy) {
      const text = `text ${sent++}`
      for (let again = true; again; ) {
        again = false
        try {
          acked.push(await lane.submit({ text, in_memory: true }))
        } catch (error) {
          if (!(error instanceof ApiError)) throw error
          if (error.errorCode === 'OUTCOME_UNKNOWN') unknown.add(text)
          else again = true
        }
      }
    }
  }
  const writers = Array.from({ length: 100 }, writer)
  let cut = 0
  while (cut < 60) {
    await Bun.sleep(20 + Math.random() * 60)
    const [{ n = 0 } = {}] = await db.superuser<{ n: number }[]>`
      select count(pg_terminate_backend(pid))::int as n from pg_stat_activity
      where application_name = 'lanes' and state = 'active'`
    cut += n
  }
  await Bun.sleep(200)
  busy = false
  await Promise.all(writers)

  expect(lost()).toBeUndefined()
  const rows = await stored()
  const texts = rows.map(({ text }) => text)
  expect(new Set(texts).size).toBe(texts.length)
  expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, i) => i + 1))
  expect(rows.map(({ sequence }) => sequence)).toEqual(rows.map((_, i) => first + i))
  expect(published).toEqual([...rows])
  const at = new Map(rows.map((row) => [row.text, row]))
  for (const row of acked) expect(at.get(row.text)).toEqual(row)
  expect(texts.length).toBeGreaterThanOrEqual(acked.length)
  expect(texts.length).toBeLessThanOrEqual(acked.length + unknown.size + 1)
})
