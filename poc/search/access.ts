import type { Criteria } from '../lib/criteria.ts'
import { type Library, uuids } from './library.ts'
import { BY_INDEX, BY_WALK, NAIVE } from './statements.ts'

/** Nobody finds what they may not read, whatever they ask the function for. */
export async function checkAccess(c: Criteria, library: Library): Promise<void> {
  const { org_id, other_org_id, project_ids, root, app } = library
  const mine = await root<{ id: string }[]>`
    SELECT id FROM messages WHERE org_id = ${org_id} AND project_id = ANY (${uuids(project_ids.slice(0, 5))}::text::uuid[])`
  const own = new Set(mine.map(({ id }) => id))
  const some = await library.search('deploy', { project_ids: project_ids.slice(0, 5) })
  c.check(
    'A1',
    'found messages of projects that the caller may not read',
    some.filter(({ type, id }) => type === 'message' && !own.has(id)).length,
    { equals: 0 },
  )
  c.check(
    'A2',
    'found with no project to read',
    (await library.search('deploy', { project_ids: [] })).length,
    {
      equals: 0,
    },
  )
  c.check(
    'A3',
    'found in another org than the one in scope',
    (await library.search('deploy', { org_id: other_org_id, scope: org_id })).length +
      (await library.search('deploy', { scope: '' })).length,
    { equals: 0 },
  )
  const bare =
    await app`SELECT count(*)::int AS n FROM search(${org_id}, 'deploy', ${uuids(project_ids)}::text::uuid[], 25)`
  c.check('A4', 'found without any scope', bare[0]?.n ?? -1, { equals: 0 })
  const own_role = await app<
    { n: number }[]
  >`SELECT count(*)::int AS n FROM messages WHERE org_id = ${other_org_id}`
  c.check('A5', 'rows of another org that the application role sees itself', own_role[0]?.n ?? -1, {
    equals: 0,
  })
}

interface Plan {
  'Node Type': string
  'Index Name'?: string
  Plans?: Plan[]
}

function indexesOf(plan: Plan): string[] {
  return [plan['Index Name'] ?? [], ...(plan.Plans ?? []).map(indexesOf)].flat()
}

/** Which index the naive query under the policy, and the function’s query as its owner, use for a rare word. */
export async function checkPlans(c: Criteria, library: Library): Promise<void> {
  const { org_id, project_ids, root } = library
  const explained = async (role: string, text: string, values: string[]) => {
    return await root.begin(async (tx) => {
      await tx`SELECT set_config('app.current_org_id', ${org_id}, true)`
      await tx.unsafe(`SET LOCAL ROLE ${role}`)
      const [row] = await tx.unsafe(`EXPLAIN (FORMAT JSON) ${text}`, values)
      const [{ Plan: plan }] = row!['QUERY PLAN'] as [{ Plan: Plan }]
      return indexesOf(plan)
    })
  }
  const literal = (text: string, q: string) =>
    text
      .replaceAll('p_org_id', `'${org_id}'::uuid`)
      .replaceAll('p_project_ids', `'${uuids(project_ids)}'::uuid[]`)
      .replaceAll('query', `search_query('${q}')`)
  const naive = await explained('poc_app', NAIVE.replace('$1', `'${org_id}'`).replace('$2', `'timezone'`), [])
  const rare = await explained('poc_search', literal(BY_INDEX, 'timezone'), [])
  const frequent = await explained('poc_search', literal(BY_WALK, 'deploy'), [])
  c.check('P1', 'the naive query under the policy uses the text index', naive.includes('messages_search'), {
    equals: false,
  })
  c.note('P1', 'what it uses', naive.join(', ') || 'no index')
  c.check('P2', 'the function uses it for a rare word', rare.includes('messages_search'), { equals: true })
  c.check('P3', 'for a frequent one it walks back in time', frequent.join(), { equals: 'messages_recent' })
}
