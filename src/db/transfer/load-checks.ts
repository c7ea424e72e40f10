import { hasCircle } from '../../domain/dependencies.ts'
import type { Sql } from '../client.ts'

/** They are read into memory. Far beyond what people draw. */
const DEPENDENCIES_MAX = 500_000

/** Contradictions that no constraint of the tables refuses: a query for each that finds one. */
const CHECKS: readonly { problem: string; query: string }[] = [
  {
    problem: 'memberships.jsonl: there is no administrator',
    query: `select where not exists (
      select from memberships where org_id = $1 and role = 'administrator' and status = 'active')`,
  },
  {
    problem: 'memberships.jsonl: a member is not what its user is',
    query: `select from memberships m join users u on u.id = m.user_id where m.org_id = $1 and m.type <> u.type limit 1`,
  },
  {
    problem: 'projects.jsonl: the owner of a project is no member',
    query: `select from projects p where p.org_id = $1 and p.owner_id is not null and not exists (
      select from memberships m where m.org_id = p.org_id and m.user_id = p.owner_id) limit 1`,
  },
  {
    problem: 'projects.jsonl: a project has not the channel that it names',
    query: `select from projects p where p.org_id = $1 and not exists (
      select from channels c where c.org_id = p.org_id and c.id = p.channel_id and c.project_id = p.id) limit 1`,
  },
  {
    problem: 'channel_reads.jsonl: a reader is neither a member nor a sub-agent',
    query: `select from channel_reads r where r.org_id = $1
      and not exists (select from memberships m where m.org_id = r.org_id and m.user_id = r.user_id)
      and not exists (select from sub_agents a where a.org_id = r.org_id and a.id = r.user_id) limit 1`,
  },
  {
    problem: 'subscriptions.jsonl: a subscriber is neither a member nor a sub-agent',
    query: `select from subscriptions s where s.org_id = $1
      and not exists (select from memberships m where m.org_id = s.org_id and m.user_id = s.user_id)
      and not exists (select from sub_agents a where a.org_id = s.org_id and a.id = s.user_id) limit 1`,
  },
  {
    problem: 'messages.jsonl: a message is in a channel that is not in the file, or beyond its last one',
    query: `select from (select channel_id, max(seq) as seq from messages where org_id = $1 group by channel_id) as m
      left join channels c on c.org_id = $1 and c.id = m.channel_id where c.id is null or c.last_seq < m.seq limit 1`,
  },
  {
    problem: 'messages.jsonl: two messages have one id',
    query: `select from messages where org_id = $1 group by id having count(*) > 1 limit 1`,
  },
  {
    problem: 'events.jsonl: the log has a gap, or does not end where the manifest says',
    query: `select from (
        select count(*) as n, min(sequence) as first, max(sequence) as last from events where org_id = $1) as e,
      org_heads h where h.org_id = $1 and e.n > 0 and (e.n <> e.last - e.first + 1 or e.last <> h.sequence)`,
  },
  {
    problem: 'notifications.jsonl: a notification is about an event after the last one',
    query: `select from notifications n join org_heads h on h.org_id = n.org_id
      where n.org_id = $1 and n.event_sequence > h.sequence limit 1`,
  },
]

/** What is wrong with the rows of an org that was just loaded, one sentence each. */
export async function loadProblems(sql: Sql, org_id: string): Promise<string[]> {
  const problems: string[] = []
  for (const { problem, query } of CHECKS) {
    const found = await sql.unsafe(query, [org_id])
    if (found.length > 0) problems.push(problem)
  }
  const dependencies = await sql<{ task_id: string; blocked_by_id: string }[]>`
    select task_id, blocked_by_id from task_dependencies where org_id = ${org_id} limit ${DEPENDENCIES_MAX + 1}`
  if (dependencies.length > DEPENDENCIES_MAX)
    problems.push(`task_dependencies.jsonl: there are more than ${DEPENDENCIES_MAX} rows`)
  else if (hasCircle(dependencies))
    problems.push('task_dependencies.jsonl: tasks block each other in a circle')
  return problems
}
