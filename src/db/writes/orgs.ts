import { eq } from 'drizzle-orm'
import type { Org } from '../../contracts/resources.ts'
import { organizations } from '../schema/orgs.ts'
import { build, given, type Params, statement } from '../statement.ts'
import type { Writer } from './writer.ts'

type Changeable = Pick<Org, 'id' | 'name' | 'settings' | 'status' | 'deletion_at' | 'updated_at'>

const update = statement((p: Params<Changeable>) =>
  build
    .update(organizations)
    .set({
      name: given(p.name),
      settings: given(p.settings),
      status: given(p.status),
      deletion_at: given(p.deletion_at),
      updated_at: given(p.updated_at),
    })
    .where(eq(organizations.id, p.id)),
)

/** Stores what may change of an org: name, settings, status and the time of its deletion. */
export async function updateOrg(to: Writer, org: Org): Promise<void> {
  const { name, settings, status, deletion_at, updated_at } = org
  await to.write(update(to.sql, { id: to.org_id, name, settings, status, deletion_at, updated_at }))
}
