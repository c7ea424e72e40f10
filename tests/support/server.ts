import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'

const ROOT = join(import.meta.dir, '..', '..')

/** A real server as a child process, with a data folder of its own. */
export interface TestServer {
  url: string
  port: number
  readonly pid: number
  data_dir: string
  /** Token of the set-up link, as it was printed. */
  readonly setup_token: string
  log(): string
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Resolves when the process ended by itself, or by a signal sent to `pid`. */
  ended(): Promise<void>
  /** Starts again on the same port and data. */
  restart(): Promise<void>
  /** Ends it and removes its data. */
  stop(): Promise<void>
}

interface Options {
  env?: Record<string, string>
  port?: number
  data_dir?: string
  /** What is said to the program; `serve` when left out. */
  command?: string[]
}

const running = new Set<TestServer>()

/** Starts `src/main.ts` on a free port and waits until it is ready. */
export async function startServer(options: Options = {}): Promise<TestServer> {
  const port = options.port ?? freePort()
  const data_dir = options.data_dir ?? mkdtempSync(join(tmpdir(), 'mc-test-'))
  const url = `http://localhost:${port}`
  let output = ''
  let child = spawn()

  function spawn() {
    const env = {
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? '/',
      MC_PORT: String(port),
      MC_DATA_DIR: data_dir,
      MC_RATE_LIMITS: 'off',
      ...options.env,
    }
    const process_ = Bun.spawn([process.execPath, 'src/main.ts', ...(options.command ?? ['serve'])], {
      cwd: ROOT,
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
    const give_up_at = Date.now() + 60_000
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
      running.delete(server)
      if (child.exitCode === null && child.signalCode === null) await server.kill('SIGTERM')
      await endPostgres(data_dir)
      if (options.data_dir === undefined) rmSync(data_dir, { recursive: true, force: true })
    },
  }
  running.add(server)
  try {
    await ready()
  } catch (error) {
    await server.stop()
    throw error
  }
  return server
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

/** Nothing is left behind when a test file fails half-way. */
process.on('exit', () => {
  for (const server of running) {
    try {
      process.kill(server.pid, 'SIGKILL')
    } catch {
      // It is gone already.
    }
  }
})

/** A client of the embedded database of a test server; `superuser` sees what no role of the product may. */
export function databaseOf(
  { data_dir }: Pick<TestServer, 'data_dir'>,
  role: 'superuser' | 'app' = 'superuser',
  database = 'mission_control',
): postgres.Sql {
  const file = (name: string) => readFileSync(join(data_dir, 'postgres', name), 'utf8')
  const [, , , port, host] = file('data/postmaster.pid').split('\n')
  return postgres({
    host: host!.trim(),
    port: Number(port),
    database,
    username: role === 'app' ? 'mc_app' : 'mc_super',
    password:
      role === 'app'
        ? (JSON.parse(file('role-passwords.json')) as { app: string }).app
        : file('superuser-password').trim(),
    max: 1,
    fetch_types: false,
    onnotice: () => undefined,
  })
}
