import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ApiError } from '../../../src/contracts/errors.ts'
import { Database } from '../../../src/db/client.ts'
import { OutcomeUnknown } from '../../../src/db/failures.ts'
import { addAgent, generalChannel, type Message, setUp } from '../../support/client.ts'
import { type OwnDatabase, startOwnDatabase } from '../../support/database.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { SseJournal, until } from '../../support/streams.ts'

function postmaster(data_dir: string): number {
  return Number(readFileSync(join(data_dir, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n')[0])
}

async function restartPostgres(data_dir: string, signal: NodeJS.Signals): Promise<void> {
  const before = postmaster(data_dir)
  process.kill(before, signal)
  await until(() => {
    try {
      return postmaster(data_dir) !== before
    } catch {
      // Between two lives there is no file.
      return false
    }
  }, 'PostgreSQL to come back')
}

describe('I-30 the client of PostgreSQL', () => {
  let opened: OwnDatabase
  beforeAll(async () => {
    opened = await startOwnDatabase()
  })
  afterAll(() => opened.stop())

  test('survives restarts under load: every call settles, nothing acknowledged is lost, work goes on', async () => {
    const uncaught: unknown[] = []
    const note = (error: unknown) => uncaught.push(error)
    process.on('uncaughtException', note)
    const database = new Database({ connection: opened.owner, connections_max: 4, deadline_ms: 3_000 })
    await database.query((sql) => sql`create table load (i bigint primary key)`)
    const open = new Map<number, number>()
    const acked: number[] = []
    let stop = false
    let n = 0
    const worker = async () => {
      while (!stop) {
        const i = ++n
        open.set(i, Date.now())
        try {
          await database.transaction(async ({ sql }) => {
            await sql`select pg_sleep(0.002)`
            await sql`insert into load values (${i})`
          })
          acked.push(i)
        } catch (error) {
          expect(
            error instanceof OutcomeUnknown ||
              (error instanceof ApiError && error.errorCode === 'UNAVAILABLE'),
          ).toBe(true)
          await Bun.sleep(10)
        } finally {
          open.delete(i)
        }
      }
    }
    const workers = Array.from({ length: 24 }, worker)
    for (const signal of ['SIGQUIT', 'SIGINT', 'SIGQUIT', 'SIGQUIT'] as const) {
      await Bun.sleep(300)
      await restartPostgres(opened.data_dir, signal)
      const before = acked.length
      await until(() => acked.length > before + 50, 'work to go on')
    }
    stop = true
    await Promise.all(workers)
    process.off('uncaughtException', note)
    expect(open.size).toBe(0)
    const rows = await database.query((sql) => sql<{ i: number }[]>`select i from load`)
    const stored = new Set(rows.map((row) => row.i))
    expect(acked.filter((i) => !stored.has(i))).toEqual([])
    expect(uncaught).toEqual([])
    await database.close()
  })

  test('a call that hangs is given up at its deadline and does not spoil the next', async () => {
    const database = new Database({
      connection: opened.owner,
      connections_max: 1,
      deadline_ms: 200,
      statement_timeout_ms: 10_000,
    })
    const slow = database.query((sql) => sql`select pg_sleep(5)`)
    await expect(slow).rejects.toMatchObject({ errorCode: 'UNAVAILABLE' })
    const [row] = await database.query((sql) => sql<{ one: number }[]>`select 1 as one`, {
      deadline_ms: 60_000,
    })
    expect(row?.one).toBe(1)
    await database.close()
  })

  test('a full pool refuses instead of queueing without bound', async () => {
    const database = new Database({
      connection: opened.owner,
      connections_max: 2,
      waiting_max: 3,
      wait_ms: 300,
    })
    const calls = Array.from({ length: 8 }, () =>
      database
        .query((sql) => sql`select pg_sleep(1)`)
        .then(
          () => 'done',
          () => 'refused',
        ),
    )
    const outcomes = await Promise.all(calls)
    expect(outcomes.filter((o) => o === 'done')).toHaveLength(2)
    await database.close()
  })

  test('an org’s setting never leaks to the next transaction of the connection', async () => {
    const database = new Database({ connection: opened.app, connections_max: 1 })
    await database.withOrg(crypto.randomUUID(), async ({ sql }) => void (await sql`select 1`))
    const [row] = await database.query(
      (sql) =>
        sql<{ org: string | null }[]>`select nullif(current_setting('app.current_org_id', true), '') as org`,
    )
    expect(row?.org).toBeNull()
    await expect(
      database.withOrg(crypto.randomUUID(), async () => {
        throw new Error('mine')
      }),
    ).rejects.toThrow('mine')
    const [after] = await database.query(
      (sql) =>
        sql<{ org: string | null }[]>`select nullif(current_setting('app.current_org_id', true), '') as org`,
    )
    expect(after?.org).toBeNull()
    await expect(database.withOrg("x'; drop table users; --", async () => undefined)).rejects.toThrow()
    await database.close()
  })
})

describe('I-30 the server', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startServer({ cluster: 'own' })
  })
  afterAll(() => server.stop())

  test('keeps its streams and loses nothing acknowledged while PostgreSQL restarts under load', async () => {
    const admin = await setUp(server)
    const bot = await addAgent(admin, 'watcher')
    const general = (await generalChannel(admin)).id
    const sse = await SseJournal.open(`${server.url}/api/v1/orgs/fieldnote/events/stream`, bot.headers)
    const acked = new Map<string, number>()
    let stop = false
    const statuses = new Map<number, number>()
    const writer = async (w: number) => {
      for (let i = 0; !stop; i++) {
        const client_id = `w${w}-${i}`
        for (;;) {
          const answer = await admin.in<Message>('POST', `/channels/${general}/messages`, {
            content: client_id,
            client_id,
          })
          statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
          if (answer.status < 300) {
            acked.set(client_id, answer.body.seq)
            break
          }
          expect(answer.status).toBe(503)
          expect(answer.headers.get('retry-after')).not.toBeNull()
          await Bun.sleep(20)
        }
      }
    }
    const writers = Array.from({ length: 8 }, (_, w) => writer(w))
    for (let i = 0; i < 3; i++) {
      await Bun.sleep(300)
      await restartPostgres(server.data_dir, i === 1 ? 'SIGINT' : 'SIGQUIT')
      const before = acked.size
      await until(() => acked.size > before + 20, 'writes to go on')
    }
    stop = true
    await Promise.all(writers)
    await until(() => sse.ofType('message.created').length >= acked.size, 'the stream to be complete')
    expect(sse.ended).toBe(false)
    const messages = sse.ofType('message.created').map((e) => e.payload.message as Message)
    expect(messages.map((m) => m.seq)).toEqual(Array.from({ length: messages.length }, (_, i) => i + 1))
    expect(new Set(messages.map((m) => m.content)).size).toBe(messages.length)
    for (const [content, seq] of acked) expect(messages[seq - 1]?.content).toBe(content)
    await sse.close()
  })

  test('I-31 while PostgreSQL hangs, writes fail within their deadline and readiness says so; then it heals', async () => {
    const admin = new (await import('../../support/client.ts')).Person(server.url)
    await admin.signIn('ines@example.com', (await import('../../support/client.ts')).PASSWORD)
    const general = (await generalChannel(admin)).id
    const pid = postmaster(server.data_dir)
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)
    for (const p of [pid, ...children]) process.kill(p, 'SIGSTOP')
    // Every call is answered while PostgreSQL still hangs: none of them waits for it.
    const [write, read, ready, health] = await Promise.all([
      admin.in('POST', `/channels/${general}/messages`, { content: 'into the void', client_id: 'void' }),
      admin.in('GET', '/tasks'),
      fetch(`${server.url}/ready`),
      fetch(`${server.url}/health`),
    ])
    for (const p of [pid, ...children]) process.kill(p, 'SIGCONT')
    for (const answer of [write, read]) {
      expect(answer.status).toBe(503)
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    }
    expect(ready.status).toBe(503)
    expect(health.status).toBe(200)
    await until(
      async () =>
        (
          await admin.in('POST', `/channels/${general}/messages`, {
            content: 'into the void',
            client_id: 'void',
          })
        ).status < 300,
      'writes to go on',
    )
    const { body } = await admin.in<{ data: Message[] }>('GET', `/channels/${general}/messages?limit=50`)
    expect(body.data.filter((m) => m.content === 'into the void')).toHaveLength(1)
  })
})
