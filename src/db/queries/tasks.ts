import { LIMITS } from '../../contracts/limits.ts'
import type { Page } from '../../contracts/lists.ts'
import type { Task } from '../../contracts/resources.ts'
import type { Priority, TaskStatus, TaskType } from '../../contracts/vocabulary.ts'
import { type Dependency, wayOver } from '../../domain/dependencies.ts'
import type { Database, Fragment, OneReader, OrgRef, Sql, Tx } from '../client.ts'
import { allOf, type PageRequest, readPage } from './pages.ts'

/** How JSON built by the database writes a time: like every other time of the API. */
const isoTime = (sql: Sql, column: string) =>
  sql`to_char(${sql(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`

/**
 * A reference to a task. Looked up by key instead of joined: before the first statistics (a new server, a large import)
 * the planner assumes tiny orgs, and a join may then scan all tasks for each row.
 */
const taskLink = (sql: Sql, id: string) =>
  sql`(select json_build_object('id', b.id, 'title', b.title, 'status', b.status) from tasks b
       where b.org_id = d.org_id and b.id = ${sql(id)})`

/** The sub-agents that a task shows: all active ones, which are few, and the latest of those that ended. */
const shownSubAgents = (sql: Sql) => sql`
  (select * from sub_agents a where a.org_id = x.org_id and a.task_id = x.id and a.ended_at is null)
  union all
  (select * from sub_agents e where e.org_id = x.org_id and e.task_id = x.id and e.ended_at is not null
    order by e.ended_at desc, e.id desc limit ${LIMITS.task_ended_sub_agents_max})`

/** Whole tasks; ends in a condition on `x`, so that callers go on with `and`. */
function taskRows(sql: Sql, org: OrgRef): Fragment {
  return sql`
    select x.id, x.title, x.description, x.type, x.priority, x.status,
      coalesce((select array_agg(p.project_id order by p.project_id) from task_projects p
                where p.org_id = x.org_id and p.task_id = x.id), '{}') as project_ids,
      coalesce((select array_agg(a.user_id order by a.created_at, a.user_id) from task_assignees a
                where a.org_id = x.org_id and a.task_id = x.id), '{}') as assignee_ids,
      x.required_evidence_types,
      coalesce((select json_agg(json_build_object('id', e.id, 'type', e.type, 'url', e.url, 'added_by', e.added_by,
                                                  'created_at', ${isoTime(sql, 'e.created_at')}) order by e.created_at, e.id)
                from task_evidence e where e.org_id = x.org_id and e.task_id = x.id), '[]') as evidence,
      coalesce((select json_agg(${taskLink(sql, 'd.blocked_by_id')} order by d.blocked_by_id)
                from task_dependencies d where d.org_id = x.org_id and d.task_id = x.id), '[]') as blocked_by,
      coalesce((select json_agg(${taskLink(sql, 'd.task_id')} order by d.task_id)
                from task_dependencies d where d.org_id = x.org_id and d.blocked_by_id = x.id), '[]') as blocks,
      x.is_blocked,
      coalesce((select json_agg(json_build_object('id', s.id, 'task_id', s.task_id, 'host_agent_id', s.host_agent_id, 'model', s.model,
                  'display_name', s.display_name,
                  'status', s.status, 'created_by', s.created_by, 'expires_at', ${isoTime(sql, 's.expires_at')},
                  'seconds_remaining', case when s.status = 'active' then greatest(0, floor(extract(epoch from s.expires_at - now())))::bigint else 0 end,
                  'summary', s.summary, 'created_at', ${isoTime(sql, 's.created_at')}, 'ended_at', ${isoTime(sql, 's.ended_at')})
                  order by s.created_at, s.id)
                from (${shownSubAgents(sql)}) s), '[]') as sub_agents,
      x.version, x.created_by, x.completed_at, x.archived_at, x.created_at, x.updated_at
    from tasks x where x.org_id = ${org}`
}

/** Several tasks at once, in the order of their ids; one that is not there is left out. */
export async function readTasks(
  { sql }: Pick<Tx, 'sql'>,
  org_id: string,
  ids: readonly string[],
): Promise<Task[]> {
  if (ids.length === 0) return []
  return await sql<Task[]>`${taskRows(sql, org_id)} and x.id = any(${[...ids]}) order by x.id`
}

/** The tasks among `ids`, and the tasks blocked by one of `completing`. */
export async function readTasksAndWaiting(
  { sql }: Pick<Tx, 'sql'>,
  org_id: string,
  ids: readonly string[],
  completing: readonly string[],
): Promise<Task[]> {
  if (completing.length === 0) return await readTasks({ sql }, org_id, ids)
  return await sql<Task[]>`${taskRows(sql, org_id)} and x.id = any(${[...ids]}::uuid[] || array(
    select d.task_id from task_dependencies d
    where d.org_id = ${org_id} and d.blocked_by_id = any(${[...completing]}::uuid[])))`
}

export async function findTask(database: Database, org_id: string, id: string): Promise<Task | undefined> {
  const [task] = await database.readOne<Task>(
    org_id,
    (sql, org) => sql`${taskRows(sql, org)} and x.id = ${id}`,
  )
  return task
}

export const TASK_SORTS = ['created_at', 'updated_at', 'priority', 'status', 'title'] as const

export interface TaskFilter extends PageRequest {
  project_id?: string
  status?: TaskStatus
  assigned_to?: string
  priority?: Priority
  type?: TaskType
  blocked?: boolean
  q?: string
  include_archived?: boolean
  sort?: (typeof TASK_SORTS)[number]
  order?: 'asc' | 'desc'
  /** Set for a sub-agent: its own task and nothing else. */
  only_id?: string
}

export async function listTasks(
  database: OneReader,
  org_id: string,
  filter: TaskFilter,
): Promise<Page<Task>> {
  const { project_id, status, assigned_to, priority, type, blocked, q, include_archived, only_id } = filter
  const { sort = 'created_at', order = 'desc' } = filter
  return await readPage<Task>(database, org_id, filter, {
    matching: (sql, org) => sql`
      select t.id, t.created_at, t.updated_at, t.priority_rank, t.status_rank, t.title
      from ${q ? sql`find_tasks(${org}, ${q})` : sql`tasks`} t where t.org_id = ${org} and ${allOf(sql, [
        include_archived ? undefined : sql`t.archived_at is null`,
        only_id ? sql`t.id = ${only_id}` : undefined,
        project_id
          ? sql`exists (select from task_projects p where p.org_id = t.org_id and p.project_id = ${project_id} and p.task_id = t.id)`
          : undefined,
        assigned_to
          ? sql`exists (select from task_assignees a where a.org_id = t.org_id and a.user_id = ${assigned_to} and a.task_id = t.id)`
          : undefined,
        status ? sql`t.status = ${status}` : undefined,
        priority ? sql`t.priority = ${priority}` : undefined,
        type ? sql`t.type = ${type}` : undefined,
        blocked === undefined ? undefined : sql`t.is_blocked = ${blocked}`,
      ])}`,
    order: (sql) => {
      const key = {
        created_at: sql`m.created_at`,
        updated_at: sql`m.updated_at`,
        priority: sql`m.priority_rank`,
        status: sql`m.status_rank`,
        title: sql`m.title collate "natural"`,
      }[sort]
      return order === 'asc'
        ? sql`${key}, m.created_at, m.id`
        : sql`${key} desc, m.created_at desc, m.id desc`
    },
    rows: taskRows,
    once: q !== undefined,
  })
}

/**
 * The path from one task to another over "is blocked by", as ids; undefined when there is none. Adding the edge
 * `to → from` would close this cycle.
 */
export async function blockerPath(
  { sql }: Pick<Tx, 'sql'>,
  org_id: string,
  from: string,
  to: string,
): Promise<string[] | undefined> {
  const reached = await sql<Dependency[]>`
    with recursive reached(id) as (
      select ${from}::uuid
      union
      select d.blocked_by_id from reached r join task_dependencies d on d.org_id = ${org_id} and d.task_id = r.id
    )
    select d.task_id, d.blocked_by_id from reached r join task_dependencies d on d.org_id = ${org_id} and d.task_id = r.id`
  return wayOver(reached, from, to)
}
