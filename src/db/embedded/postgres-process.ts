import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import { join } from 'node:path'
import type { Runner } from './runner.ts'

/** Recovery after a crash comes before the first connection; it may have a gigabyte of WAL to read. */
const START_MS = 60_000
/** A fast shutdown ends with a checkpoint; after this long an immediate one follows, and the next start recovers. */
export const STOP_MS = 8_000
const LOG_BYTES_MAX = 8 * 1024 * 1024
/** Enough for the reason of a failed start, which comes last. */
const OUTPUT_CHARS_MAX = 65_536

export interface ServerOptions {
  runner: Runner
  /** Folder of the cluster, log and passwords. */
  root: string
  /** Where it listens: a folder with a Unix socket, else only this machine by TCP. */
  socket_folder: string | undefined
  port: number
  durable: boolean
}

/** One run of the program `postgres`. */
export interface PostgresProcess {
  /** Settles when it accepts connections, or rejects with one sentence when it ends first. */
  ready: Promise<void>
  /** Settles when the process is gone. */
  gone: Promise<void>
  isGone(): boolean
  /** Asks for a fast shutdown and does not wait; for the end of this process. */
  interrupt(): void
  /** Fast shutdown, then immediate: committed rows are safe either way. */
  stop(): Promise<void>
}

/** The environment of PostgreSQL's programs: nothing of ours that could change what they do. */
export function programEnvironment(root: string): Record<string, string> {
  const windows = process.env.SystemRoot === undefined ? {} : { SystemRoot: process.env.SystemRoot }
  return { PATH: process.env.PATH ?? '', HOME: root, LC_ALL: 'C', TZ: 'UTC', ...windows }
}

export function startPostgres(options: ServerOptions): PostgresProcess {
  const { runner, root } = options
  const child = spawn(runner.program('postgres'), serverArguments(options), {
    ...runner.options(),
    env: programEnvironment(root),
    // A signal to the server's process group, such as Ctrl-C, must not end the database before the server has drained.
    detached: true,
    windowsHide: true,
  })
  child.unref()
  const isGone = () => child.pid === undefined || child.exitCode !== null || child.signalCode !== null
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  const shutDown = (signal: 'SIGINT' | 'SIGQUIT') => {
    if (isGone()) return
    // Windows has no signals between processes.
    if (process.platform !== 'win32') child.kill(signal)
    else
      spawnSync(
        runner.program('pg_ctl'),
        ['stop', '-W', '-D', runner.path('data'), '-m', signal === 'SIGINT' ? 'fast' : 'immediate'],
        { env: programEnvironment(root), stdio: 'ignore' },
      )
  }
  return {
    ready: ready(child, join(root, 'postgres.log')),
    gone,
    isGone,
    interrupt: () => shutDown('SIGINT'),
    async stop() {
      shutDown('SIGINT')
      const timer = setTimeout(() => shutDown('SIGQUIT'), STOP_MS)
      if (!isGone()) await gone
      clearTimeout(timer)
    },
  }
}

function serverArguments({ runner, socket_folder, port, durable }: ServerOptions): string[] {
  const settings: Record<string, string> = {
    listen_addresses: socket_folder === undefined ? '127.0.0.1' : '',
    unix_socket_directories: socket_folder ?? '',
    unix_socket_permissions: '0700',
    max_connections: '100',
    shared_buffers: `${sharedBuffersMiB()}MB`,
    wal_compression: 'on',
    max_wal_size: '1GB',
    random_page_cost: '1.1',
    jit: 'off',
    // The planner needs statistics early: the first minute may be a large import.
    autovacuum_naptime: '10s',
    log_min_messages: 'warning',
    log_checkpoints: 'off',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  }
  return [
    '-D',
    runner.path('data'),
    '-p',
    String(port),
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]
}

/** An eighth of the memory this process may use, in MiB: from 128, PostgreSQL's own default, to 512. */
function sharedBuffersMiB(): number {
  const memory_mib = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY) / 2 ** 20
  return Math.round(Math.min(512, Math.max(128, memory_mib / 8)))
}

/** Resolves when the server accepts connections; keeps its output in a log of bounded size. */
function ready(child: ChildProcess, log_file: string): Promise<void> {
  let written = 0
  // The end of the output: clients that try to connect during a recovery are refused with a line each.
  let recent = ''
  return new Promise<void>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`PostgreSQL did not start within ${START_MS / 1000} s. See ${log_file}.`)),
      START_MS,
    )
    const fail = (error: Error) => {
      clearTimeout(timer)
      reject(error)
    }
    child.once('error', fail)
    // The streams close after the exit: then the last line is there.
    child.once('close', () =>
      fail(new Error(`PostgreSQL did not start: ${reasonIn(recent)}. See ${log_file}.`)),
    )
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      recent = (recent + text).slice(-OUTPUT_CHARS_MAX)
      written += text.length
      writeFileSync(log_file, text, { flag: written > LOG_BYTES_MAX ? 'w' : 'a', mode: 0o600 })
      if (written > LOG_BYTES_MAX) written = 0
      if (recent.includes('ready to accept connections')) {
        clearTimeout(timer)
        resolve()
      }
    })
  })
}

/** Refusals of clients, which come during every start and end. */
const REFUSED = /FATAL: {2}the database system is /

/** The lines that say why it ended: the very last one only says that it did. */
function reasonIn(output: string): string {
  const lines = output.trim().split('\n')
  const reason = lines.findLast((line) => /\b(FATAL|PANIC):/.test(line) && !REFUSED.test(line))
  return (
    reason ??
    lines
      .filter((line) => !REFUSED.test(line))
      .slice(-3)
      .join('; ')
  )
}
