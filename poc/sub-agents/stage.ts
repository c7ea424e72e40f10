import { join } from 'node:path'
import postgres, { type Sql } from 'postgres'
import { startPostgres } from '../lib/embedded-postgres.ts'

const HOST_KEY = 'host-key'
const START_MS = 20_000

export interface World {
  /** The sub-agent's task is in the first project only. */
  task_id: string
  other_task_id: string
  project_id: string
  channel_id: string
  other_channel_id: string
}

/** A server process on the stage's database; killed and started again on the same port. */
export class Server {
  url = ''
  readonly #env: Record<string, string>
  #child: ReturnType<typeof Bun.spawn> | undefined

  constructor(env: Record<string, string>) {
    this.#env = env
  }

  async start(): Promise<this> {
    const port = this.url === '' ? '0' : new URL(this.url).port
    const child = Bun.spawn([process.execPath, join(import.meta.dir, 'server.ts')], {
      env: { PATH: process.env.PATH ?? '', ...this.#env, PORT: port },
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'inherit',
    })
    this.#child = child
    const timer = setTimeout(() => child.kill('SIGKILL'), START_MS)
    const { value } = await child.stdout.getReader().read()
    clearTimeout(timer)
    if (!value) throw new Error('The server ended before it was ready')
    const ready = JSON.parse(new TextDecoder().decode(value)) as { port: number }
    this.url = `http://127.0.0.1:${ready.port}`
    return this
  }

  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL')
    await this.#child?.exited
  }

  async call(key: string, method: string, path: string, body?: unknown): Promise<Response> {
    return await fetch(this.url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  }

  /** Status of a call, its body read away. */
  async status(key: string, method: string, path: string, body?: unknown): Promise<number> {
    const answer = await this.call(key, method, path, body)
    await answer.arrayBuffer()
    return answer.status
  }

  async spawn(task_id: string, timeout_ms = 600_000): Promise<{ status: number; id: string; key: string }> {
    const answer = await this.call(HOST_KEY, 'POST', '/host/spawn', { task_id, timeout_ms })
    const { id = '', key = '' } = (await answer.json()) as { id?: string; key?: string }
    return { status: answer.status, id, key }
  }

  async end(id: string): Promise<void> {
    await this.status(HOST_KEY, 'POST', `/host/end/${id}`)
  }

  async bcryptCalls(): Promise<number> {
    const answer = await this.call(HOST_KEY, 'GET', '/host/stats')
    return ((await answer.json()) as { bcrypt_calls: number }).bcrypt_calls
  }

  /** The same server's cheapest answer that asks the database once. */
  async bare(): Promise<number> {
    return await this.status(HOST_KEY, 'GET', '/host/bare')
  }
}

export interface Stage {
  world: World
  sql: Sql
  server(env?: Record<string, string>): Promise<Server>
  stop(): Promise<void>
}

export async function openStage(cap: number): Promise<Stage> {
  const database = await startPostgres({ durable: false })
  const sql = postgres({
    host: database.socket_dir,
    port: database.port,
    database: 'postgres',
    username: database.superuser,
    password: database.password,
    max: 1,
    onnotice: () => undefined,
  })
  await sql.file(join(import.meta.dir, 'schema.sql'))
  await sql`INSERT INTO org_heads VALUES (1, ${cap})`
  const id = () => Bun.randomUUIDv7()
  const world: World = {
    task_id: id(),
    other_task_id: id(),
    project_id: id(),
    channel_id: id(),
    other_channel_id: id(),
  }
  const other_project_id = id()
  await sql`INSERT INTO projects VALUES (${world.project_id}, 'own'), (${other_project_id}, 'other')`
  await sql`INSERT INTO tasks VALUES (${world.task_id}, 'own'), (${world.other_task_id}, 'other')`
  await sql`INSERT INTO task_projects VALUES (${world.task_id}, ${world.project_id}), (${world.other_task_id}, ${other_project_id})`
  await sql`INSERT INTO channels VALUES (${world.channel_id}, ${world.project_id}), (${world.other_channel_id}, ${other_project_id})`
  const servers: Server[] = []
  return {
    world,
    sql,
    async server(env = {}) {
      const server = new Server({
        PG_HOST: database.socket_dir,
        PG_PORT: String(database.port),
        PG_USER: database.superuser,
        PG_PASSWORD: database.password,
        PEPPER: 'the pepper of this proof',
        HOST_KEY,
        ...env,
      })
      servers.push(server)
      return await server.start()
    },
    async stop() {
      await Promise.all(servers.map((server) => server.kill()))
      await sql.end({ timeout: 1 })
      await database.stop()
    },
  }
}
