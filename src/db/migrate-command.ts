import { resolve } from 'node:path'
import postgres from 'postgres'
import { loadConfig } from '../config.ts'
import type { ConnectionOptions } from './client.ts'
import { connectionFromUrl } from './connection-url.ts'
import { startEmbeddedDatabase } from './embedded/database.ts'
import { migrateDown, migrateUp, SCHEMA_VERSION, schemaVersion } from './migrate.ts'
import { ensureRoles } from './roles.ts'

/** `migrate up` and `migrate down --to N`, on the embedded database or as `MC_DATABASE_OWNER_URL`. Returns the exit code. */
export async function migrate(
  env: Record<string, string | undefined>,
  args: readonly string[],
): Promise<number> {
  const [direction, flag, version] = args
  const to = Number(version)
  const up = direction === 'up' && args.length === 1
  const down = direction === 'down' && flag === '--to' && args.length === 3 && /^\d+$/.test(version ?? '')
  if (!up && !down) {
    console.error('Usage: mission-control migrate up | migrate down --to <version>')
    return 2
  }
  const { owner, passwords, stop } = await ownerConnection(env)
  const sql = postgres({
    ...owner,
    ssl: owner.ssl ?? false,
    max: 1,
    connect_timeout: 10,
    onnotice: () => undefined,
  })
  try {
    await ensureRoles(sql, passwords)
    const found = await schemaVersion(sql)
    const names = up ? await migrateUp(sql) : await migrateDown(sql, to)
    for (const name of names) console.log(`${up ? 'applied' : 'undid'} ${name}`)
    console.log(`The schema has version ${up ? SCHEMA_VERSION : Math.min(found, to)}.`)
    return 0
  } finally {
    await sql.end({ timeout: 2 })
    await stop()
  }
}

async function ownerConnection(env: Record<string, string | undefined>): Promise<{
  owner: ConnectionOptions
  passwords: { app?: string }
  stop(): Promise<void>
}> {
  const { config } = loadConfig(env)
  if (config.database_url === undefined)
    return await startEmbeddedDatabase(resolve(config.data_dir), (line) => console.error(line))
  if (config.database_owner_url === undefined)
    throw new Error('Set MC_DATABASE_OWNER_URL to a role that may create roles and tables.')
  const app = connectionFromUrl('MC_DATABASE_URL', config.database_url)
  return {
    owner: connectionFromUrl('MC_DATABASE_OWNER_URL', config.database_owner_url),
    passwords: app.user === 'mc_app' && app.password !== undefined ? { app: app.password } : {},
    stop: async () => undefined,
  }
}
