import { afterAll, afterEach, beforeAll, describe, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { endLeftovers } from '../../../src/db/embedded/leftovers.ts'
import { type ServerOptions, startPostgres } from '../../../src/db/embedded/postgres-process.ts'
import { runnerFor } from '../../../src/db/embedded/runner.ts'
import { makeSocketFolder, type SocketFolder } from '../../../src/db/embedded/socket-folder.ts'
import { copyTemplate } from '../../support/cluster.ts'
import { POSTGRES_PROCESS_RULES, type PostgresUnderTest } from '../../support/postgres-process-contract.ts'
import { postgresProcesses } from '../../support/postgres-processes.ts'
import { freePort } from '../../support/server.ts'

let data_dir: string
let options: ServerOptions
let socket: SocketFolder | undefined

beforeAll(async () => {
  data_dir = mkdtempSync(join(tmpdir(), 'mc-process-'))
  await copyTemplate(data_dir)
  const root = join(data_dir, 'postgres')
  const runner = runnerFor(root, data_dir)
  socket = makeSocketFolder(root, runner)
  options = { runner, root, socket_folder: socket?.path, port: freePort(), durable: false }
})
// A crash leaves children and a file with the process id, as it does under the supervisor.
afterEach(async () => {
  await endLeftovers(options.root)
})
afterAll(() => {
  socket?.remove()
  options.runner.close()
  rmSync(data_dir, { recursive: true, force: true })
})

function start(): PostgresUnderTest {
  const postgres = startPostgres(options)
  return {
    postgres,
    kill() {
      // A process that was just spawned has no command line of its own yet.
      while (postgresProcesses(data_dir).length === 0 && !postgres.isGone()) Bun.sleepSync(1)
      for (const pid of postgresProcesses(data_dir)) process.kill(pid, 'SIGKILL')
    },
  }
}

describe('the contract of a PostgreSQL process: postgres', () => {
  for (const [title, holds] of POSTGRES_PROCESS_RULES) test(title, () => holds(start))
})
