import { type Criteria, short } from '../lib/criteria.ts'
import { median } from '../lib/figures.ts'
import type { Bench } from './setup.ts'
import { sideBySide } from './side-by-side.ts'

const SETTING = `nullif(current_setting('app.current_org_id', true), '')::uuid`

/** Ways to write the same policy. */
const FORMS = {
  subquery: `(SELECT ${SETTING})`,
  expression: SETTING,
  'SQL function': 'current_org_id()',
  'function that cannot be inlined': 'current_org_id_pinned()',
} as const

/** No index helps this one: where the policy is a filter, it is worked out for each of 100,000 rows. */
const SCAN = `SELECT count(*) FROM (SELECT org_id FROM tasks OFFSET 0) t WHERE org_id IS NOT NULL`
const ITERATIONS = short ? 5 : 20

/** What the wording of the policy costs when a whole table is read. Leaves the subquery in place. */
export async function measureForms(c: Criteria, { a, root }: Bench): Promise<void> {
  await root.unsafe(`
    CREATE FUNCTION current_org_id_pinned() RETURNS uuid LANGUAGE sql STABLE SET search_path = pg_catalog AS '
      SELECT nullif(current_setting(''app.current_org_id'', true), '''')::uuid';
    SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off`)
  await root`SELECT set_config('app.current_org_id', ${a.org_id}, false)`
  const taken: Record<string, number> = {}
  for (const [name, form] of Object.entries(FORMS)) {
    await root.unsafe(`RESET ROLE; ALTER POLICY of_org ON tasks USING (org_id = ${form})`)
    const [bound] = await sideBySide(
      [{ before: () => root.unsafe('SET ROLE poc_app'), run: () => root.unsafe(SCAN) }],
      ITERATIONS,
    )
    taken[name] = median(bound!)
  }
  await root.unsafe(`RESET ALL; RESET ROLE; ALTER POLICY of_org ON tasks USING (org_id = ${FORMS.subquery})`)
  for (const [name, ms] of Object.entries(taken))
    c.note('L4', `whole table of 100,000 rows, policy as ${name}`, ms, 'ms')
}
