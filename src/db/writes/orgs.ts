import type { Org } from '../../contracts/resources.ts'
import type { Writer } from './writer.ts'

/** Stores what may change of an org: name, settings, status and the time of its deletion. */
export async function updateOrg(to: Writer, org: Org): Promise<void> {
  await to.write(to.sql`
    update organizations set name = ${org.name}, settings = ${JSON.stringify(org.settings)}::text::jsonb,
      status = ${org.status}, deletion_at = ${org.deletion_at}, updated_at = ${org.updated_at}
    where id = ${to.org_id}`)
}
