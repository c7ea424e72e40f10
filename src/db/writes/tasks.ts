import type { Evidence, Task } from '../../contracts/resources.ts'
import type { Difference } from '../../domain/lists.ts'
import type { Fragment } from '../client.ts'
import { withParts } from './parts.ts'
import type { Writer } from './writer.ts'

/** Tasks that one statement stores together. */
export interface TaskWrites {
  created: readonly Task[]
  /** Status, times and version of changed tasks, each once, with the evidence that came with the change. */
  moved: readonly { task: Task; evidence_added: readonly Evidence[] }[]
}

/**
 * The parts of a statement that stores these tasks, to be put before its main query by {@link withParts}. Rows travel as
 * JSON, so that the text of the statement does not depend on how many there are. Moved tasks are found by their ids as an
 * array: a join alone may go through all tasks of the org.
 */
export function taskParts(
  { sql, org_id, now }: Pick<Writer, 'sql' | 'org_id' | 'now'>,
  { created, moved }: TaskWrites,
): Fragment[] {
  const in_projects = created.flatMap(({ id, project_ids }) =>
    project_ids.map((project_id) => ({ task_id: id, project_id })),
  )
  const assigned = created.flatMap(({ id, assignee_ids }) =>
    assignee_ids.map((user_id, place) => ({ task_id: id, user_id, place })),
  )
  const blocked = created.flatMap(({ id, blocked_by }) =>
    blocked_by.map((blocker) => ({ task_id: id, blocked_by_id: blocker.id })),
  )
  const evidence = moved.flatMap(({ task, evidence_added }) =>
    evidence_added.map((item) => ({ ...item, task_id: task.id })),
  )
  return [
    ...rows(
      created.map(taskRow),
      (json) => sql`
      created_tasks as (
        insert into tasks (org_id, id, title, description, type, priority, status, required_evidence_types, created_by, created_at, updated_at)
        select ${org_id}, id, title, description, type, priority, status, required_evidence_types, created_by, ${now}, ${now}
        from json_to_recordset(${json}::text::json) as t(id uuid, title text, description text, type text, priority text,
          status text, required_evidence_types text[], created_by uuid))`,
    ),
    ...rows(
      in_projects,
      (json) => sql`
      created_in_projects as (
        insert into task_projects (org_id, task_id, project_id)
        select ${org_id}, task_id, project_id
        from json_to_recordset(${json}::text::json) as p(task_id uuid, project_id uuid))`,
    ),
    ...rows(
      assigned,
      (json) => sql`
      created_assignees as (
        insert into task_assignees (org_id, task_id, user_id, created_at)
        select ${org_id}, task_id, user_id, ${now}::timestamptz + place * interval '1 microsecond'
        from json_to_recordset(${json}::text::json) as a(task_id uuid, user_id uuid, place int))`,
    ),
    ...rows(
      blocked,
      (json) => sql`
      created_dependencies as (
        insert into task_dependencies (org_id, task_id, blocked_by_id, created_at)
        select ${org_id}, task_id, blocked_by_id, ${now}
        from json_to_recordset(${json}::text::json) as d(task_id uuid, blocked_by_id uuid))`,
    ),
    ...rows(
      moved.map(({ task }) => movedRow(task)),
      (json) => sql`
      moved_tasks as (
        update tasks t set status = m.status, completed_at = m.completed_at, archived_at = m.archived_at,
          version = m.version, updated_at = m.updated_at
        from json_to_recordset(${json}::text::json) as m(id uuid, status text, completed_at timestamptz,
          archived_at timestamptz, version int, updated_at timestamptz)
        where t.org_id = ${org_id} and t.id = any(${moved.map(({ task }) => task.id)}::uuid[]) and t.id = m.id)`,
    ),
    ...rows(
      evidence,
      (json) => sql`
      moved_evidence as (
        insert into task_evidence (org_id, id, task_id, type, url, added_by, created_at)
        select ${org_id}, id, task_id, type, url, added_by, created_at
        from json_to_recordset(${json}::text::json)
          as e(id uuid, task_id uuid, type text, url text, added_by uuid, created_at timestamptz))`,
    ),
  ]
}

/**
 * Stores these tasks by a separate statement. The writes belong to earlier commands and do not count as writes of the
 * running command, which may still refuse.
 */
export async function writeTasks(
  to: Pick<Writer, 'sql' | 'org_id' | 'now'>,
  writes: TaskWrites,
): Promise<void> {
  await to.sql`${withParts(to.sql, taskParts(to, writes))} select 1`
}

function taskRow({
  id,
  title,
  description,
  type,
  priority,
  status,
  required_evidence_types,
  created_by,
}: Task) {
  return { id, title, description, type, priority, status, required_evidence_types, created_by }
}

function movedRow({ id, status, completed_at, archived_at, version, updated_at }: Task) {
  return { id, status, completed_at, archived_at, version, updated_at }
}

/** A part of the statement when there are rows for it, else none. */
function rows(items: readonly object[], build: (json: string) => Fragment): Fragment[] {
  return items.length > 0 ? [build(JSON.stringify(items))] : []
}

/** Changes beside the row of a task. */
export interface TaskChanges {
  projects?: Difference
  assignees?: Difference
  blockers?: Difference
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

function evidenceParts({ sql, org_id }: Writer, _id: string, changes: TaskChanges): Fragment[] {
  return [
    ...some(
      changes.evidence_removed,
      (ids) => sql`
      less_evidence as (delete from task_evidence where org_id = ${org_id} and id = any(${ids}::uuid[]))`,
    ),
  ]
}

const NOTHING: Difference = { added: [], removed: [] }

/** A part of the statement when there is something for it to do, else none. */
function some<T>(items: readonly T[] | undefined, build: (items: T[]) => Fragment): Fragment[] {
  return items && items.length > 0 ? [build([...items])] : []
}
