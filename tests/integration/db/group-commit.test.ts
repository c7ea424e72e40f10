import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { ApiError } from '../../../src/contracts/errors.ts'
import { newId } from '../../../src/contracts/ids.ts'
import { Database } from '../../../src/db/client.ts'
import { type ClosedBatch, emptyRows } from '../../../src/db/flush.ts'
import { GroupCommit } from '../../../src/db/group-commit.ts'
import { makeOrg, startDatabase, type TestDatabase } from '../../support/database.ts'

let db: TestDatabase
let lanes: Database
/** How many statements of which kind the lanes sent. */
const sent = { alone: 0, together: 0 }

beforeAll(async () => {
  db = await startDatabase()
  lanes = new Database({ connection: db.app, connections_max: 8 })
  const statement = lanes.statement.bind(lanes)
  lanes.statement = (run) => {
    sent[run.toString().includes('flushTogether') ? 'together' : 'alone']++
    return statement(run)
  }
})
afterAll(async () => {
  await lanes.close()
  await db.stop()
})

/** An org that this test owns, and how to make the next batch of it. */
async function owned() {
  const { org, channel, founder_id } = await makeOrg(db.database)
  const [head] = await db.database.withOrg(
    org.id,
    ({ sql }) =>
      sql<{ epoch: number; sequence: number; batch: number }[]>`select * from lane_take(${org.id})`,
  )
  let { sequence, batch } = head!
  let seq = 0
  /** A batch of messages with these texts; each text is its `client_id` too. */
  const next = (...texts: string[]): ClosedBatch => {
    const created_at = new Date().toISOString()
    const rows = emptyRows()
    for (const content of texts)
      rows.messages.push({
        id: newId(),
        channel_id: channel.id,
        seq: ++seq,
        sender_id: founder_id,
        sender_type: 'agent',
        sender_name: 'Founder',
        kind: 'text',
        content,
        mentions: [],
        ignored_mentions: [],
        client_id: content,
        content_hash: content,
        reply_to: null,
        created_at,
        sequence: ++sequence,
        project_ids: [],
      })
    rows.replies.push({ command_id: newId(), reply: { texts } })
    return {
      org_id: org.id,
      epoch: head!.epoch,
      sequence,
      batch: ++batch,
      seqs: new Map([[channel.id, seq]]),
      rows,
    }
  }
  const stored = async () => {
    const [row] = await db.superuser<
      {
        texts: string[]
        seqs: number[]
        sequence: number
        batch: number
        last_seq: number
        replies: number
      }[]
    >`
      select (select array_agg(content order by seq) from messages where org_id = ${org.id}) as texts,
             (select array_agg(message_seq::int order by sequence) from events where org_id = ${org.id} and type = 'message.created') as seqs,
             h.sequence::int, h.batch::int,
             (select last_seq::int from channels where id = ${channel.id}) as last_seq,
             (select count(*)::int from recent_commands where org_id = ${org.id} and reply ? 'texts') as replies
      from org_heads h where h.org_id = ${org.id}`
    return row!
  }
  return { org, channel, founder_id, next, stored }
}

/** Tries again while a lock times out: on a slow machine it may be held longer than a statement waits. */
async function storeEventually(group: GroupCommit, batch: ClosedBatch): Promise<boolean> {
  for (;;)
    try {
      return await group.store(batch)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
    }
}

describe('batches of several orgs', () => {
  test('A60 that wait at the same moment are stored by one statement, each whole', async () => {
    const orgs: Awaited<ReturnType<typeof owned>>[] = []
    // One after the other: a call that finds no free connection is refused after half a second.
    while (orgs.length < 12) orgs.push(await owned())
    const group = new GroupCommit(lanes)
    Object.assign(sent, { alone: 0, together: 0 })
    const batches = orgs.map(({ next }, i) => next(`a${i}`, `b${i}`))
    expect(await Promise.all(batches.map((batch) => group.store(batch)))).toEqual(batches.map(() => true))
    // The first two find nobody waiting and go at once; while they are under way, the others gather.
    expect(sent).toEqual({ alone: 2, together: 1 })
    for (const [i, { stored }] of orgs.entries())
      expect(await stored()).toEqual({
        texts: [`a${i}`, `b${i}`],
        seqs: [1, 2],
        sequence: batches[i]!.sequence,
        batch: batches[i]!.batch,
        last_seq: 2,
        replies: 1,
      })
  })

  test('A60 batches of two owners of one org never share a statement: the replaced one stores nothing', async () => {
    const [opener, other, twice] = [await owned(), await owned(), await owned()]
    const group = new GroupCommit(lanes)
    const replaced = twice.next('replaced')
    const [head] = await db.database.withOrg(
      twice.org.id,
      ({ sql }) => sql<{ epoch: number }[]>`select * from lane_take(${twice.org.id})`,
    )
    const current: ClosedBatch = {
      ...replaced,
      epoch: head!.epoch,
      rows: {
        ...replaced.rows,
        messages: replaced.rows.messages.map((row) => ({ ...row, id: newId(), content: 'current' })),
      },
    }
    const outcomes = await Promise.all([
      group.store(opener.next('a')),
      group.store(other.next('b')),
      group.store(replaced),
      group.store(current),
    ])
    expect(outcomes).toEqual([true, true, false, true])
    expect((await twice.stored()).texts).toEqual(['current'])
  })

  test('A61 what one is refused for does not fail its neighbours', async () => {
    const [opener, second, good, twice, replaced] = [
      await owned(),
      await owned(),
      await owned(),
      await owned(),
      await owned(),
    ]
    const group = new GroupCommit(lanes)
    expect(await group.store(twice.next('once'))).toBe(true)
    await db.database.withOrg(replaced.org.id, ({ sql }) => sql`select * from lane_take(${replaced.org.id})`)
    void group.store(opener.next('opens'))
    const outcomes = await Promise.allSettled([
      group.store(second.next('opens')),
      group.store(good.next('good')),
      // The same client_id again: only the database knows.
      group.store(twice.next('once')),
      group.store(replaced.next('late')),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
    expect(outcomes.map((outcome) => outcome.status === 'fulfilled' && outcome.value)).toEqual([
      true,
      true,
      false,
      false,
    ])
    expect((await good.stored()).texts).toEqual(['good'])
    expect((await twice.stored()).texts).toEqual(['once'])
    expect((await replaced.stored()).texts).toBeNull()
    // The refused one left its head where it was, and goes on from there.
    expect((await twice.stored()).sequence).toBe((await twice.stored()).seqs.length + 3)
  })

  test('A61 an owner that was replaced is left out of the statement and fenced', async () => {
    const [opener, second, good, replaced] = [await owned(), await owned(), await owned(), await owned()]
    const group = new GroupCommit(lanes)
    await db.database.withOrg(replaced.org.id, ({ sql }) => sql`select * from lane_take(${replaced.org.id})`)
    void group.store(second.next('opens'))
    const answers = await Promise.all([
      group.store(opener.next('opens')),
      group.store(good.next('good')),
      group.store(replaced.next('late')),
    ])
    expect(answers).toEqual([true, true, false])
    expect((await replaced.stored()).texts).toBeNull()
    expect((await good.stored()).texts).toEqual(['good'])
  })

  test('A62 a locked head holds up its own org only', async () => {
    const [opener, good, locked] = [await owned(), await owned(), await owned()]
    const group = new GroupCommit(lanes)
    const holder = db.client()
    const released = Promise.withResolvers<void>()
    const held = Promise.withResolvers<void>()
    const holding = holder.begin(async (sql) => {
      await sql`select set_config('app.current_org_id', ${locked.org.id}, true)`
      await sql`select from org_heads where org_id = ${locked.org.id} for update`
      held.resolve()
      await released.promise
    })
    await held.promise
    const slow = group.store(locked.next('waits'))
    let waited = false
    void slow.then(() => {
      waited = true
    })
    expect(await Promise.all([group.store(opener.next('opens')), group.store(good.next('good'))])).toEqual([
      true,
      true,
    ])
    expect(waited).toBe(false)
    released.resolve()
    await holding
    expect(await slow).toBe(true)
    expect((await locked.stored()).texts).toEqual(['waits'])
  })

  test('A79 rows that a request of an org locks hold up that org alone', async () => {
    for (const lock of ['channel', 'new mark', 'known mark'] as const) {
      const [opener, other, good, locked] = [await owned(), await owned(), await owned(), await owned()]
      const group = new GroupCommit(lanes)
      if (lock === 'known mark') await group.store(locked.next('before'))
      const released = Promise.withResolvers<void>()
      const held = Promise.withResolvers<void>()
      const holding = db.client().begin(async (sql) => {
        await sql`select set_config('app.current_org_id', ${locked.org.id}, true)`
        if (lock === 'channel') await sql`select from channels where id = ${locked.channel.id} for update`
        else if (lock === 'known mark')
          await sql`select from channel_reads where channel_id = ${locked.channel.id} for update`
        else
          await sql`
            insert into channel_reads (org_id, channel_id, user_id, read_seq)
            values (${locked.org.id}, ${locked.channel.id}, ${locked.founder_id}, 0)`
        held.resolve()
        await released.promise
      })
      await held.promise
      const slow = locked.next('waits')
      let waited = true
      const openers = [group.store(opener.next('opens')), group.store(other.next('opens'))]
      const blocked = storeEventually(group, slow).finally(() => {
        waited = false
      })
      expect(await Promise.all([...openers, group.store(good.next('good'))])).toEqual([true, true, true])
      expect((await good.stored()).texts).toEqual(['good'])
      expect([lock, waited]).toEqual([lock, true])
      released.resolve()
      await holding
      expect(await blocked).toBe(true)
      expect((await locked.stored()).texts?.at(-1)).toBe('waits')
    }
  })

  test('A79 a batch that mentions somebody is stored alone', async () => {
    const orgs = await Promise.all(Array.from({ length: 4 }, owned))
    const group = new GroupCommit(lanes)
    Object.assign(sent, { alone: 0, together: 0 })
    const batches = orgs.map(({ next }) => next('x'))
    for (const [at, { rows }] of batches.entries()) rows.messages[0]!.mentions = [orgs[at]!.founder_id]
    expect(await Promise.all(batches.map((batch) => group.store(batch)))).toEqual(batches.map(() => true))
    expect(sent).toEqual({ alone: 4, together: 0 })
  })

  test('long texts and what is more than messages are stored alone', async () => {
    const [one, other] = [await owned(), await owned()]
    const group = new GroupCommit(lanes)
    Object.assign(sent, { alone: 0, together: 0 })
    const long = other.next(...Array.from({ length: 8 }, (_, i) => `${i}`.padEnd(10_000, ' word')))
    for (const [i, message] of long.rows.messages.entries()) message.client_id = `long ${i}`
    await Promise.all([group.store(one.next('short')), group.store(long)])
    expect(sent).toEqual({ alone: 2, together: 0 })
    expect((await other.stored()).texts).toHaveLength(8)
  })
})

describe('the role that stores for several orgs', () => {
  const tables = [
    'org_heads',
    'channels',
    'channel_reads',
    'messages',
    'events',
    'message_client_ids',
    'recent_commands',
  ]

  test('A63 reaches only the orgs in its scope, and nothing without one', async () => {
    const [mine, theirs] = [await owned(), await owned()]
    const group = new GroupCommit(lanes)
    await Promise.all([group.store(mine.next('x')), group.store(theirs.next('y'))])
    const as = async <T>(orgs: string | null, run: (sql: typeof db.superuser) => Promise<T>) =>
      await db.superuser.begin(async (sql) => {
        await sql`set local role mc_lane`
        if (orgs !== null) await sql`select set_config('app.lane_org_ids', ${orgs}, true)`
        return await run(sql as unknown as typeof db.superuser)
      })
    for (const scope of [null, '', `{${mine.org.id}}`]) {
      for (const table of ['org_heads', 'channels', 'channel_reads'])
        expect(
          await as(scope, async (sql) => {
            const [row] = await sql<{ n: number }[]>`
              select count(*)::int as n from ${sql(table)} where org_id = ${theirs.org.id}`
            return row!.n
          }),
          `${table} ${scope}`,
        ).toBe(0)
      expect(
        (
          await as(
            scope,
            (sql) => sql`update org_heads set batch = batch + 1 where org_id = ${theirs.org.id}`,
          )
        ).count,
      ).toBe(0)
      for (const table of tables)
        expect(
          as(
            scope,
            (sql) =>
              sql`insert into ${sql(table)} select (jsonb_populate_record(null::${sql(table)}, jsonb_build_object('org_id', ${theirs.org.id}::text))).*`,
          ),
        ).rejects.toThrow()
    }
    // What it only adds to, it cannot read, and it can delete nothing.
    for (const table of ['messages', 'events', 'message_client_ids', 'recent_commands'])
      expect(as(`{${mine.org.id}}`, (sql) => sql`select from ${sql(table)}`)).rejects.toThrow(
        'permission denied',
      )
    for (const table of tables)
      expect(as(`{${mine.org.id}}`, (sql) => sql`delete from ${sql(table)}`)).rejects.toThrow(
        'permission denied',
      )
  })

  test('A63 a caller whose epoch is not the current one stores nothing, whatever it sends', async () => {
    const [opener, mine, theirs] = [await owned(), await owned(), await owned()]
    const foreign = { ...theirs.next('stolen'), epoch: 999 }
    const group = new GroupCommit(lanes)
    expect(
      await Promise.all([group.store(opener.next('a')), group.store(mine.next('b')), group.store(foreign)]),
    ).toEqual([true, true, false])
    expect((await theirs.stored()).texts).toBeNull()
  })
})
