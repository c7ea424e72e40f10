import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { newId } from '../../../src/contracts/ids.ts'
import type { JobKind } from '../../../src/contracts/jobs.ts'
import { emptyRows, flushBatch } from '../../../src/db/flush.ts'
import { workerConnection } from '../../../src/db/queue/connection.ts'
import { JobQueue, type QueueOptions, type Task } from '../../../src/db/queue/job-queue.ts'
import { enqueueJob } from '../../../src/db/writes/jobs.ts'
import { makeOrg, type OwnDatabase, startOwnDatabase } from '../../support/database.ts'
import { plain } from '../../support/plain.ts'

/** A kind that only these tests know. */
const KIND = 'test_job' as JobKind
const WORKER = join(import.meta.dir, '..', '..', 'support', 'job-worker.ts')

let db: OwnDatabase
let org_id: string
beforeAll(async () => {
  db = await startOwnDatabase()
  org_id = (await makeOrg(db.database)).org.id
  await db.superuser`create table test_effects (item_id uuid primary key)`
})
afterAll(() => db.stop())

const enqueue = (item_id: string = newId()) =>
  db.database.withOrg(org_id, (tx) => enqueueJob(tx, KIND, { org_id, item_id } as never))

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await Bun.sleep(20)
}

async function left(): Promise<number> {
  const [row] = await db.superuser<{ n: number }[]>`select count(*)::int as n from mc_jobs._private_jobs`
  return row!.n
}

function work(task: Task, options: Partial<QueueOptions> = {}): JobQueue {
  const queue = new JobQueue({
    connection: workerConnection(db.app),
    prepare: true,
    concurrency: 2,
    tasks: { [KIND]: task },
    cron: [],
    lease_ms: 1_000,
    log: { failed: () => undefined },
    ...options,
  })
  queue.start()
  return queue
}

/** Workers in a process of their own. */
function spawn(...more: string[]) {
  const connections = JSON.stringify({ app: db.app, superuser: db.owner })
  const child = Bun.spawn([process.execPath, WORKER, connections, ...more], {
    stdout: 'pipe',
    stderr: 'ignore',
  })
  let said = ''
  void (async () => {
    for await (const chunk of child.stdout) said += new TextDecoder().decode(chunk)
  })()
  return { child, said: () => said.split('\n').filter((line) => line !== '') }
}

test('jobs under way in a process that is killed are done by another', async () => {
  const items = [newId(), newId(), newId(), newId()]
  const dying = spawn('hang')
  for (const item of items) await enqueue(item)
  await until(() => dying.said().length === 2)
  dying.child.kill('SIGKILL')
  await dying.child.exited
  const heirs = [spawn(), spawn()]
  await until(async () => (await left()) === 0)
  const effects = await db.superuser<{ item_id: string }[]>`delete from test_effects returning item_id`
  expect(effects.map(({ item_id }) => item_id).toSorted()).toEqual(items.toSorted())
  expect(heirs.flatMap(({ said }) => said()).toSorted()).toEqual(items.toSorted())
  for (const { child } of heirs) child.kill('SIGKILL')
})

test('workers go on after a restart of PostgreSQL, and every job has its effect once', async () => {
  const effects = new Set<string>()
  const items: string[] = []
  const queue = work(async (payload) => {
    await Bun.sleep(5)
    effects.add((payload as { item_id: string }).item_id)
  })
  const add = async () => {
    const item = newId()
    await enqueue(item)
    items.push(item)
  }
  for (let i = 0; i < 10; i++) await add()
  const postmaster = Number(
    readFileSync(join(db.data_dir, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n')[0],
  )
  process.kill(postmaster, 'SIGQUIT')
  for (let made = 0; made < 10; ) {
    try {
      await add()
      made++
    } catch {
      // PostgreSQL is away: nothing was stored, or nobody knows; the job is not counted on.
      await Bun.sleep(50)
    }
  }
  await until(() => items.every((item) => effects.has(item)))
  await until(async () => (await left().catch(() => 1)) === 0)
  await queue.stop(1_000)
})

test('two nodes run a job of the clock once for each time', async () => {
  await db.superuser`
    insert into mc_jobs._private_known_crontabs (identifier, known_since) values (${KIND}, now() - interval '1 hour')`
  const times: string[] = []
  const task: Task = async (payload) => void times.push((payload as { _cron: { ts: string } })._cron.ts)
  const cron = [{ kind: KIND, at: '* * * * *', max_attempts: 3, backfill_ms: 300_000 }]
  const queues = [work(task, { cron }), work(task, { cron })]
  await until(async () => times.length > 0 && (await left()) === 0)
  await Promise.all(queues.map((queue) => queue.stop(1_000)))
  expect(times.length).toBe(new Set(times).size)
})

describe('a beat', () => {
  const beat = (worker: string, under_way: string[] = []) =>
    db.superuser`select mc_beat(${worker}, 60000, ${`{${under_way.join(',')}}`}::text::bigint[])`

  /** A job that a worker took so many seconds ago. */
  async function taken(worker: string, seconds: number): Promise<string> {
    await enqueue()
    const [row] = await db.superuser<{ id: string }[]>`
      update mc_jobs._private_jobs set locked_by = ${worker}, locked_at = now() - make_interval(secs => ${seconds}),
        attempts = 2, max_attempts = 5
      where id = (select max(id) from mc_jobs._private_jobs) returning id::text`
    return row!.id
  }
  const stateOf = async (id: string) => {
    const [row] = await db.superuser<{ attempts: number; locked: boolean }[]>`
      select attempts, locked_at is not null as locked from mc_jobs._private_jobs where id = ${id}`
    return row
  }

  test('frees what its worker never heard of, once and without the attempt, and nothing else of it', async () => {
    const unheard = await taken('one', 120)
    const young = await taken('one', 10)
    const running = await taken('one', 120)
    await beat('one', [running])
    await beat('one', [running])
    expect(await stateOf(unheard)).toEqual({ attempts: 1, locked: false })
    expect(await stateOf(young)).toEqual({ attempts: 2, locked: true })
    expect(await stateOf(running)).toEqual({ attempts: 2, locked: true })
  })

  test('frees the jobs of a silent worker, counted, and leaves those of a living one', async () => {
    const silent = await taken('silent', 120)
    const living = await taken('living', 120)
    await beat('living', [living])
    await beat('other')
    expect(await stateOf(silent)).toEqual({ attempts: 2, locked: false })
    expect(await stateOf(living)).toEqual({ attempts: 2, locked: true })
    await db.superuser`delete from mc_jobs._private_jobs`
  })
})

test('a batch that is fenced leaves no job, and one that is stored leaves its own', async () => {
  const [head] = await db.superuser<{ epoch: string; sequence: string; batch: string }[]>`
    select epoch, sequence, batch from org_heads where org_id = ${org_id}`
  const flush = (epoch: number) =>
    db.database.statement((sql) => {
      const rows = emptyRows()
      void enqueueJob({ rows }, KIND, { org_id } as never)
      const batch = Number(head!.batch) + 1
      return flushBatch(sql, {
        org_id,
        epoch,
        sequence: Number(head!.sequence),
        batch,
        seqs: new Map(),
        rows,
      })
    })
  expect(await flush(Number(head!.epoch) + 1)).toBe(false)
  expect(await left()).toBe(0)
  expect(await flush(Number(head!.epoch))).toBe(true)
  expect(await left()).toBe(1)
  await db.superuser`delete from mc_jobs._private_jobs`
})

describe('the roles', () => {
  test('the workers see no table but those of the queue', async () => {
    const worker = plain(workerConnection(db.app))
    const readable = await worker<{ name: string }[]>`
      select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p', 'v', 'm') and n.nspname = 'public'
        and has_table_privilege(c.oid, 'select, insert, update, delete')`
    expect(readable.map(({ name }) => name)).toEqual([])
    await worker.end()
  })

  test('the server enqueues ids of the org in scope, and has no right on the queue', async () => {
    const app = db.client()
    await expect(app`select 1 from mc_jobs._private_jobs`.execute()).rejects.toThrow('permission denied')
    await expect(app`select mc_jobs.add_job('x')`.execute()).rejects.toThrow('permission denied')
    await expect(app`select mc_beat('x', 1, '{}')`.execute()).rejects.toThrow('permission denied')
    const other = (await makeOrg(db.database)).org.id
    const foreign = db.database.withOrg(other, (tx) => enqueueJob(tx, KIND, { org_id } as never))
    await expect(foreign).rejects.toThrow('belongs to the org in scope')
    const text = db.database.withOrg(org_id, (tx) => enqueueJob(tx, KIND, { org_id, body: 'Hello' } as never))
    await expect(text).rejects.toThrow('a payload of ids')
    const read = await db.database.withOrg(
      other,
      (tx) => tx.sql`select total from failed_jobs(${org_id}, 10, 0)`,
    )
    expect(Number(read[0]?.total)).toBe(0)
    expect(await left()).toBe(0)
  })
})
