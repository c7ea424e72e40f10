import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir, totalmem } from 'node:os'
import { join, resolve } from 'node:path'
import { findBinaries } from './binaries.ts'
import { isAlive, lockFolder } from './lock.ts'
import { own, type Runner, runnerFor, unprivilegedIds } from './unprivileged.ts'

export interface EmbeddedOptions {
  /** Folder of the product's data; the database lies below it. */
  data_dir: string
  /** False only in tests: nothing is forced to the disk. */
  durable?: boolean
  /** Told when PostgreSQL died and was started again. */
  log?(line: string): void
}

export interface EmbeddedPostgres {
  /** Folder of the Unix socket. */
  host: string
  port: number
  superuser: string
  password: string
  /** True when the last run did not stop cleanly and PostgreSQL recovered. */
  recovered: boolean
  stop(): Promise<void>
}

const SUPERUSER = 'mc_super'
const START_MS = 60_000
const STOP_MS = 8_000
const RESTART_MS = 100
const RESTART_MS_MAX = 5_000
/** A Unix socket's path may have so many bytes, with `/.s.PGSQL.65535` behind the folder. */
const SOCKET_FOLDER_MAX = 103 - '/.s.PGSQL.65535'.length
const LOG_BYTES_MAX = 8 * 1024 * 1024

/**
 * Starts a PostgreSQL of our own from the npm-distributed binaries, as an unprivileged user when we are root. Throws one
 * sentence when the folder is in use or the server does not start.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const data_dir = resolve(options.data_dir)
  const root = join(data_dir, 'postgres')
  mkdirSync(root, { recursive: true, mode: 0o755 })
  const unlock = lockFolder(join(data_dir, 'mission-control.lock'))
  try {
    const ids = unprivilegedIds()
    own(root, ids)
    const runner = runnerFor(root, data_dir, findBinaries(), ids)
    const cluster = join(root, 'data')
    const password = superuserPassword(root)
    if (!existsSync(join(cluster, 'PG_VERSION')))
      initialise(runner, root, cluster, password, options.durable ?? true)
    const recovered = await endOrphan(cluster)
    const socket_dir = socketFolder(root, runner)
    const port = await freePort()
    let server = await start(runner, root, cluster, socket_dir, port, options)
    let stopping = false
    /** A PostgreSQL that dies under us is started again, so that the server heals by itself. */
    const watch = () => {
      server.once('exit', async () => {
        for (let pause_ms = RESTART_MS; !stopping; pause_ms = Math.min(pause_ms * 2, RESTART_MS_MAX)) {
          try {
            await endOrphan(cluster)
            server = await start(runner, root, cluster, socket_dir, port, options)
            options.log?.('the embedded PostgreSQL ended unexpectedly and was started again')
            return watch()
          } catch (error) {
            options.log?.(
              `the embedded PostgreSQL cannot be started again: ${error instanceof Error ? error.message : String(error)}`,
            )
            await new Promise((wake) => setTimeout(wake, pause_ms))
          }
        }
      })
    }
    watch()
    return {
      host: socket_dir,
      port,
      superuser: SUPERUSER,
      password,
      recovered,
      stop: async () => {
        stopping = true
        await stop(server)
        unlock()
      },
    }
  } catch (error) {
    unlock()
    throw error
  }
}

/** An eighth of the memory this process may use, in MiB: from 128, as PostgreSQL has it by itself, to 512. */
function sharedBuffersMiB(): number {
  const memory_mib = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY) / 2 ** 20
  return Math.round(Math.min(512, Math.max(128, memory_mib / 8)))
}

function superuserPassword(root: string): string {
  const file = join(root, 'superuser-password')
  if (!existsSync(file)) writeFileSync(file, randomBytes(24).toString('base64url'), { mode: 0o600 })
  return readFileSync(file, 'utf8').trim()
}

function environment(root: string): Record<string, string> {
  return { PATH: process.env.PATH ?? '', HOME: root, LC_ALL: 'C', TZ: 'UTC' }
}

/** Makes a cluster beside its place and moves it there whole: an interrupted first start leaves nothing half-made. */
function initialise(runner: Runner, root: string, cluster: string, password: string, durable: boolean): void {
  const fresh = `${cluster}.new`
  rmSync(fresh, { recursive: true, force: true })
  const password_file = join(root, 'initdb-password')
  writeFileSync(password_file, password, { mode: 0o600 })
  own(password_file, runner.ids)
  const args = [
    '-D',
    fresh,
    '-U',
    SUPERUSER,
    '--pwfile',
    password_file,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
  ]
  const {
    file,
    args: given,
    ids,
  } = runner.command(join(runner.native, 'bin', 'initdb'), durable ? args : [...args, '--no-sync'])
  const done = spawnSync(file, given, { ...ids, env: environment(root), cwd: root, encoding: 'utf8' })
  rmSync(password_file, { force: true })
  if (done.status !== 0)
    throw new Error(
      `PostgreSQL could not be set up in ${cluster}: ${lastLine(done.stderr ?? done.error?.message ?? '')}`,
    )
  renameSync(fresh, cluster)
}

/** A PostgreSQL that outlived a killed server still holds the folder: it is stopped, its writes are safe. */
async function endOrphan(cluster: string): Promise<boolean> {
  const file = join(cluster, 'postmaster.pid')
  if (!existsSync(file)) return false
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0])
  if (Number.isSafeInteger(pid) && pid > 0 && isAlive(pid) && isPostgres(pid)) {
    process.kill(pid, 'SIGINT')
    const give_up_at = Date.now() + STOP_MS
    while (isAlive(pid) && isPostgres(pid)) {
      if (Date.now() > give_up_at) process.kill(pid, 'SIGQUIT')
      await new Promise((wake) => setTimeout(wake, 20))
    }
  }
  rmSync(file, { force: true })
  return true
}

function isPostgres(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('postgres')
  } catch {
    // No /proc: the pid file is all there is to go by.
    return process.platform !== 'linux'
  }
}

function socketFolder(root: string, { ids }: Runner): string {
  let folder = join(root, 'run')
  if (Buffer.byteLength(folder) > SOCKET_FOLDER_MAX)
    folder = join(tmpdir(), `mc-${Bun.hash(root).toString(36)}`)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  chmodSync(folder, 0o700)
  own(folder, ids)
  return folder
}

async function freePort(): Promise<number> {
  return await new Promise((resolvePort, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolvePort(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

async function start(
  runner: Runner,
  root: string,
  cluster: string,
  socket_dir: string,
  port: number,
  options: EmbeddedOptions,
): Promise<ChildProcess> {
  const settings: Record<string, string> = {
    listen_addresses: '',
    unix_socket_directories: socket_dir,
    unix_socket_permissions: '0700',
    max_connections: '100',
    shared_buffers: `${sharedBuffersMiB()}MB`,
    wal_compression: 'on',
    max_wal_size: '1GB',
    random_page_cost: '1.1',
    jit: 'off',
    // A server that is filled in its first minute should not wait a minute for its first statistics.
    autovacuum_naptime: '10s',
    log_min_messages: 'warning',
    log_checkpoints: 'off',
    ...(options.durable === false
      ? { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }
      : {}),
  }
  const args = [
    '-D',
    cluster,
    '-p',
    String(port),
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]
  const { file, args: given, ids } = runner.command(join(runner.native, 'bin', 'postgres'), args)
  const child = spawn(file, given, {
    ...ids,
    env: environment(root),
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  })
  await ready(child, root)
  child.unref()
  return child
}

/** Resolves when the server takes connections; keeps its last output in a bounded file. */
async function ready(child: ChildProcess, root: string): Promise<void> {
  const file = join(root, 'postgres.log')
  let written = 0
  let output = ''
  await new Promise<void>((resolveReady, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`PostgreSQL did not start within ${START_MS / 1000} s. See ${file}.`)),
      START_MS,
    )
    child.on('error', reject)
    child.on('exit', () => {
      reject(new Error(`PostgreSQL did not start: ${lastLine(output)}. See ${file}.`))
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      if (output.length < 65_536) output += text
      written += text.length
      writeFileSync(file, text, { flag: written > LOG_BYTES_MAX ? 'w' : 'a', mode: 0o600 })
      if (written > LOG_BYTES_MAX) written = 0
      if (output.includes('ready to accept connections')) {
        clearTimeout(timer)
        resolveReady()
      }
    })
  })
}

/** Fast shutdown, then immediate: committed rows are safe either way. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise<void>((wake) => child.once('exit', () => wake()))
  child.kill('SIGINT')
  const timer = setTimeout(() => child.kill('SIGQUIT'), STOP_MS)
  await gone
  clearTimeout(timer)
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}
