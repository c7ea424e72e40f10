import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ConnectionOptions } from '../../src/db/connection.ts'
import { freePort } from './server.ts'

/** A real PgBouncer in transaction mode before a database. */
export interface Pooler {
  /** The database as it is reached through it. */
  connection: ConnectionOptions
  kill(): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
}

const STARTED_MS = 60_000

/** Its path; CI has it, elsewhere tests that need it are left out. Debian keeps it where only root looks. */
export const PGBOUNCER = Bun.which('pgbouncer') ?? ['/usr/sbin/pgbouncer'].find((path) => existsSync(path))
if (PGBOUNCER === undefined && process.env.CI)
  throw new Error('pgbouncer is not installed: apt-get install pgbouncer')

/** `connections`: of each role to PostgreSQL, at the most. */
export async function startPooler(database: ConnectionOptions, connections: number): Promise<Pooler> {
  const folder = mkdtempSync(join(tmpdir(), 'mc-pooler-'))
  const port = freePort()
  writeFileSync(join(folder, 'users.txt'), `"${database.user}" "${database.password}"\n`)
  writeFileSync(
    join(folder, 'pgbouncer.ini'),
    `[databases]
${database.database} = host=${database.host} port=${database.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
pool_mode = transaction
default_pool_size = ${connections}
max_client_conn = 200
auth_type = scram-sha-256
auth_file = ${join(folder, 'users.txt')}
pidfile = ${join(folder, 'pid')}
`,
  )
  Bun.spawnSync(['chmod', '-R', 'go=rX', folder])
  // It does not run as root, and the folder of the socket is open to the user of PostgreSQL alone.
  const owner = Bun.spawnSync(['id', '-nu', String(statSync(database.host).uid)])
    .stdout.toString()
    .trim()
  const as_user = process.getuid?.() === 0 ? ['-u', owner] : []
  if (as_user.length > 0) Bun.spawnSync(['chown', '-R', owner, folder])
  let child: Bun.Subprocess

  const pooler: Pooler = {
    connection: { ...database, host: '127.0.0.1', port },
    async kill() {
      child.kill('SIGKILL')
      await child.exited
    },
    async start() {
      rmSync(join(folder, 'pid'), { force: true })
      child = Bun.spawn([PGBOUNCER ?? 'pgbouncer', '-q', ...as_user, join(folder, 'pgbouncer.ini')], {
        stdout: 'ignore',
        stderr: 'pipe',
      })
      const give_up_at = Date.now() + STARTED_MS
      while (!(await listens(port))) {
        if (child.exitCode !== null || Date.now() > give_up_at)
          throw new Error(
            `PgBouncer did not start: ${await new Response(child.stderr as ReadableStream).text()}`,
          )
        await Bun.sleep(20)
      }
    },
    async stop() {
      await pooler.kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  await pooler.start()
  return pooler
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const answer = (yes: boolean) => {
      socket.destroy()
      resolve(yes)
    }
    socket.on('connect', () => answer(true)).on('error', () => answer(false))
  })
}
