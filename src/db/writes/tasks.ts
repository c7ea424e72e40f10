import type { Evidence, Task, TaskRef } from '../../contracts/resources.ts'
import type { Difference } from '../../domain/lists.ts'
import type { Fragment, Sql } from '../client.ts'
import { type Writer, writeIf } from './writer.ts'

/** What a new task refers to, as the database found it. */
export interface TaskReferences {
  accepted: boolean
  project_ids: string[]
  blocked_by: TaskRef[]
}

/**
 * Stores a new task with its projects, assignees and blockers in one statement. Nothing is written when one of the
 * projects or blockers does not exist: `accepted` is false then.
 */
export async function insertTask(
  to: Writer,
  task: Task,
  { project_ids, blocked_by_ids }: { project_ids: readonly string[]; blocked_by_ids: readonly string[] },
): Promise<TaskReferences> {
  const { sql, org_id, now } = to
  const { id, title, description, type, priority, status, required_evidence_types, created_by } = task
  return await writeIf(
    to,
    sql<TaskReferences[]>`
      with found_projects as (
        select id from projects where org_id = ${org_id} and id = any(${[...project_ids]}::uuid[])
      ), blockers as (
        select id, title, status from tasks where org_id = ${org_id} and id = any(${[...blocked_by_ids]}::uuid[])
      ), task as (
        insert into tasks (org_id, id, title, description, type, priority, status, required_evidence_types, created_by, created_at, updated_at)
        select ${org_id}, ${id}, ${title}, ${description}, ${type}, ${priority}, ${status}, ${required_evidence_types}::text[],
               ${created_by}, ${now}, ${now}
        where (select count(*) from found_projects) = ${project_ids.length}
          and (select count(*) from blockers) = ${blocked_by_ids.length}
        returning id
      ), in_projects as (
        insert into task_projects (org_id, task_id, project_id)
        select ${org_id}, task.id, p.id from task, found_projects p
      ), assigned as (
        insert into task_assignees (org_id, task_id, user_id, created_at)
        select ${org_id}, task.id, user_id, ${now}::timestamptz + place * interval '1 microsecond'
        from task, unnest(${task.assignee_ids}::uuid[]) with ordinality as a(user_id, place)
      ), blocked as (
        insert into task_dependencies (org_id, task_id, blocked_by_id, created_at)
        select ${org_id}, task.id, b.id, ${now} from task, blockers b
      )
      select exists (select from task) as accepted,
        coalesce((select array_agg(id order by id) from found_projects), '{}') as project_ids,
        coalesce((select json_agg(json_build_object('id', id, 'title', title, 'status', status) order by id)
                  from blockers), '[]') as blocked_by`,
  )
}

/** What changes beside the row of a task. */
export interface TaskChanges {
  projects?: Difference
  assignees?: Difference
  blockers?: Difference
  evidence_added?: readonly Evidence[]
  evidence_removed?: readonly string[]
}

/** Columns of a task that commands change; the generated search vector is computed again only when its sources are named. */
export type TaskColumn =
  | 'title'
  | 'description'
  | 'type'
  | 'priority'
  | 'required_evidence_types'
  | 'status'
  | 'completed_at'
  | 'archived_at'

/** Stores these columns of a changed task, its version, and what changed beside its row, in one statement. */
export async function updateTask(
  to: Writer,
  task: Task,
  columns: readonly TaskColumn[],
  changes: TaskChanges = {},
): Promise<void> {
  const { sql, org_id } = to
  const parts = [
    ...projectParts(to, task.id, changes.projects),
    ...assigneeParts(to, task.id, changes.assignees),
    ...blockerParts(to, task.id, changes.blockers),
    ...evidenceParts(to, task.id, changes),
  ]
  await to.write(sql`
    ${withParts(sql, parts)}
    update tasks set ${sql(task, ...columns, 'version', 'updated_at')}
    where org_id = ${org_id} and id = ${task.id}`)
}

/** Stores the time at which these tasks were archived. */
export async function archiveTasks(to: Writer, tasks: readonly Task[]): Promise<void> {
  if (tasks.length === 0) return
  await to.write(to.sql`
    update tasks set archived_at = ${to.now}, version = version + 1, updated_at = ${to.now}
    where org_id = ${to.org_id} and id = any(${tasks.map(({ id }) => id)})`)
}

function projectParts({ sql, org_id }: Writer, id: string, { added, removed } = NOTHING): Fragment[] {
  return [
    ...some(
      removed,
      (ids) => sql`
      left_projects as (delete from task_projects where org_id = ${org_id} and task_id = ${id} and project_id = any(${ids}::uuid[]))`,
    ),
    ...some(
      added,
      (ids) => sql`
      joined_projects as (
        insert into task_projects (org_id, task_id, project_id)
        select ${org_id}, ${id}, project from unnest(${ids}::uuid[]) as project)`,
    ),
  ]
}

/** New assignees are listed behind those who are assigned already. */
function assigneeParts({ sql, org_id, now }: Writer, id: string, { added, removed } = NOTHING): Fragment[] {
  return [
    ...some(
      removed,
      (ids) => sql`
      unassigned as (delete from task_assignees where org_id = ${org_id} and task_id = ${id} and user_id = any(${ids}::uuid[]))`,
    ),
    ...some(
      added,
      (ids) => sql`
      assigned as (
        insert into task_assignees (org_id, task_id, user_id, created_at)
        select ${org_id}, ${id}, user_id, greatest(${now}::timestamptz, last) + place * interval '1 microsecond'
        from unnest(${ids}::uuid[]) with ordinality as a(user_id, place),
          (select max(created_at) as last from task_assignees where org_id = ${org_id} and task_id = ${id}) as b)`,
    ),
  ]
}

function blockerParts({ sql, org_id, now }: Writer, id: string, { added, removed } = NOTHING): Fragment[] {
  return [
    ...some(
      removed,
      (ids) => sql`
      unblocked as (delete from task_dependencies where org_id = ${org_id} and task_id = ${id} and blocked_by_id = any(${ids}::uuid[]))`,
    ),
    ...some(
      added,
      (ids) => sql`
      blocked as (
        insert into task_dependencies (org_id, task_id, blocked_by_id, created_at)
        select ${org_id}, ${id}, blocker, ${now} from unnest(${ids}::uuid[]) as blocker)`,
    ),
  ]
}

function evidenceParts({ sql, org_id }: Writer, id: string, changes: TaskChanges): Fragment[] {
  return [
    ...some(
      changes.evidence_removed,
      (ids) => sql`
      less_evidence as (delete from task_evidence where org_id = ${org_id} and id = any(${ids}::uuid[]))`,
    ),
    ...some(
      changes.evidence_added,
      (added) => sql`
      more_evidence as (
        insert into task_evidence (org_id, id, task_id, type, url, added_by, created_at)
        select ${org_id}, id, ${id}, type, url, added_by, created_at
        from json_to_recordset(${JSON.stringify(added)}::text::json)
          as e(id uuid, type text, url text, added_by uuid, created_at timestamptz))`,
    ),
  ]
}

const NOTHING: Difference = { added: [], removed: [] }

/** A part of the statement when there is something for it to do, else none. */
function some<T>(items: readonly T[] | undefined, build: (items: T[]) => Fragment): Fragment[] {
  return items && items.length > 0 ? [build([...items])] : []
}

function withParts(sql: Sql, parts: readonly Fragment[]): Fragment {
  if (parts.length === 0) return sql``
  return sql`with ${parts.reduce((all, part) => sql`${all}, ${part}`)}`
}
