import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type postgres from 'postgres'
import type { ConnectionOptions } from '../../src/db/connection.ts'
import { connectionFromUrl } from '../../src/db/connection-url.ts'
import { copyTemplate, freshDatabase, urlOf } from './cluster.ts'
import { plain } from './plain.ts'
import { leakedSecrets, noteSettings } from './used-secrets.ts'

const ROOT = join(import.meta.dir, '..', '..')

/** Connections for reads of one test server: many servers share the limit of one PostgreSQL. */
const POOL = '6'

/** A start that takes longer than this has failed, on the slowest machine. */
const READY_MS = 240_000

/** A real server as a child process. */
export interface TestServer {
  url: string
  port: number
  readonly pid: number
  data_dir: string
  /** Token of the set-up link, as it was printed. */
  readonly setup_token: string
  log(): string
  /** Its database, as the superuser or as the server's own role. */
  connection(role: Role): ConnectionOptions
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Resolves when the process ended by itself, or by a signal sent to `pid`. */
  ended(): Promise<void>
  /** Starts again on the same port and data. */
  restart(): Promise<void>
  /** Ends it and removes its data. Throws when its log holds a secret that a test has used. */
  stop(): Promise<void>
}

type Role = 'superuser' | 'app'

export interface ServerOptions {
  env?: Record<string, string>
  port?: number
  /** An existing folder, with whatever is in it; the server then runs its embedded PostgreSQL there. */
  data_dir?: string
  /** `own`: an embedded PostgreSQL that no other server uses, for tests that end it or measure. */
  cluster?: 'shared' | 'own'
  /** Command line of the program; `serve` when left out. */
  command?: string[]
  /** The folder of the program, e.g. a copy of it that is changed; this repository when left out. */
  root?: string
}

/** Starts `src/main.ts` on a free port and waits until it is ready. */
export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  const port = options.port ?? freePort()
  const data_dir = options.data_dir ?? mkdtempSync(join(tmpdir(), 'mc-test-'))
  const url = `http://localhost:${port}`
  const storage = await openStorage(data_dir, options)
  let output = ''
  let child = spawn()

  function spawn() {
    const env = {
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? '/',
      MC_PORT: String(port),
      MC_DATA_DIR: data_dir,
      MC_RATE_LIMITS: 'off',
      ...storage.env,
      ...options.env,
    }
    noteSettings(env)
    const process_ = Bun.spawn([process.execPath, 'src/main.ts', ...(options.command ?? ['serve'])], {
      cwd: options.root ?? ROOT,
      env,
      stdout: 'pipe',
      stderr: 'pipe',
      stdin: 'ignore',
    })
    for (const stream of [process_.stdout, process_.stderr])
      void (async () => {
        for await (const chunk of stream) output += new TextDecoder().decode(chunk)
      })()
    return process_
  }

  async function ready(): Promise<void> {
    const give_up_at = Date.now() + READY_MS
    while (Date.now() < give_up_at) {
      if (child.exitCode !== null) throw new Error(`The server exited with ${child.exitCode}:\n${output}`)
      const answer = await fetch(`${url}/ready`).catch(() => undefined)
      if (answer?.status === 200) return
      await Bun.sleep(25)
    }
    throw new Error(`The server did not get ready:\n${output}`)
  }

  const server: TestServer = {
    url,
    port,
    data_dir,
    get pid() {
      return child.pid
    },
    get setup_token() {
      return /setup\?token=(\S+)/.exec(output)?.[1] ?? ''
    },
    log: () => output,
    connection: (role) => storage.connection(role),
    async kill(signal = 'SIGKILL') {
      child.kill(signal)
      await child.exited
    },
    async ended() {
      await child.exited
    },
    async restart() {
      if (child.exitCode === null && child.signalCode === null) await server.kill('SIGTERM')
      child = spawn()
      await ready()
    },
    async stop() {
      if (child.exitCode === null && child.signalCode === null) await server.kill('SIGTERM')
      await storage.close()
      if (options.data_dir === undefined) rmSync(data_dir, { recursive: true, force: true })
      // The demo prints its logins: that is what it is for.
      const leaked = options.command === undefined ? leakedSecrets(output) : []
      if (leaked.length > 0) throw new Error(`The log holds secrets: ${leaked.join(', ')}`)
    },
  }
  try {
    await ready()
  } catch (error) {
    await server.stop()
    throw error
  }
  return server
}

/** Where a test server stores its rows. */
interface Storage {
  env: Record<string, string>
  connection(role: Role): ConnectionOptions
  close(): Promise<void>
}

async function openStorage(data_dir: string, options: ServerOptions): Promise<Storage> {
  const embedded: Storage = {
    env: {},
    connection: (role) => connectionOf(data_dir, role),
    close: () => endPostgres(data_dir),
  }
  if (options.data_dir !== undefined) return embedded
  if (options.cluster === 'own') {
    await copyTemplate(data_dir)
    return embedded
  }
  const url = options.env?.MC_DATABASE_URL
  if (url !== undefined)
    return {
      env: {},
      connection: () => connectionFromUrl('MC_DATABASE_URL', url),
      close: async () => undefined,
    }
  const { app, owner, drop } = await freshDatabase()
  return {
    env: { MC_DATABASE_URL: urlOf(app), MC_DATABASE_POOL: POOL },
    connection: (role) => (role === 'app' ? app : owner),
    close: drop,
  }
}

function connectionOf(data_dir: string, role: Role): ConnectionOptions {
  const file = (name: string) => readFileSync(join(data_dir, 'postgres', name), 'utf8')
  const [, , , port, host = ''] = file('data/postmaster.pid').split('\n')
  const place = { host: host.trim(), port: Number(port), database: 'mission_control' }
  if (role === 'superuser') return { ...place, user: 'mc_super', password: file('superuser-password').trim() }
  const { app } = JSON.parse(file('role-passwords.json')) as { app: string }
  return { ...place, user: 'mc_app', password: app }
}

/** A killed server leaves its PostgreSQL; the next start would take it over, a test ends it. */
async function endPostgres(data_dir: string): Promise<void> {
  const file = Bun.file(join(data_dir, 'postgres', 'data', 'postmaster.pid'))
  if (!(await file.exists())) return
  const lines = (await file.text()).split('\n')
  const pid = Number(lines[0])
  try {
    process.kill(pid, 'SIGQUIT')
  } catch {
    // It is gone already.
  }
  for (let i = 0; i < 200 && alive(pid); i++) await Bun.sleep(25)
  const socket_folder = lines[4]?.trim()
  if (socket_folder) rmSync(socket_folder, { recursive: true, force: true })
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    // No such process.
    return false
  }
}

/** Memory that a process holds, in MiB. */
export function rssOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}

export function freePort(): number {
  const server = Bun.serve({ port: 0, fetch: () => new Response() })
  const { port } = server
  server.stop(true)
  if (port === undefined) throw new Error('no free port')
  return port
}

/**
 * A client of a test server's database; `superuser` sees what no role of the product may. `database`: another one of the
 * same PostgreSQL.
 */
export function databaseOf(
  server: Pick<TestServer, 'connection'>,
  role: Role = 'superuser',
  database?: string,
): postgres.Sql {
  const connection = server.connection(role)
  return plain(database === undefined ? connection : { ...connection, database }, false)
}
