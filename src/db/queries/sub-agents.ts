import { and, asc, eq, gt } from 'drizzle-orm'
import type { Page } from '../../contracts/lists.ts'
import type { SubAgent } from '../../contracts/resources.ts'
import type { SubAgentStatus } from '../../contracts/vocabulary.ts'
import type { Fragment, OneReader, OrgRef, Sql, Tx } from '../client.ts'
import { sub_agents } from '../schema/work.ts'
import { build, inOrg, type Params, statement } from '../statement.ts'
import { allOf, type PageRequest, readPage } from './pages.ts'

/** A sub-agent with the text that only some may read. */
export type InstructedSubAgent = SubAgent & { instructions: string }

/** An active row whose time is not over: what counts towards the cap. */
const isRunning = (p: Params<{ org_id: OrgRef; now: string }>) =>
  and(inOrg(sub_agents.org_id, p.org_id), eq(sub_agents.status, 'active'), gt(sub_agents.expires_at, p.now))

const nthEnd = statement((p: Params<{ org_id: OrgRef; now: string; before: number }>) =>
  build
    .select({ expires_at: sub_agents.expires_at })
    .from(sub_agents)
    .where(isRunning(p))
    .orderBy(asc(sub_agents.expires_at))
    .limit(1)
    .offset(p.before),
)

/** Whole sub-agents; ends in a condition on `x`, so that callers go on with `and`. */
function subAgentRows(sql: Sql, org: OrgRef, more: Fragment = sql``): Fragment {
  return sql`
    select x.id, x.task_id, x.host_agent_id, x.model, x.display_name, x.status, x.created_by, x.expires_at,
      case when x.status = 'active' then greatest(0, floor(extract(epoch from x.expires_at - now())))::int else 0 end
        as seconds_remaining,
      x.summary, x.created_at, x.ended_at ${more}
    from sub_agents x where x.org_id = ${org}`
}

const withInstructions = (sql: Sql) => sql`, x.instructions`

export async function findSubAgent(
  database: OneReader,
  org_id: string,
  id: string,
): Promise<InstructedSubAgent | undefined> {
  const [found] = await database.readOne<InstructedSubAgent>(
    org_id,
    (sql, org) => sql`${subAgentRows(sql, org, withInstructions(sql))} and x.id = ${id}`,
  )
  return found
}

export interface SubAgentFilter extends PageRequest {
  status?: SubAgentStatus
  task_id?: string
  host_agent_id?: string
  created_by?: string
}

/** Newest first. */
export async function listSubAgents(
  database: OneReader,
  org_id: string,
  filter: SubAgentFilter,
): Promise<Page<SubAgent>> {
  const { status, task_id, host_agent_id, created_by } = filter
  return await readPage<SubAgent>(database, org_id, filter, {
    matching: (sql, org) => sql`
      select s.id, s.created_at from sub_agents s where s.org_id = ${org} and ${allOf(sql, [
        status ? sql`s.status = ${status}` : undefined,
        task_id ? sql`s.task_id = ${task_id}` : undefined,
        host_agent_id ? sql`s.host_agent_id = ${host_agent_id}` : undefined,
        created_by ? sql`s.created_by = ${created_by}` : undefined,
      ])}`,
    order: (sql) => sql`m.created_at desc, m.id desc`,
    rows: subAgentRows,
  })
}

export async function readSubAgent(
  { sql }: Pick<Tx, 'sql'>,
  org_id: string,
  id: string,
): Promise<InstructedSubAgent | undefined> {
  const [found] = await sql<
    InstructedSubAgent[]
  >`${subAgentRows(sql, org_id, withInstructions(sql))} and x.id = ${id}`
  return found
}

/** The active sub-agents that a member created or hosts. */
export async function readSubAgentsOf(
  { sql }: Pick<Tx, 'sql'>,
  org_id: string,
  user_id: string,
): Promise<SubAgent[]> {
  return await sql<SubAgent[]>`${subAgentRows(sql, org_id)} and x.status = 'active'
    and (x.created_by = ${user_id} or x.host_agent_id = ${user_id}) order by x.id`
}

/** A sub-agent that did not end though its time is over, by the clock of the transaction. */
export async function readOverdue(
  { sql }: Pick<Tx, 'sql'>,
  org_id: string,
  id: string,
): Promise<SubAgent | undefined> {
  const [found] = await sql<SubAgent[]>`${subAgentRows(sql, org_id)}
    and x.id = ${id} and x.status = 'active' and x.expires_at <= now()`
  return found
}

/**
 * Of an org's sub-agents: the number of the newest, and how many run. Those whose time is over do not run, ended or not.
 */
export async function countSubAgents(
  { sql }: Pick<Tx, 'sql'>,
  org_id: string,
  now: string,
): Promise<{ last_number: number; running: number }> {
  const [counted] = await sql<{ last_number: number; running: number }[]>`
    select (select coalesce(max(s.number), 0) from sub_agents s where s.org_id = ${org_id}) as last_number,
      (select count(*)::int from sub_agents s
        where s.org_id = ${org_id} and s.status = 'active' and s.expires_at > ${now}) as running`
  return counted ?? { last_number: 0, running: 0 }
}

/** When fewer than `max` of the `running` sub-agents are left, if nobody ends one before; undefined with `max` 0. */
export async function roomAt(
  { sql }: Pick<Tx, 'sql'>,
  org_id: string,
  { running, max, now }: { running: number; max: number; now: string },
): Promise<string | undefined> {
  if (max === 0) return undefined
  const [end] = await nthEnd(sql, { org_id, now, before: running - max })
  return end?.expires_at
}
