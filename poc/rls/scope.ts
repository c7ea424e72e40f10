import type { Sql } from 'postgres'
import { type Criteria, short } from '../lib/criteria.ts'
import { median, percentile } from '../lib/figures.ts'
import { setOrg } from './matrix.ts'
import type { Bench } from './setup.ts'
import { sideBySide } from './side-by-side.ts'

const LIST =
  'SELECT * FROM tasks t WHERE t.org_id = $1 AND t.project_id = $2 ORDER BY t.created_at DESC LIMIT 25'

/**
 * Sets the org and reads in one statement: the row that sets it is made before the look-up that depends on it can run,
 * and OFFSET 0 keeps the planner from merging the two.
 */
const SET_AND_LIST = `
  SELECT found.* FROM (SELECT set_config('app.current_org_id', $1, true)::uuid AS org_id OFFSET 0) scope
  CROSS JOIN LATERAL (SELECT * FROM tasks t WHERE t.org_id = scope.org_id AND t.project_id = $2
    ORDER BY t.created_at DESC LIMIT 25 OFFSET 0) found`

/** What it costs to put the org into scope for one read: as a transaction of four statements, and as one statement. */
export async function measureScope(c: Criteria, bench: Bench, iterations: number): Promise<void> {
  const { org_id, project_id } = bench.a
  const free = bench.connect('poc_unbound')
  const bound = bench.connect('poc_app')
  c.check(
    'L3.0',
    'one statement that sets and reads, two orgs in turn, 200 times: wrong rows',
    await inTurn(bench, bound),
    { equals: 0 },
  )
  const list = (client: Pick<Sql, 'unsafe'>) => client.unsafe(LIST, [org_id, project_id], { prepare: true })
  const before = async () => {}
  const [bare, trips, single, transaction] = await sideBySide(
    [
      { before, run: () => list(free) },
      { before, run: () => free.begin(async (tx) => void (await list(tx))) },
      { before, run: () => bound.unsafe(SET_AND_LIST, [org_id, project_id], { prepare: true }) },
      {
        before,
        run: () =>
          bound.begin(async (tx) => {
            await setOrg(tx, org_id)
            await list(tx)
          }),
      },
    ],
    iterations,
  )
  const p95 = (values: readonly number[]) => `p95 ${percentile(values, 95).toFixed(3)} ms`
  const added = (values: readonly number[]) => median(values) - median(bare!)
  c.note('L3.1', `list of 25, one statement, no policies; ${p95(bare!)}; p50`, median(bare!), 'ms')
  c.note('L3.2', `in a transaction (3 trips), no policies; ${p95(trips!)}; p50 added`, added(trips!), 'ms')
  c.check(
    'L3.3',
    `one statement that sets the org and reads, policies; ${p95(single!)}; p50 added`,
    added(single!),
    {
      max: short ? 2 : 0.5,
      unit: 'ms',
    },
  )
  c.check(
    'L3.4',
    `transaction, set_config, read (4 trips), policies; ${p95(transaction!)}; p50 added`,
    added(transaction!),
    { max: short ? 5 : 0.5, unit: 'ms' },
  )
  await Promise.all([free.end(), bound.end()])
}

async function inTurn({ a, b }: Bench, client: Sql): Promise<number> {
  let wrong = 0
  for (let turn = 0; turn < 200; turn++) {
    const org = turn % 2 ? a : b
    const rows = await client.unsafe(SET_AND_LIST, [org.org_id, org.project_id], { prepare: true })
    if (rows.length !== 25 || rows.some((row) => row.org_id !== org.org_id)) wrong++
    // What follows on the same connection is out of scope again.
    if ((await client`SELECT FROM tasks`).count !== 0) wrong++
  }
  return wrong
}
