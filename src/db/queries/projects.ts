import type { Page } from '../../contracts/lists.ts'
import type { Project } from '../../contracts/resources.ts'
import type { ProjectStage, ProjectType } from '../../contracts/vocabulary.ts'
import type { Database, Fragment, OneReader, OrgRef, Sql, Tx } from '../client.ts'
import { allOf, like, type PageRequest, readPage } from './pages.ts'

/** Whole projects; ends in a condition on `x`, so that callers go on with `and`. */
function projectRows(sql: Sql, org: OrgRef): Fragment {
  return sql`
    select x.id, x.name, x.type, x.description, x.stage, x.owner_id, x.links,
      coalesce((select array_agg(u.user_id order by u.created_at, u.user_id) from project_users u
                where u.org_id = x.org_id and u.project_id = x.id), '{}') as assigned_user_ids,
      x.channel_id,
      (select json_build_object('backlog', count(*) filter (where c.status = 'backlog'),
                                'in-progress', count(*) filter (where c.status = 'in-progress'),
                                'in-review', count(*) filter (where c.status = 'in-review'),
                                'complete', count(*) filter (where c.status = 'complete'))
       from (select (select t.status from tasks t where t.org_id = tp.org_id and t.id = tp.task_id) as status
             from task_projects tp where tp.org_id = x.org_id and tp.project_id = x.id offset 0) as c) as task_counts,
      x.version, x.created_at, x.updated_at
    from projects x where x.org_id = ${org}`
}

export async function readProject(
  { sql }: Pick<Tx, 'sql'>,
  org_id: string,
  id: string,
): Promise<Project | undefined> {
  const [project] = await sql<Project[]>`${projectRows(sql, org_id)} and x.id = ${id}`
  return project
}

/** Several projects at once, in the order of their ids. */
export async function readProjects(
  { sql }: Pick<Tx, 'sql'>,
  org_id: string,
  ids: readonly string[],
): Promise<Project[]> {
  if (ids.length === 0) return []
  return await sql<Project[]>`${projectRows(sql, org_id)} and x.id = any(${[...ids]}) order by x.id`
}

export async function findProject(
  database: Database,
  org_id: string,
  id: string,
): Promise<Project | undefined> {
  const [project] = await database.readOne<Project>(
    org_id,
    (sql, org) => sql`${projectRows(sql, org)} and x.id = ${id}`,
  )
  return project
}

export interface ProjectFilter extends PageRequest {
  stage?: ProjectStage
  owner_id?: string
  type?: ProjectType
  assigned_to?: string
  q?: string
  include_archived?: boolean
  sort?: 'created_at' | 'updated_at' | 'name' | 'stage'
  order?: 'asc' | 'desc'
  /** Set for a sub-agent: the projects of its task and no others. */
  only_ids?: readonly string[]
}

/** Projects; archived ones only on request. */
export async function listProjects(
  database: OneReader,
  org_id: string,
  filter: ProjectFilter,
): Promise<Page<Project>> {
  const {
    stage,
    owner_id,
    type,
    assigned_to,
    q,
    include_archived,
    only_ids,
    sort = 'created_at',
    order = 'desc',
  } = filter
  return await readPage<Project>(database, org_id, filter, {
    matching: (sql, org) => sql`
      select p.id, p.created_at, p.updated_at, p.name, p.stage from projects p
      where p.org_id = ${org} and ${allOf(sql, [
        include_archived || stage === 'end-of-life' ? undefined : sql`p.stage <> 'end-of-life'`,
        only_ids ? sql`p.id = any(${[...only_ids]})` : undefined,
        stage ? sql`p.stage = ${stage}` : undefined,
        owner_id ? sql`p.owner_id = ${owner_id}` : undefined,
        type ? sql`p.type = ${type}` : undefined,
        assigned_to
          ? sql`exists (select from project_users u where u.org_id = p.org_id and u.project_id = p.id and u.user_id = ${assigned_to})`
          : undefined,
        q
          ? sql`(fold_text(p.name) like fold_text(${like(q)}) or fold_text(p.description) like fold_text(${like(q)}))`
          : undefined,
      ])}`,
    order: (sql) => {
      const key = {
        created_at: sql`m.created_at`,
        updated_at: sql`m.updated_at`,
        name: sql`m.name collate "natural"`,
        stage: sql`array_position(array['definition','poc','development','testing','adoption','maintenance','end-of-life'], m.stage)`,
      }[sort]
      return order === 'asc' ? sql`${key}, m.id` : sql`${key} desc, m.id desc`
    },
    rows: projectRows,
  })
}
