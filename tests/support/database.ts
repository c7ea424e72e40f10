import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { createOrg } from '../../src/commands/org-create.ts'
import { newId } from '../../src/contracts/ids.ts'
import type { Channel, Org } from '../../src/contracts/resources.ts'
import { Database } from '../../src/db/client.ts'
import type { ConnectionOptions } from '../../src/db/connection.ts'
import { openEmbedded } from '../../src/db/embedded/database.ts'

/** An embedded PostgreSQL of a test file, migrated, with partitions. */
export interface TestDatabase {
  data_dir: string
  app: ConnectionOptions
  owner: ConnectionOptions
  /** The server's role, as the product uses it. */
  database: Database
  /** The superuser, for looking at what no role of the product may see. */
  superuser: postgres.Sql
  /** A plain client of the server's role. */
  client(): postgres.Sql
  stop(): Promise<void>
}

export async function startDatabase(): Promise<TestDatabase> {
  const data_dir = mkdtempSync(join(tmpdir(), 'mc-db-'))
  const opened = await openEmbedded(data_dir, () => undefined)
  const database = new Database({ connection: opened.app, connections_max: 4 })
  await database.query((sql) => sql`select * from ensure_partitions(3)`)
  const superuser = plain(opened.owner)
  const clients: postgres.Sql[] = [superuser]
  return {
    data_dir,
    app: opened.app,
    owner: opened.owner,
    database,
    superuser,
    client() {
      const sql = plain(opened.app)
      clients.push(sql)
      return sql
    },
    async stop() {
      await database.close()
      await Promise.all(clients.map((sql) => sql.end({ timeout: 1 })))
      await opened.stop()
      rmSync(data_dir, { recursive: true, force: true })
    },
  }
}

export function plain(connection: ConnectionOptions): postgres.Sql {
  return postgres({ ...connection, ssl: false, max: 1, onnotice: () => undefined })
}

let orgs = 0

/** An org with a founder of its own. */
export async function makeOrg(
  database: Database,
): Promise<{ org: Org; channel: Channel; founder_id: string }> {
  const founder_id = newId()
  const n = ++orgs
  const made = await createOrg(database, {
    name: `Org ${n}`,
    slug: `org-${n}-${founder_id.slice(-6)}`,
    founder: { user_id: founder_id, display_name: `Founder ${n}` },
    new_account: { email: `${founder_id}@example.com`, password_hash: 'x' },
  })
  return { ...made, founder_id }
}
