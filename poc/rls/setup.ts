import { join } from 'node:path'
import postgres, { type Sql } from 'postgres'
import { type ProofPostgres, startPostgres } from '../lib/embedded-postgres.ts'

export interface Org {
  org_id: string
  /** One of its projects and one of its tasks, to aim at. */
  project_id: string
  task_id: string
  project_slug: string
  task_slug: string
}

export interface Bench {
  a: Org
  b: Org
  /** The superuser: sets up and looks, never measures. */
  root: Sql
  /** New connections as the application role (bound by the policies), or as a role that no policy binds. */
  connect(as: 'poc_app' | 'poc_unbound', max?: number, onNotice?: (text: string) => void): Sql
  stop(): Promise<void>
}

const PROJECTS = 10
const TASKS = 100
const ROLES = ['poc_owner', 'poc_lookup']

/** PostgreSQL with two orgs of 10 projects and 100 tasks each. Durable: latencies are those of a real database. */
export async function setUp(): Promise<Bench> {
  const server = await startPostgres()
  const clients: Sql[] = []
  const password = crypto.randomUUID()
  const open = (
    username: string,
    secret: string,
    max: number,
    onNotice: (text: string) => void = () => {},
  ) => {
    const client = postgres({
      host: server.socket_dir,
      port: server.port,
      database: 'postgres',
      username,
      password: secret,
      max,
      onnotice: ({ message }) => onNotice(message ?? ''),
    })
    clients.push(client)
    return client
  }
  const root = open(server.superuser, server.password, 1)
  const stop = () => stopAll(server, clients)
  try {
    for (const role of ROLES) await root.unsafe(`CREATE ROLE ${role} NOLOGIN`)
    await root.unsafe(`CREATE ROLE poc_app LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '${password}'`)
    await root.unsafe(`CREATE ROLE poc_unbound LOGIN NOSUPERUSER BYPASSRLS PASSWORD '${password}'`)
    await root.file(join(import.meta.dir, 'schema.sql'))
    const a = await makeOrg(root, 'Aurora')
    const b = await makeOrg(root, 'Borealis')
    await root.unsafe('REFRESH MATERIALIZED VIEW bad_materialized; ANALYZE')
    return { a, b, root, connect: (as, max = 1, onNotice) => open(as, password, max, onNotice), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function stopAll(server: ProofPostgres, clients: readonly Sql[]): Promise<void> {
  await Promise.all(clients.map((client) => client.end({ timeout: 1 })))
  await server.stop()
}

async function makeOrg(root: Sql, name: string): Promise<Org> {
  const org_id = Bun.randomUUIDv7()
  await root`INSERT INTO organizations (id, name) VALUES (${org_id}, ${name})`
  const projects = Array.from({ length: PROJECTS }, (_, at) => ({
    org_id,
    id: Bun.randomUUIDv7(),
    // The same slugs in both orgs: a key that forgot the org would collide.
    slug: `project-${at}`,
    name: `${name} project ${at}`,
  }))
  await root`INSERT INTO projects ${root(projects)}`
  const tasks = Array.from({ length: TASKS }, (_, at) => ({
    org_id,
    id: Bun.randomUUIDv7(),
    project_id: projects[at % PROJECTS]!.id,
    slug: `task-${at}`,
    title: `${name} task ${at}`,
  }))
  await root`INSERT INTO tasks ${root(tasks)}`
  return {
    org_id,
    project_id: projects[0]!.id,
    task_id: tasks[0]!.id,
    project_slug: projects[0]!.slug,
    task_slug: tasks[0]!.slug,
  }
}
