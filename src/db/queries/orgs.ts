import { eq } from 'drizzle-orm'
import type { Org } from '../../contracts/resources.ts'
import { DEFAULT_SETTINGS } from '../../contracts/settings.ts'
import type { Role } from '../../contracts/vocabulary.ts'
import { filledSettings } from '../../domain/settings.ts'
import type { Tx } from '../client.ts'
import { organizations } from '../schema/orgs.ts'
import { build, type Params, statement } from '../statement.ts'

const orgById = statement((p: Params<{ id: string }>) =>
  build.select().from(organizations).where(eq(organizations.id, p.id)),
)

/** An org in the view of a member with `role`. */
export async function readOrg({ sql }: Pick<Tx, 'sql'>, id: string, role: Role): Promise<Org | undefined> {
  const [row] = await orgById(sql, { id })
  return row && { ...row, settings: filledSettings(row.settings, DEFAULT_SETTINGS), role }
}
