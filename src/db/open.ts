import { resolve } from 'node:path'
import postgres from 'postgres'
import { externalBackup } from './backup/connect.ts'
import { lintCatalogue } from './catalogue.ts'
import type { Database } from './client.ts'
import type { ConnectionOptions } from './connection.ts'
import { connectionFromUrl } from './connection-url.ts'
import { backupOf, openEmbedded } from './embedded/database.ts'
import { runningEmbedded } from './embedded/running.ts'
import { IN_WORDS } from './failures-in-words.ts'
import { migrateUp, NewerSchema, SCHEMA_VERSION, schemaVersion } from './migrate.ts'
import { type PartitionCare, startPartitionCare } from './partition-care.ts'
import { QUEUE_SCHEMA } from './queue/connection.ts'
import { backupRole, passwordsOf, rolesOf } from './role-connections.ts'
import { ensureRoles } from './roles.ts'

export interface OpenedDatabase {
  app: ConnectionOptions
  /** The role of the background jobs. */
  worker: ConnectionOptions
  /** The role of backups, which sees every row; undefined when no setting says how to reach an external database as it. */
  backup: ConnectionOptions | undefined
  partitions: PartitionCare
  /** State by part: `ok`, `degraded: …`, or the problem. */
  check(database: Database): Promise<Record<string, string>>
  stop(): Promise<void>
}

interface Settings {
  database_url: string | undefined
  database_owner_url: string | undefined
  database_worker_url: string | undefined
  database_backup_url: string | undefined
  database_prepare: boolean
  partitions_ahead: number
  /** Background jobs at a time; a node with 0 needs no workers' role. */
  job_concurrency: number
}

const CHECK_MS = 1_200

/**
 * Opens the database: starts the embedded one or connects to an external one, migrates it, checks its catalogue and
 * creates partitions. Throws one sentence when the database is unusable or does not isolate organizations.
 */
export async function openDatabase(
  settings: Settings,
  data_dir: string,
  log: {
    info(fields: Record<string, unknown>, text: string): void
    failed(stage: string, error: unknown): void
  },
): Promise<OpenedDatabase> {
  const { database_url } = settings
  const { app, worker, stop } =
    database_url === undefined
      ? await embedded(data_dir, log)
      : await external({ ...settings, database_url }).catch((error: unknown) => {
          throw plainly(error)
        })
  let partitions: PartitionCare
  try {
    await refuseUnsound(app).catch((error: unknown) => {
      throw plainly(error)
    })
    if (database_url !== undefined && settings.job_concurrency > 0) await refuseUnableWorkers(worker)
    partitions = await startPartitionCare(app, settings.partitions_ahead, log)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    app,
    worker,
    backup: database_url === undefined ? backupOf(app, resolve(data_dir)) : externalBackup(settings),
    partitions,
    check: (database) => check(database, partitions),
    stop: async () => {
      partitions.stop()
      await stop()
    },
  }
}

/**
 * The database for a command: that of a server that runs on the data folder, otherwise opened as the server would open
 * it. Throws one sentence.
 */
export async function openBeside(
  settings: Settings,
  data_dir: string,
  log: Parameters<typeof openDatabase>[2],
): Promise<Pick<OpenedDatabase, 'app' | 'stop'>> {
  const app = settings.database_url === undefined ? runningEmbedded(resolve(data_dir)) : undefined
  if (!app) return await openDatabase(settings, data_dir, log)
  await refuseUnsound(app)
  return { app, stop: async () => undefined }
}

async function embedded(
  data_dir: string,
  log: { info(fields: Record<string, unknown>, text: string): void },
) {
  const database = await openEmbedded(resolve(data_dir), (line) => log.info({}, line))
  if (database.recovered)
    log.info({}, 'the embedded PostgreSQL was not stopped cleanly last time and recovered')
  if (database.migrated.length > 0) log.info({ migrations: database.migrated }, 'migrated')
  return { app: database.app, worker: database.worker, stop: database.stop }
}

async function external(settings: Settings & { database_url: string }) {
  const { database_owner_url } = settings
  const { app, worker } = rolesOf(settings)
  if (database_owner_url !== undefined) {
    const sql = client(connectionFromUrl('MC_DATABASE_OWNER_URL', database_owner_url))
    try {
      await ensureRoles(sql, passwordsOf(app, worker, backupRole(settings)))
      await migrateUp(sql)
    } finally {
      await sql.end({ timeout: 2 })
    }
  }
  return { app, worker, stop: async () => undefined }
}

/** Refuses a schema of another version, and a catalogue without isolation of the organizations. */
async function refuseUnsound(app: ConnectionOptions): Promise<void> {
  const sql = client(app)
  try {
    const problems = await lintCatalogue(sql)
    const of_role = problems.filter((problem) => problem.startsWith("The server's role"))
    if (of_role.length > 0) throw new Error(`${listed(of_role)}\n${rightRole(app)}`)
    const version = await schemaVersion(sql)
    if (version > SCHEMA_VERSION) throw new NewerSchema(version)
    if (version < SCHEMA_VERSION)
      throw new Error(
        `The database has schema version ${version}, this program needs ${SCHEMA_VERSION}. Set MC_DATABASE_OWNER_URL so that it can migrate, or run "mission-control migrate up".`,
      )
    if (problems.length > 0) throw new Error(listed(problems))
  } finally {
    await sql.end({ timeout: 2 })
  }
}

/** Refuses workers who cannot sign in or have no queue: no mail would be sent, no export made, nothing archived. */
async function refuseUnableWorkers(worker: ConnectionOptions): Promise<void> {
  const sql = client(worker)
  try {
    const [row] = await sql<{ able: boolean | null }[]>`
      select has_schema_privilege(n.oid, 'CREATE') as able from pg_namespace n where n.nspname = ${QUEUE_SCHEMA}`
    if (row?.able !== true) throw new Error(`${worker.user} does not own the schema ${QUEUE_SCHEMA}`)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const words = IN_WORDS[code] ?? (error instanceof Error ? error.message : String(error))
    throw new Error(
      `Background jobs cannot use PostgreSQL as ${worker.user}: ${words}. Set MC_DATABASE_OWNER_URL so that the server can give this role its password, MC_DATABASE_WORKER_URL to one that works, or MC_JOB_CONCURRENCY=0 on a node that does no jobs.`,
    )
  } finally {
    await sql.end({ timeout: 2 })
  }
}

function listed(problems: readonly string[]): string {
  return `The database would not keep organizations apart:\n  - ${problems.join('\n  - ')}`
}

/** The remedy for a role with too many rights: the statements that create the intended role. */
function rightRole({ host, port, database }: ConnectionOptions): string {
  return `Sign in as mc_app, which owns nothing and bypasses nothing. As a superuser of this database:

    do $$ begin create role mc_app; exception when duplicate_object then null; end $$;
    alter role mc_app login nosuperuser nobypassrls nocreaterole nocreatedb password '<a password>';

Then set MC_DATABASE_URL=postgres://mc_app:<a password>@${host}:${port}/${database} and, so that the server can migrate,
MC_DATABASE_OWNER_URL to a role that may create roles.`
}

function plainly(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const words = IN_WORDS[code]
  if (words === undefined) return error
  return new Error(`PostgreSQL cannot be used: ${words}. Look at MC_DATABASE_URL and MC_DATABASE_OWNER_URL.`)
}

/** Includes a PL/pgSQL call: a server whose libraries were replaced on disk still answers plain queries, but not those. */
async function check(database: Database, partitions: PartitionCare): Promise<Record<string, string>> {
  const checks: Record<string, string> = {}
  try {
    await database.query(
      async (sql) => {
        const [row] = await sql<
          { version: number }[]
        >`select max(version)::int as version, ready_probe() from mc_schema`
        checks.database = 'ok'
        // A newer schema is that of an update under way: this node serves until its turn comes.
        const version = row?.version ?? 0
        checks.schema = version >= SCHEMA_VERSION ? 'ok' : `version ${version} instead of ${SCHEMA_VERSION}`
      },
      { deadline_ms: CHECK_MS },
    )
  } catch {
    // The layer below has logged the reason; the probe reports only the state.
    checks.database = 'cannot be reached'
  }
  checks.partitions = partitions.state
  return checks
}

function client(connection: ConnectionOptions) {
  return postgres({
    ...connection,
    ssl: connection.ssl ?? false,
    max: 1,
    prepare: !connection.pooled,
    connect_timeout: 4,
    onnotice: () => undefined,
  })
}
