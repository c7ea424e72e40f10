import { type Criteria, short } from '../lib/criteria.ts'
import { median } from '../lib/figures.ts'
import type { Library } from './library.ts'

const ROWS = short ? 3_000 : 20_000

/** Rows per second with and without the vectors and their index, side by side, in batches of three sizes. */
export async function measureCost(c: Criteria, { root, org_id, project_ids }: Library): Promise<void> {
  await root.unsafe(`
    CREATE TABLE plain_messages (org_id uuid NOT NULL, id uuid NOT NULL, project_id uuid NOT NULL, seq bigint NOT NULL,
      content text NOT NULL, created_at timestamptz NOT NULL, PRIMARY KEY (org_id, id));
    CREATE INDEX ON plain_messages (org_id, created_at);
    CREATE INDEX ON plain_messages (org_id, project_id, created_at);
    CREATE TABLE texts AS SELECT n, message_text(n) AS content FROM generate_series(1, ${ROWS}) n`)
  const insert = async (table: string, size: number): Promise<number> => {
    const begin_ms = performance.now()
    for (let at = 0; at < ROWS; at += size)
      await root.unsafe(
        `INSERT INTO ${table} (org_id, id, project_id, seq, content, created_at)
         SELECT $1, uuidv7(), $2, n, content, now() FROM texts WHERE n > $3 AND n <= $4`,
        [org_id, project_ids[0]!, at, at + size],
      )
    return (ROWS / (performance.now() - begin_ms)) * 1000
  }
  await root.unsafe('CREATE INDEX ON texts (n); ANALYZE texts')
  for (const size of [1, 32, 64]) {
    const plain: number[] = []
    const searched: number[] = []
    for (let round = 0; round < 3; round++) {
      plain.push(await insert('plain_messages', size))
      searched.push(await insert('messages', size))
    }
    const [without, withVectors] = [median(plain), median(searched)]
    c.note(
      'C1',
      `batches of ${size}: ${Math.round(without).toLocaleString('en-US')} rows/s without, ${Math.round(withVectors).toLocaleString('en-US')} with; a row costs more by`,
      1_000_000 / withVectors - 1_000_000 / without,
      'µs',
    )
    if (size === 64)
      c.check('C1', 'rows/s with vectors and index, batches of 64', withVectors, {
        min: 1_000,
        unit: 'rows/s',
      })
  }
}
