import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test'
import { newId } from '../../../src/contracts/ids.ts'
import type { JobKind } from '../../../src/contracts/jobs.ts'
import { workerConnection } from '../../../src/db/queue/connection.ts'
import { JobQueue, type QueueOptions, type Task } from '../../../src/db/queue/job-queue.ts'
import { type EnqueueOptions, enqueueJob } from '../../../src/db/writes/jobs.ts'
import { makeOrg, startDatabase, type TestDatabase } from '../../support/database.ts'

let db: TestDatabase
let org_id: string
const queues: JobQueue[] = []

beforeAll(async () => {
  db = await startDatabase()
  org_id = (await makeOrg(db.database)).org.id
})
afterEach(async () => {
  await Promise.all(queues.splice(0).map((queue) => queue.stop(100)))
  await db.superuser`delete from mc_jobs._private_jobs`
})
afterAll(() => db.stop())

/** A kind that only these tests know. */
const KIND = 'test_job' as JobKind

function work(task: Task, options: Partial<QueueOptions> = {}): JobQueue {
  const queue = new JobQueue({
    connection: workerConnection(db.app),
    prepare: true,
    concurrency: 2,
    tasks: { [KIND]: task },
    cron: [],
    lease_ms: 60_000,
    log: { failed: (stage, error) => console.error(stage, error) },
    ...options,
  })
  queues.push(queue)
  queue.start()
  return queue
}

const enqueue = (payload: Record<string, string> = {}, options?: EnqueueOptions) =>
  db.database.withOrg(org_id, (tx) => enqueueJob(tx, KIND, { org_id, ...payload } as never, options))

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await Bun.sleep(20)
}

async function rows(): Promise<
  { id: string; attempts: number; locked: boolean; last_error: string | null }[]
> {
  return await db.superuser`
    select id::text, attempts, locked_at is not null as locked, last_error from mc_jobs._private_jobs order by id`
}

test('a job is done once, by one of two queues, and is gone', async () => {
  const done: string[] = []
  const task: Task = async (payload) => void done.push((payload as { item_id: string }).item_id)
  work(task)
  work(task)
  const ids = Array.from({ length: 50 }, newId)
  await Promise.all(ids.map((item_id) => enqueue({ item_id })))
  await until(async () => (await rows()).length === 0)
  expect(done.toSorted()).toEqual(ids.toSorted())
})

test('without its commit there is no job', async () => {
  const refused = db.database.withOrg(org_id, async (tx) => {
    await enqueueJob(tx, KIND, { org_id } as never)
    throw new Error('refused')
  })
  await expect(refused).rejects.toThrow('refused')
  expect(await rows()).toEqual([])
})

test('a key replaces the waiting job of the same org and kind', async () => {
  const run_at = new Date(Date.now() + 3_600_000).toISOString()
  await enqueue({ item_id: newId() }, { key: 'one', run_at })
  await enqueue({ item_id: newId() }, { key: 'one', run_at })
  await enqueue({ item_id: newId() }, { key: 'two', run_at })
  expect((await rows()).length).toBe(2)
})

test('a failed attempt is repeated with back-off, and the last one leaves the job', async () => {
  let attempts = 0
  work(async () => {
    attempts++
    throw new Error(`attempt ${attempts}`)
  })
  await enqueue({}, { max_attempts: 2 })
  await until(() => attempts === 1)
  await until(async () => (await rows())[0]?.locked === false)
  await db.superuser`update mc_jobs._private_jobs set run_at = now()`
  await db.superuser`select pg_notify('jobs:insert', '{"count":1}')`
  await until(async () => (await rows())[0]?.last_error === 'attempt 2')
  expect(await rows()).toMatchObject([{ attempts: 2, locked: false }])
})

test('a stop gives back what has not ended, without its attempt, and says so to the handler', async () => {
  let aborted = false
  let started = 0
  const queue = work(async (_, { signal }) => {
    started++
    if (started === 1) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      aborted = true
      throw new Error('stopped')
    }
    await new Promise(() => undefined)
  })
  await enqueue()
  await enqueue()
  await until(() => started === 2)
  await queue.stop(200)
  expect(aborted).toBe(true)
  expect((await rows()).map(({ attempts, locked, last_error }) => [attempts, locked, last_error])).toEqual([
    [0, false, null],
    [0, false, null],
  ])
})
