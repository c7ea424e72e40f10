import { join } from 'node:path'
import postgres, { type Sql } from 'postgres'
import { startPostgres } from '../lib/embedded-postgres.ts'
import { SEARCH_FUNCTION } from './statements.ts'

export interface Hit {
  type: 'project' | 'task' | 'message'
  id: string
  title: string
  snippet: string
  rank: number
}

export interface Library {
  root: Sql
  org_id: string
  other_org_id: string
  project_ids: string[]
  /** Searches as the application: one statement that puts the org into scope and asks the function. */
  search(
    q: string,
    options?: { project_ids?: readonly string[]; org_id?: string; scope?: string },
  ): Promise<Hit[]>
  /** Connection of the application role, bound by the policies. */
  app: Sql
  stop(): Promise<void>
}

const LIMIT = 25

/** PostgreSQL with two orgs, 50 projects and 500 tasks each, and so many messages in the first. */
export async function openLibrary(messages: number): Promise<Library> {
  const server = await startPostgres({
    durable: false,
    settings: { shared_buffers: '512MB', max_wal_size: '4GB', random_page_cost: '1.1', jit: 'off' },
  })
  const password = crypto.randomUUID()
  const open = (username: string, secret: string) =>
    postgres({
      host: server.socket_dir,
      port: server.port,
      database: 'postgres',
      username,
      password: secret,
      max: 1,
      onnotice: () => undefined,
    })
  const root = open(server.superuser, server.password)
  const org_id = Bun.randomUUIDv7()
  const other_org_id = Bun.randomUUIDv7()
  for (const role of ['poc_owner', 'poc_search']) await root.unsafe(`CREATE ROLE ${role} NOLOGIN`)
  await root.unsafe(`CREATE ROLE poc_app LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '${password}'`)
  await root.file(join(import.meta.dir, 'schema.sql'))
  await root.file(join(import.meta.dir, 'grammar.sql'))
  await root.unsafe(SEARCH_FUNCTION)
  await root.unsafe(`
    GRANT CREATE ON SCHEMA public TO poc_search;
    ALTER FUNCTION search(uuid, text, uuid[], int) OWNER TO poc_search;
    REVOKE CREATE ON SCHEMA public FROM poc_search;
    GRANT EXECUTE ON FUNCTION search(uuid, text, uuid[], int) TO poc_app`)
  await root`SELECT fill(${org_id}, 50, 500, ${messages})`
  await root`SELECT fill(${other_org_id}, 50, 500, 1000)`
  await root.unsafe('VACUUM (ANALYZE)')
  const project_ids = (
    await root<{ id: string }[]>`SELECT id FROM projects WHERE org_id = ${org_id} ORDER BY id`
  ).map(({ id }) => id)
  const app = open('poc_app', password)
  return {
    root,
    org_id,
    other_org_id,
    project_ids,
    app,
    async search(q, options = {}) {
      const org = options.org_id ?? org_id
      return await app<Hit[]>`
        SELECT found.* FROM (SELECT set_config('app.current_org_id', ${options.scope ?? org}, true) AS org OFFSET 0) AS scope
        CROSS JOIN LATERAL (SELECT * FROM search(${org}, ${q}, ${uuids(options.project_ids ?? project_ids)}::text::uuid[], ${LIMIT}) WHERE scope.org IS NOT NULL OFFSET 0) AS found`
    },
    async stop() {
      await Promise.all([root, app].map((client) => client.end({ timeout: 1 })))
      await server.stop()
    },
  }
}

/** As PostgreSQL writes an array. */
export function uuids(ids: readonly string[]): string {
  return `{${ids.join(',')}}`
}
