import postgres from 'postgres'
import type { ConnectionOptions } from '../../src/db/connection.ts'

/** Reference: single-row inserts per second of `clients` connections through postgres.js, each waiting for its commit. */
export async function singleRowInserts(
  connection: ConnectionOptions,
  clients: number,
  seconds: number,
): Promise<number> {
  const sql = postgres({ ...connection, ssl: false, max: clients, onnotice: () => undefined })
  await sql`create table if not exists bench_inserts (id uuid primary key, body text not null, created_at timestamptz not null default now())`
  await sql`truncate bench_inserts`
  const body = 'x'.repeat(300)
  await Promise.all(
    Array.from(
      { length: clients },
      () => sql`insert into bench_inserts (id, body) values (${crypto.randomUUID()}, ${body})`,
    ),
  )
  let done = 0
  const until = performance.now() + seconds * 1000
  const client = async () => {
    while (performance.now() < until) {
      await sql`insert into bench_inserts (id, body) values (${crypto.randomUUID()}, ${body})`
      done++
    }
  }
  const started_at = performance.now()
  await Promise.all(Array.from({ length: clients }, client))
  const rate = done / ((performance.now() - started_at) / 1000)
  await sql`drop table bench_inserts`
  await sql.end()
  return rate
}
