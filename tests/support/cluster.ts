import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { ConnectionOptions } from '../../src/db/connection.ts'
import { plain } from './plain.ts'

/** The shared PostgreSQL of a test run, as `cluster-main.ts` prints it. */
export interface ClusterInfo {
  host: string
  port: number
  superuser: string
  superuser_password: string
  app_password: string
  /** Data folder of a stopped, migrated cluster: copied for tests that end PostgreSQL or change its roles. */
  template_dir: string
}

/** Set by the test runner, so that all its processes share one cluster. */
export const CLUSTER_VARIABLE = 'MC_TEST_CLUSTER'

const TEMPLATE = 'mission_control'
const MAIN = join(import.meta.dir, 'cluster-main.ts')

interface LaunchedCluster {
  info: ClusterInfo
  stop(): Promise<void>
}

/** Held for the life of this process: the cluster ends when its standard input closes. */
let launched: Promise<LaunchedCluster> | undefined

/** The cluster of the run, or one of this process alone when a test file is run by itself. */
export async function sharedCluster(): Promise<ClusterInfo> {
  const given = process.env[CLUSTER_VARIABLE]
  if (given) return JSON.parse(given) as ClusterInfo
  launched ??= launchCluster()
  return (await launched).info
}

/** Starts a cluster that ends with this process. */
export async function launchCluster(): Promise<LaunchedCluster> {
  const child = Bun.spawn([process.execPath, MAIN], { stdin: 'pipe', stdout: 'pipe', stderr: 'inherit' })
  child.unref()
  let line = ''
  for await (const chunk of child.stdout) {
    line += new TextDecoder().decode(chunk)
    if (line.includes('\n')) break
  }
  if (!line.includes('\n')) throw new Error('The PostgreSQL of the tests did not start')
  const info = JSON.parse(line) as ClusterInfo
  return {
    info,
    async stop() {
      child.stdin.end()
      await child.exited
    },
  }
}

/** A migrated, empty database of the shared cluster. */
export interface FreshDatabase {
  app: ConnectionOptions
  /** The superuser, for arranging and for looking past every policy. */
  owner: ConnectionOptions
  drop(): Promise<void>
}

export async function freshDatabase(): Promise<FreshDatabase> {
  const { host, port, superuser, superuser_password, app_password } = await sharedCluster()
  const database = `test_${crypto.randomUUID().replaceAll('-', '')}`
  const owner = { host, port, user: superuser, password: superuser_password }
  // No session may use the template: PostgreSQL copies a database only while it has none.
  const run = async (statement: string) => {
    const sql = plain({ ...owner, database: 'postgres' })
    await sql.unsafe(statement)
    await sql.end({ timeout: 1 })
  }
  await run(`create database ${database} template ${TEMPLATE} strategy file_copy`)
  return {
    app: { host, port, database, user: 'mc_app', password: app_password },
    owner: { ...owner, database },
    drop: () => run(`drop database if exists ${database} with (force)`),
  }
}

/** A cluster of its own for one test: fills an empty data folder with a copy of the template. */
export async function copyTemplate(data_dir: string): Promise<void> {
  await copyCluster((await sharedCluster()).template_dir, data_dir)
}

export async function copyCluster(from: string, to: string): Promise<void> {
  mkdirSync(to, { recursive: true })
  const copied = Bun.spawnSync(['cp', '-a', join(from, 'postgres'), to], { stderr: 'pipe' })
  if (!copied.success) throw new Error(`The cluster could not be copied: ${copied.stderr.toString()}`)
  rmSync(join(to, 'postgres', 'run'), { recursive: true, force: true })
}

/** As `MC_DATABASE_URL` takes it. */
export function urlOf({ host, port, database, user, password }: ConnectionOptions): string {
  const credentials = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`
  return `postgres://${credentials}@localhost:${port}/${database}?host=${encodeURIComponent(host)}`
}
