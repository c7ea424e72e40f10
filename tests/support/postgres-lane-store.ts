import { systemClock } from '../../src/actors/runtime/clock.ts'
import { ApiError } from '../../src/contracts/errors.ts'
import { newId } from '../../src/contracts/ids.ts'
import type { JobRunner } from '../../src/db/batch.ts'
import { Database, type Row, type Sql, type Tx } from '../../src/db/client.ts'
import type { ConnectionOptions } from '../../src/db/connection.ts'
import { OutcomeUnknown, unavailable } from '../../src/db/failures.ts'
import { type Contest, PostgresLaneStore } from '../../src/db/lane-store.ts'
import { makeOrg, type TestDatabase } from './database.ts'
import type { StoreUnderTest } from './lane-contract.ts'
import { endsBatch, needsSql, type TestDone, type TestJob } from './test-jobs.ts'

/** Connections whose commits lose their answers, and which are away, when a test says so. */
export class FaultyDatabase extends Database {
  doubt: { stored: boolean } | undefined
  away = false

  override async statement<T>(run: (sql: Sql) => Promise<T>): Promise<T> {
    if (this.away) throw unavailable()
    const doubt = this.#takeDoubt()
    if (doubt?.stored === false) throw new OutcomeUnknown()
    const result = await super.statement(run)
    if (doubt) throw new OutcomeUnknown()
    return result
  }

  override async scripted<T>(begin: string, run: (tx: Tx, rows: Row[]) => Promise<T>): Promise<T> {
    if (this.away) throw unavailable()
    let lost = false
    const outcome = super.scripted(begin, async (tx, rows) => {
      const result = await run(tx, rows)
      const doubt = this.#takeDoubt()
      lost = doubt !== undefined
      if (doubt?.stored === false) throw new OutcomeUnknown()
      return result
    })
    const result = await outcome
    if (lost) throw new OutcomeUnknown()
    return result
  }

  override async withOrg<T>(org_id: string, run: (tx: Tx) => Promise<T>): Promise<T> {
    if (this.away) throw unavailable()
    return await super.withOrg(org_id, run)
  }

  #takeDoubt(): { stored: boolean } | undefined {
    const { doubt } = this
    this.doubt = undefined
    return doubt
  }
}

/** A text that PostgreSQL does not store. */
const REFUSED_BY_SQL = 'no such kind'

/** Jobs that post a text into the one channel of their org. */
function runnerOf(channel_id: string, sender_id: string): JobRunner<TestJob, TestDone> {
  return {
    inMemory: (job) => (needsSql(job) ? undefined : { channel_id }),
    prefetch: async () => undefined,
    async run(job, context) {
      if (job.do === 'refuse') throw new ApiError('FORBIDDEN', job.value)
      if (job.do === 'fail') throw new Error(`fails: ${job.value}`)
      const seq = await context.nextSeq(channel_id)
      const sequence = context.nextSequence()
      context.rows.messages.push({
        id: newId(),
        channel_id,
        seq,
        sender_id,
        sender_type: 'agent',
        sender_name: 'Agent',
        kind: job.do === 'refused_by_sql' ? REFUSED_BY_SQL : 'text',
        content: job.value,
        mentions: [],
        ignored_mentions: [],
        client_id: null,
        content_hash: null,
        reply_to: null,
        created_at: context.now,
        sequence,
        project_ids: [],
      })
      return { value: job.value, sequence, ends_batch: endsBatch(job) }
    },
  }
}

export function openLanes(connection: ConnectionOptions): FaultyDatabase {
  return new FaultyDatabase({ connection, connections_max: 4, application_name: 'lanes' })
}

/** The same org at another node. `reloaded` is called with each reload of what the jobs know. */
export async function nodesOf(
  db: TestDatabase,
  lanes: FaultyDatabase,
  contests: readonly Contest[],
  reloaded: (node: number) => void,
) {
  const { org, channel, founder_id } = await makeOrg(db.database)
  const stores = contests.map((contest, node) => {
    const runner = { ...runnerOf(channel.id, founder_id), reload: async () => reloaded(node) }
    return new PostgresLaneStore<TestJob, TestDone>(lanes, runner, contest)
  })
  return { org_id: org.id, stores, stored: () => storedOf(db, org.id) }
}

/** An org of its own in PostgreSQL, with a store whose jobs post into its channel. */
export async function postgresStore(db: TestDatabase, lanes: FaultyDatabase): Promise<StoreUnderTest> {
  const { org, channel, founder_id } = await makeOrg(db.database)
  return {
    store: new PostgresLaneStore(lanes, runnerOf(channel.id, founder_id)),
    org_id: org.id,
    stored: () => storedOf(db, org.id),
    doubtNext: (stored) => {
      lanes.doubt = { stored }
    },
    setAway: (away) => {
      lanes.away = away
    },
    async remove() {
      await db.superuser`delete from org_heads where org_id = ${org.id}`
    },
    clock: systemClock,
  }
}

/** The posts of an org in the order of its log. */
async function storedOf(db: TestDatabase, org_id: string): Promise<{ value: string; sequence: number }[]> {
  const rows = await db.superuser<{ value: string; seq: number; sequence: number }[]>`
    select m.content as value, m.seq::int as seq, e.sequence::int as sequence
    from messages m join events e on e.org_id = m.org_id and e.message_id = m.id
    where m.org_id = ${org_id} order by m.seq`
  const hole = rows.find(({ seq }, i) => seq !== i + 1)
  if (hole) throw new Error(`A hole in the channel before seq ${hole.seq}`)
  return rows.map(({ value, sequence }) => ({ value, sequence }))
}
