import type { Org } from '../../contracts/resources.ts'
import type { Role } from '../../contracts/vocabulary.ts'
import type { Tx } from '../client.ts'

/** An org as a member with `role` sees it. */
export async function readOrg(
  { sql }: Pick<Tx, 'sql'>,
  org_id: string,
  role: Role,
): Promise<Org | undefined> {
  const [row] = await sql<Omit<Org, 'role'>[]>`
    select id, slug, name, status, deletion_at, settings, created_at, updated_at from organizations where id = ${org_id}`
  return row && { ...row, role }
}
