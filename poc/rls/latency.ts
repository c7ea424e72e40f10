import { type Criteria, short } from '../lib/criteria.ts'
import { type Interval, median, overhead, percentile } from '../lib/figures.ts'
import { measureForms } from './forms.ts'
import { measureScope } from './scope.ts'
import type { Bench } from './setup.ts'
import { sideBySide, type Variant } from './side-by-side.ts'

/** Tasks in the table, over both orgs. */
const ROWS = 100_000
const ITERATIONS = short ? 200 : 1_000
/** Executions inside one call of a timing function: a round trip would drown the policy. */
const INNER = 20

/** `$1` is the id of a project or task, `ORG` a condition on the org, `$2`. What a page and a command do. */
const QUERIES = {
  point: { id: 'task_id', text: 'SELECT * FROM tasks t WHERE ORG t.id = $1' },
  list: {
    id: 'project_id',
    text: 'SELECT * FROM tasks t WHERE ORG t.project_id = $1 ORDER BY t.created_at DESC LIMIT 25',
  },
  join: {
    id: 'project_id',
    text: `SELECT t.*, p.name FROM tasks t JOIN projects p ON p.org_id = t.org_id AND p.id = t.project_id
           WHERE ORG t.project_id = $1 ORDER BY t.created_at DESC LIMIT 25`,
  },
  count: { id: 'project_id', text: 'SELECT count(*) FROM tasks t WHERE ORG t.project_id = $1' },
  update: { id: 'task_id', text: `UPDATE tasks t SET status = 'open' WHERE ORG t.id = $1` },
  insert: {
    id: 'project_id',
    text: `INSERT INTO tasks (org_id, id, project_id, slug, title)
           VALUES ($2, gen_random_uuid(), $1, gen_random_uuid()::text, 'new')`,
  },
} as const

type Name = keyof typeof QUERIES
const READS = ['point', 'list', 'join', 'count'] as const
const ALL: readonly Name[] = [...READS, 'update', 'insert']

/** Who asks, and what keeps the orgs apart. The second is the first again: the noise of the method. */
const WAYS = [
  { name: 'condition', role: 'poc_unbound', condition: true },
  { name: 'twin', role: 'poc_unbound', condition: true },
  { name: 'policy', role: 'poc_app', condition: false },
  { name: 'both', role: 'poc_app', condition: true },
] as const

/** The statement with a condition on the org, or with the policy as the only one. */
function written(name: Name, { condition, name: way }: (typeof WAYS)[number]): string {
  // The comment keeps each way's prepared statement apart: one that changes its role is planned anew every time.
  return `${QUERIES[name].text.replace('ORG', condition ? 't.org_id = $2 AND' : '')} -- ${way}`
}

/** Fills the table, measures each query with the policies and without, side by side, and states the criteria. */
export async function measureLatency(c: Criteria, bench: Bench): Promise<void> {
  await fill(bench)
  // For the policy alone the setting is made once, for the session; the product never does that.
  await bench.root`SELECT set_config('app.current_org_id', ${bench.a.org_id}, false)`
  const costs: Interval[] = []
  for (const name of ALL) {
    const [free, twin, policy, both] = await measure(bench, name)
    const cost = overhead(free!, policy!)
    costs.push(cost)
    c.note(
      `L1 ${name}`,
      `condition ${times(free!)}; twin ${share(overhead(free!, twin!))}; both ${share(overhead(free!, both!))}; policy in its place ${share(cost)}`,
      100 * cost.middle,
      '%',
    )
  }
  const mean = (end: keyof Interval) =>
    100 * (Math.exp(costs.reduce((sum, cost) => sum + Math.log1p(cost[end]), 0) / costs.length) - 1)
  c.check(
    'L1',
    `the policy alone, geometric mean of the six (${mean('low').toFixed(1)} … ${mean('high').toFixed(1)} %)`,
    // Short: a busy machine must not fail it by chance, so the lower end of the interval counts.
    mean(short ? 'low' : 'middle'),
    { max: 5, unit: '%' },
  )
  await measureInside(c, bench)
  await bench.root`RESET ROLE`
  await bench.root`RESET app.current_org_id`
  await measureScope(c, bench, ITERATIONS)
  await measureForms(c, bench)
}

/**
 * Milliseconds of a query in each way. All on one connection that changes its role in between: two backends that got
 * different cores differ by more than the policy.
 */
async function measure({ a, root }: Bench, name: Name): Promise<number[][]> {
  const variants = WAYS.map((way): Variant => {
    const text = written(name, way)
    const values = text.includes('$2') ? [a[QUERIES[name].id], a.org_id] : [a[QUERIES[name].id]]
    return {
      before: () => root.unsafe(`SET ROLE ${way.role}`),
      run: () => root.unsafe(text, values, { prepare: true }),
    }
  })
  return await sideBySide(variants, ITERATIONS)
}

/** The policy without the round trip: what a statement inside a function pays. */
async function measureInside(c: Criteria, { a, root }: Bench): Promise<void> {
  for (const name of READS) {
    const taken: Record<string, number[]> = {}
    for (let at = 0; at < ITERATIONS / 10; at++) {
      for (const way of WAYS) {
        await root.unsafe(`SET ROLE ${way.role}`)
        const values = [a[QUERIES[name].id], a.org_id, INNER]
        const [row] = await root.unsafe(`SELECT time_${name}_${way.name}($1, $2, $3) AS us`, values, {
          prepare: true,
        })
        taken[way.name] ??= []
        taken[way.name]!.push(Number(row?.us))
      }
    }
    const { condition = [], policy = [], both = [] } = taken
    c.note(
      `L2 ${name}`,
      `inside the server: condition ${median(condition).toFixed(1)} µs, both ${median(both).toFixed(1)} µs, policy ${median(policy).toFixed(1)} µs; added by the policy`,
      median(policy) - median(condition),
      'µs',
    )
  }
}

async function fill({ a, b, root }: Bench): Promise<void> {
  for (const org of [a, b]) {
    await root`
      INSERT INTO tasks (org_id, id, project_id, slug, title, created_at)
      SELECT p.org_id, gen_random_uuid(), p.id, 'bulk-' || n || '-' || p.slug, 'task ' || n, now() - n * interval '1 minute'
      FROM projects p, generate_series(1, ${ROWS / 20 - 10}::int) n
      WHERE p.org_id = ${org.org_id} AND p.slug LIKE 'project-%'`
  }
  for (const name of READS) {
    for (const way of WAYS) {
      await root.unsafe(`
        CREATE FUNCTION time_${name}_${way.name}(uuid, uuid, times int) RETURNS double precision LANGUAGE plpgsql AS $$
        DECLARE begun timestamptz := clock_timestamp();
        BEGIN
          FOR at IN 1..times LOOP PERFORM * FROM (${written(name, way)}
          ) q; END LOOP;
          RETURN extract(epoch FROM clock_timestamp() - begun) * 1e6 / times;
        END $$`)
    }
  }
  await root.unsafe('VACUUM ANALYZE')
}

const times = (values: readonly number[]) =>
  `p50 ${median(values).toFixed(3)} p95 ${percentile(values, 95).toFixed(3)} ms`
const signed = (value: number) => `${value >= 0 ? '+' : ''}${(100 * value).toFixed(1)}`
const share = ({ middle, low, high }: Interval) => `${signed(middle)} % (${signed(low)} … ${signed(high)})`
