import { resolve } from 'node:path'
import { rowsIn } from '../backup/backups.ts'
import { upgradeDatabase } from '../backup/upgrade.ts'
import { loadConfig } from '../config.ts'

/** `upgrade-database`: the embedded database on a new major version of PostgreSQL. Returns the exit code. */
export async function upgrade(env: Record<string, string | undefined>, old: string): Promise<number> {
  const { config } = loadConfig(env)
  if (config.database_url !== undefined) {
    console.error('MC_DATABASE_URL is set: an external database is upgraded with the tools of PostgreSQL.')
    return 1
  }
  const { from, to, sums, kept } = await upgradeDatabase(resolve(config.data_dir), resolve(old))
  console.log(
    `The database is of PostgreSQL ${to} now, with ${rowsIn(sums)} rows of ${sums.tables.length} tables. That of ${from} is kept in ${kept}: remove it when all is well.`,
  )
  return 0
}
