/**
 * Does the jobs `test_job` of the database in its argument until it ends: leaves the effect `item_id`, and prints it first.
 * With `hang` as the second argument it prints and waits for ever.
 */
import type { ConnectionOptions } from '../../src/db/connection.ts'
import { workerConnection } from '../../src/db/queue/connection.ts'
import { JobQueue } from '../../src/db/queue/job-queue.ts'
import { plain } from './plain.ts'

const { app, superuser } = JSON.parse(process.argv[2] ?? '{}') as Record<
  'app' | 'superuser',
  ConnectionOptions
>
const hangs = process.argv[3] === 'hang'
const sql = plain(superuser)

new JobQueue({
  connection: workerConnection(app),
  prepare: true,
  concurrency: 2,
  lease_ms: 1_000,
  cron: [],
  log: { failed: (stage, error) => console.error(stage, error) },
  tasks: {
    async test_job(payload) {
      const { item_id } = payload as { item_id: string }
      console.log(item_id)
      if (hangs) await new Promise(() => undefined)
      await sql`insert into test_effects (item_id) values (${item_id}) on conflict do nothing`
    },
  },
}).start()
