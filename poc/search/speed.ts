import { type Criteria, short } from '../lib/criteria.ts'
import { percentile } from '../lib/figures.ts'
import type { Library } from './library.ts'

const WORDS = [
  'timezone',
  'invoice',
  'deploy',
  'cursor',
  'webhook',
  'staging',
  'reproduced',
  'migration',
  'attachment',
  'proxy',
  'nightly',
  'permission',
  'support',
  'profiled',
  'theme',
  'AUTH-1234',
  'PAY-17',
  'SYNC-4711',
  'cache',
  'customer',
]

async function times(rounds: number, run: (i: number) => Promise<unknown>): Promise<number[]> {
  // The first of each kind compiles and warms; it is what a server does once.
  for (let i = 0; i < 5; i++) await run(i)
  const taken: number[] = []
  for (let i = 0; i < rounds; i++) {
    const begin_ms = performance.now()
    await run(i)
    taken.push(performance.now() - begin_ms)
  }
  return taken
}

/** Latencies over one library; `limits_ms` are for one word, two words in a project, five of twenty projects. */
export async function measureSpeed(
  c: Criteria,
  library: Library,
  id: string,
  rounds: number,
  limits_ms: { one: number; two: number; access: number; frequent: number },
): Promise<void> {
  const { search, project_ids } = library
  const word = (i: number) => WORDS[i % WORDS.length]!
  const check = (n: string, text: string, taken: number[], limit_ms: number) => {
    // Short: only a plan that reads everything is over it, not a busy machine.
    const max = short ? 20 * limit_ms : limit_ms
    c.check(`${id}${n}`, `${text}, p95 of ${taken.length}`, percentile(taken, 95), { max, unit: 'ms' })
    c.note(`${id}${n}`, 'p50', percentile(taken, 50), 'ms')
  }
  check('.1', 'one word', await times(rounds, (i) => search(word(i))), limits_ms.one)
  check(
    '.2',
    'two words in one project',
    await times(rounds, (i) => search(`${word(i)} ${word(i + 7)}`, { project_ids: [project_ids[i % 50]!] })),
    limits_ms.two,
  )
  check(
    '.3',
    'one word, 5 of 20 projects readable',
    await times(rounds, (i) => search(word(i), { project_ids: project_ids.slice(i % 40, (i % 40) + 5) })),
    limits_ms.access,
  )
  check(
    '.4',
    'a word of every tenth message',
    await times(rounds, () => search('deploy')),
    limits_ms.frequent,
  )
  check(
    '.5',
    'the same in five projects',
    await times(rounds, (i) => search('deploy', { project_ids: project_ids.slice(i % 40, (i % 40) + 5) })),
    limits_ms.frequent,
  )
}

/** What ranking everything that matches would cost for a frequent word. */
export async function measureRankAll(c: Criteria, { root, org_id }: Library): Promise<void> {
  const taken = await times(
    5,
    () => root`
      SELECT m.id, ts_rank_cd(m.search_vector, search_query('deploy'), 32) AS rank FROM messages m
      WHERE m.org_id = ${org_id} AND m.search_vector @@ search_query('deploy') ORDER BY rank DESC LIMIT 25`,
  )
  c.note(
    'M0',
    'a word of every tenth message, when all that match are ranked: p50',
    percentile(taken, 50),
    'ms',
  )
}
