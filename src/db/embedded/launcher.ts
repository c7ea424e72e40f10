import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import type { Binaries } from './binaries.ts'
import { initialize, refuseOtherMajor, SUPERUSER } from './cluster.ts'
import { endLeftovers } from './leftovers.ts'
import { LOCK_FILE, lockFolder } from './lock.ts'
import { startPostgres } from './postgres-process.ts'
import { privateFile } from './private-file.ts'
import { type Runner, runnerFor } from './runner.ts'
import { makeSocketFolder, type SocketFolder } from './socket-folder.ts'
import { Supervisor } from './supervisor.ts'

export interface EmbeddedOptions {
  /** Folder of the product's data; the cluster lies below it. */
  data_dir: string
  /** False only in tests: nothing is forced to the disk. */
  durable?: boolean
  /** Of another version, for the upgrade of a cluster; those of this program when left out. */
  binaries?: Binaries
  /** Receives a line when PostgreSQL died and was started again. */
  log?(line: string): void
}

export interface EmbeddedPostgres {
  /** Folder of the Unix socket, else a host name. */
  host: string
  port: number
  superuser: string
  password: string
  /** True when the last run did not stop cleanly and PostgreSQL recovered. */
  recovered: boolean
  stop(): Promise<void>
}

/**
 * Starts a PostgreSQL of our own from the npm-distributed binaries and keeps it running. Throws one sentence when the
 * folder is in use or the server does not start.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const data_dir = resolve(options.data_dir)
  const root = join(data_dir, 'postgres')
  mkdirSync(root, { recursive: true, mode: 0o755 })
  const unlock = lockFolder(join(data_dir, LOCK_FILE))
  let runner: Runner | undefined
  let socket: SocketFolder | undefined
  const release = () => {
    socket?.remove()
    runner?.close()
    unlock()
  }
  try {
    const recovered = await endLeftovers(root)
    runner = runnerFor(root, data_dir, options.binaries)
    refuseOtherMajor(runner, root)
    const password = privateFile(join(root, 'superuser-password'), () =>
      randomBytes(24).toString('base64url'),
    ).trim()
    const durable = options.durable ?? true
    initialize(runner, root, password, durable)
    socket = makeSocketFolder(root, runner)
    const port = await freePort()
    const server = { runner, root, socket_folder: socket?.path, port, durable }
    const supervisor = new Supervisor({
      start: () => startPostgres(server),
      prepare: () => endLeftovers(root),
      abandon: () => socket?.remove(),
      log: options.log ?? (() => undefined),
    })
    await supervisor.start()
    return {
      host: socket?.path ?? '127.0.0.1',
      port,
      superuser: SUPERUSER,
      password,
      recovered,
      async stop() {
        await supervisor.stop()
        release()
      },
    }
  } catch (error) {
    release()
    throw error
  }
}

/** A free TCP port; with a Unix socket it is only a part of the socket's name. */
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
