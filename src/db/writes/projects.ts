import type { Project } from '../../contracts/resources.ts'
import type { Writer } from './writer.ts'

export async function insertProject(to: Writer, project: Project, created_by: string | null): Promise<void> {
  await to.write(to.sql`
    insert into projects (org_id, id, name, type, description, stage, owner_id, links, channel_id, created_by, created_at, updated_at)
    values (${to.org_id}, ${project.id}, ${project.name}, ${project.type}, ${project.description}, ${project.stage},
            ${project.owner_id}, ${JSON.stringify(project.links)}::text::jsonb, ${project.channel_id}, ${created_by},
            ${to.now}, ${to.now})`)
}

/** Stores name, type, description, owner and links of a changed project, with its version. */
export async function updateProject(to: Writer, project: Project): Promise<void> {
  await to.write(to.sql`
    update projects set name = ${project.name}, type = ${project.type}, description = ${project.description},
      owner_id = ${project.owner_id}, links = ${JSON.stringify(project.links)}::text::jsonb,
      version = ${project.version}, updated_at = ${project.updated_at}
    where org_id = ${to.org_id} and id = ${project.id}`)
}

/** Stores the stage of a moved project, with its version; `archived_at` is set at the end of its life. */
export async function moveProject(to: Writer, project: Project, archived_at: string | null): Promise<void> {
  await to.write(to.sql`
    update projects set stage = ${project.stage}, archived_at = ${archived_at}, version = ${project.version},
      updated_at = ${project.updated_at}
    where org_id = ${to.org_id} and id = ${project.id}`)
}

/** Assigns members behind those who are assigned already: they are listed in the order of their assignment. */
export async function assignToProject(to: Writer, id: string, user_ids: readonly string[]): Promise<void> {
  if (user_ids.length === 0) return
  const { sql, org_id, now } = to
  await to.write(sql`
    insert into project_users (org_id, project_id, user_id, created_at)
    select ${org_id}, ${id}, user_id, greatest(${now}::timestamptz, last) + place * interval '1 microsecond'
    from unnest(${[...user_ids]}::uuid[]) with ordinality as a(user_id, place),
      (select max(created_at) as last from project_users where org_id = ${org_id} and project_id = ${id}) as b`)
}

export async function unassignFromProject(to: Writer, id: string, user_id: string): Promise<void> {
  await to.write(to.sql`
    delete from project_users where org_id = ${to.org_id} and project_id = ${id} and user_id = ${user_id}`)
}

/** Takes the owner away from every project of a member; answers which they were. */
export async function disownProjects(to: Writer, owner_id: string): Promise<string[]> {
  const rows = await to.write(to.sql<{ id: string }[]>`
    update projects set owner_id = null, version = version + 1, updated_at = ${to.now}
    where org_id = ${to.org_id} and owner_id = ${owner_id} returning id`)
  return rows.map(({ id }) => id)
}
