import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type postgres from 'postgres'
import { createOrg } from '../../src/commands/org-create.ts'
import { newId } from '../../src/contracts/ids.ts'
import type { Channel, Org } from '../../src/contracts/resources.ts'
import { Database } from '../../src/db/client.ts'
import type { ConnectionOptions } from '../../src/db/connection.ts'
import { openEmbedded } from '../../src/db/embedded/database.ts'
import { copyTemplate, freshDatabase } from './cluster.ts'
import { plain } from './plain.ts'

/** A database of a test file: migrated, with partitions, without an org. */
export interface TestDatabase {
  app: ConnectionOptions
  owner: ConnectionOptions
  /** The server's role, as the product uses it. */
  database: Database
  /** The superuser, past every policy. */
  superuser: postgres.Sql
  /** A plain client of the server's role. */
  client(): postgres.Sql
  stop(): Promise<void>
}

/** One that is alone in its cluster. */
export interface OwnDatabase extends TestDatabase {
  data_dir: string
}

/** A database of the shared cluster. Tests beside this one use the same roles, and expect PostgreSQL to stay. */
export async function startDatabase(): Promise<TestDatabase> {
  const { app, owner, drop } = await freshDatabase()
  return open(app, owner, drop)
}

/** A database in an embedded PostgreSQL of its own, for tests that end it or change roles and settings. */
export async function startOwnDatabase(): Promise<OwnDatabase> {
  const data_dir = mkdtempSync(join(tmpdir(), 'mc-db-'))
  await copyTemplate(data_dir)
  const opened = await openEmbedded(data_dir, () => undefined)
  const opened_database = open(opened.app, opened.owner, async () => {
    await opened.stop()
    rmSync(data_dir, { recursive: true, force: true })
  })
  return { ...opened_database, data_dir }
}

function open(app: ConnectionOptions, owner: ConnectionOptions, end: () => Promise<void>): TestDatabase {
  const database = new Database({ connection: app, connections_max: 4 })
  const superuser = plain(owner)
  const clients: postgres.Sql[] = [superuser]
  return {
    app,
    owner,
    database,
    superuser,
    client() {
      const sql = plain(app)
      clients.push(sql)
      return sql
    },
    async stop() {
      await database.close()
      await Promise.all(clients.map((sql) => sql.end({ timeout: 1 })))
      await end()
    },
  }
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
