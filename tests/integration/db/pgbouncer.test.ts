import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { newId } from '../../../src/contracts/ids.ts'
import type { Export } from '../../../src/contracts/resources.ts'
import { Database } from '../../../src/db/client.ts'
import { workerConnection } from '../../../src/db/queue/connection.ts'
import {
  type Agent,
  addAgent,
  generalChannel,
  type Message,
  type Person,
  setUp,
} from '../../support/client.ts'
import { urlOf } from '../../support/cluster.ts'
import { startDatabase, type TestDatabase } from '../../support/database.ts'
import { PGBOUNCER, type Pooler, startPooler } from '../../support/pgbouncer.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { SseJournal } from '../../support/streams.ts'

/** Far fewer than the server opens: transactions of different callers share a connection to PostgreSQL all the time. */
const CONNECTIONS = 3

describe.skipIf(PGBOUNCER === undefined)('behind PgBouncer in transaction mode', () => {
  let db: TestDatabase
  let pooler: Pooler
  let server: TestServer
  let admin: Person
  let agent: Agent
  let channel_id: string

  beforeAll(async () => {
    db = await startDatabase()
    pooler = await startPooler(db.app, CONNECTIONS)
    const { host, port, user, password, database } = pooler.connection
    server = await startServer({
      env: {
        MC_DATABASE_URL: `postgres://${user}:${encodeURIComponent(password)}@${host}:${port}/${database}`,
        MC_DATABASE_WORKER_URL: urlOf(workerConnection(db.app)),
        MC_DATABASE_PREPARE: '0',
      },
    })
    admin = await setUp(server)
    agent = await addAgent(admin, 'forge')
    channel_id = (await generalChannel(admin)).id
  })
  afterAll(async () => {
    await server?.stop()
    await pooler?.stop()
    await db?.stop()
  })

  const post = (content: string, client_id = newId()) =>
    agent.in<{ message: Message }>('POST', `/channels/${channel_id}/messages`, { content, client_id })
  const stored = async () =>
    (
      await db.superuser<{ seq: number; content: string }[]>`
        select seq::int as seq, content from messages where channel_id = ${channel_id} and kind = 'text' order by seq`
    ).map(({ seq, content }) => ({ seq, content }))

  test('sessions have their limits, inside and outside of transactions, and leave none to others', async () => {
    const pool = (statement_timeout_ms: number) =>
      new Database({
        connection: { ...pooler.connection, pooled: true },
        connections_max: 1,
        prepare: false,
        statement_timeout_ms,
      })
    const pools = [pool(5_000), pool(60_000)] as const
    const limit =
      "select current_setting('statement_timeout') as t, current_setting('idle_in_transaction_session_timeout') as i"
    try {
      for (let n = 0; n < 5; n++)
        for (const [index, expected] of [
          [0, '5s'],
          [1, '1min'],
        ] as const) {
          const [inside] = await pools[index].transaction(({ sql }) => sql.unsafe(limit))
          expect({ ...inside }).toEqual({ t: expected, i: '3s' })
          const [outside] = await pools[index].query((sql) => sql.unsafe(limit))
          expect({ ...outside }).toEqual({ t: '30s', i: '3s' })
        }
    } finally {
      for (const one of pools) await one.close()
    }
  })

  test('many callers share few connections, and orgs stay apart', async () => {
    const stream = await SseJournal.open(
      `${server.url}/api/v1/orgs/${admin.org}/events/stream`,
      agent.headers,
    )
    const answers = await Promise.all(
      Array.from({ length: 120 }, async (_, n) => [
        await post(`message ${n}`),
        await admin.in<{ data: unknown[] }>('GET', '/tasks?per_page=5'),
        await agent.in<{ data: unknown[] }>('GET', '/users'),
      ]),
    )
    expect(answers.flat().filter(({ status }) => status >= 300)).toEqual([])
    const rows = await stored()
    expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, n) => rows[0]!.seq + n))
    expect(new Set(rows.map(({ content }) => content)).size).toBe(120)
    while (stream.messages.length < 120) await Bun.sleep(20)
    expect(stream.messages.map(({ content }) => content)).toEqual(rows.map(({ content }) => content))
    stream.close()
    const found = await admin.in<{ counts: { messages: number } }>('GET', '/search?q=message')
    expect(found.body.counts.messages).toBe(120)
  })

  test('background work is done: an export is made', async () => {
    const { body, status } = await admin.in<Export>('POST', '/exports', {})
    expect(status).toBe(201)
    for (;;) {
      const { data } = (await admin.in<{ data: Export[] }>('GET', '/exports')).body
      const one = data.find(({ id }) => id === body.id)
      if (one?.status === 'ready') break
      expect(one?.status).not.toBe('failed')
      await Bun.sleep(100)
    }
  })

  test('a pooler that is killed under load costs a retry and no message', async () => {
    const before = (await stored()).length
    let sent = 0
    let over = false
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      while (!over) {
        const [content, client_id] = [`writer ${writer}: ${sent++}`, newId()]
        while ((await post(content, client_id)).status >= 500) await Bun.sleep(100)
      }
    })
    for (let kills = 0; kills < 3; kills++) {
      await Bun.sleep(500)
      await pooler.kill()
      await Bun.sleep(300)
      await pooler.start()
    }
    await Bun.sleep(500)
    over = true
    await Promise.all(writers)
    const rows = (await stored()).slice(before)
    expect(rows.length).toBe(sent)
    expect(new Set(rows.map(({ content }) => content)).size).toBe(sent)
    expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, n) => rows[0]!.seq + n))
  })
})
