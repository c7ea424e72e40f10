import { and, eq, sql as text } from 'drizzle-orm'
import type { Project } from '../../contracts/resources.ts'
import { project_users, projects } from '../schema/work.ts'
import { build, given, inOrg, type Params, statement } from '../statement.ts'
import type { Writer } from './writer.ts'

interface InOrg {
  org_id: string
  id: string
}
type Fields = Pick<Project, 'name' | 'type' | 'description' | 'owner_id' | 'links'>
type Version = Pick<Project, 'version' | 'updated_at'>

const insert = statement(
  (
    p: Params<
      InOrg & Fields & Pick<Project, 'stage' | 'channel_id'> & { created_by: string | null; now: string }
    >,
  ) =>
    build.insert(projects).values({
      org_id: p.org_id,
      id: p.id,
      name: p.name,
      type: p.type,
      description: p.description,
      stage: p.stage,
      owner_id: p.owner_id,
      links: p.links,
      channel_id: p.channel_id,
      created_by: p.created_by,
      created_at: p.now,
      updated_at: p.now,
    }),
)

const update = statement((p: Params<InOrg & Fields & Version>) =>
  build
    .update(projects)
    .set({
      name: given(p.name),
      type: given(p.type),
      description: given(p.description),
      owner_id: given(p.owner_id),
      links: given(p.links),
      version: given(p.version),
      updated_at: given(p.updated_at),
    })
    .where(and(inOrg(projects.org_id, p.org_id), eq(projects.id, p.id))),
)

const move = statement(
  (p: Params<InOrg & Version & Pick<Project, 'stage'> & { archived_at: string | null }>) =>
    build
      .update(projects)
      .set({
        stage: given(p.stage),
        archived_at: given(p.archived_at),
        version: given(p.version),
        updated_at: given(p.updated_at),
      })
      .where(and(inOrg(projects.org_id, p.org_id), eq(projects.id, p.id))),
)

const unassign = statement((p: Params<InOrg & { user_id: string }>) =>
  build
    .delete(project_users)
    .where(
      and(
        inOrg(project_users.org_id, p.org_id),
        eq(project_users.project_id, p.id),
        eq(project_users.user_id, p.user_id),
      ),
    ),
)

const disown = statement((p: Params<{ org_id: string; owner_id: string; now: string }>) =>
  build
    .update(projects)
    .set({ owner_id: null, version: text`${projects.version} + 1`, updated_at: given(p.now) })
    .where(and(inOrg(projects.org_id, p.org_id), eq(projects.owner_id, p.owner_id)))
    .returning({ id: projects.id }),
)

export async function insertProject(to: Writer, project: Project, created_by: string | null): Promise<void> {
  const { id, name, type, description, stage, owner_id, links, channel_id } = project
  const fields = { id, name, type, description, stage, owner_id, links, channel_id }
  await to.write(insert(to.sql, { ...fields, org_id: to.org_id, created_by, now: to.now }))
}

/** Stores name, type, description, owner and links of a changed project, with its version. */
export async function updateProject(to: Writer, project: Project): Promise<void> {
  const { id, name, type, description, owner_id, links, version, updated_at } = project
  const fields = { id, name, type, description, owner_id, links, version, updated_at }
  await to.write(update(to.sql, { ...fields, org_id: to.org_id }))
}

/** Stores the stage of a moved project, with its version; `archived_at` is set at the end of its life. */
export async function moveProject(to: Writer, project: Project, archived_at: string | null): Promise<void> {
  const { id, stage, version, updated_at } = project
  await to.write(move(to.sql, { org_id: to.org_id, id, stage, version, updated_at, archived_at }))
}

/**
 * Assigns members behind those who are assigned already: they are listed in the order of their assignment. They start at
 * the end of the project's channel; a marker from an earlier assignment is kept. Text: one statement for any number of
 * members.
 */
export async function assignToProject(to: Writer, id: string, user_ids: readonly string[]): Promise<void> {
  if (user_ids.length === 0) return
  const { sql, org_id, now } = to
  await to.write(sql`
    with assigned as (
      insert into project_users (org_id, project_id, user_id, created_at)
      select ${org_id}, ${id}, user_id, greatest(${now}::timestamptz, last) + place * interval '1 microsecond'
      from unnest(${[...user_ids]}::uuid[]) with ordinality as a(user_id, place),
        (select max(created_at) as last from project_users where org_id = ${org_id} and project_id = ${id}) as b
      returning user_id
    )
    insert into channel_reads (org_id, channel_id, user_id, read_seq, updated_at)
    select c.org_id, c.id, assigned.user_id, c.last_seq, ${now} from channels c, assigned
    where c.org_id = ${org_id} and c.last_seq > 0 and c.project_id = ${id}
    on conflict (org_id, channel_id, user_id) do nothing`)
}

export async function unassignFromProject(to: Writer, id: string, user_id: string): Promise<void> {
  await to.write(unassign(to.sql, { org_id: to.org_id, id, user_id }))
}

/** Removes the owner of every project that a member owns; returns these projects. */
export async function disownProjects(to: Writer, owner_id: string): Promise<string[]> {
  const rows = await to.write(disown(to.sql, { org_id: to.org_id, owner_id, now: to.now }))
  return rows.map(({ id }) => id)
}
