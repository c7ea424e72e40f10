import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Product } from '../product.ts'
import type { Figures } from '../row.ts'

/** Of the clock in `/proc/PID/stat`, 100 a second on Linux. */
const MICROS_PER_TICK = 10_000

/** Time on a processor in microseconds, since the processes began; what other programs of the machine took does not count. */
export interface CpuTimes {
  server: number
  database: number
  client: number
}

/** Runs a load and divides the CPU time of server, database and this process by the operations that it says it did. */
export async function withCpu<T>(
  product: Product,
  run: () => Promise<T>,
  operations: (result: T) => number,
): Promise<{ result: T; cpu: CpuTimes }> {
  const before = times(product)
  const result = await run()
  const after = times(product)
  const count = operations(result)
  return {
    result,
    cpu: {
      server: (after.server - before.server) / count,
      database: (after.database - before.database) / count,
      client: (after.client - before.client) / count,
    },
  }
}

/** CPU time of these processes so far, in microseconds. */
export function cpuMicros(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + tasks(pid).reduce((all, task) => all + task, 0), 0)
}

function times({ server }: Product): CpuTimes {
  const postmaster = Number(
    readFileSync(join(server.data_dir, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n')[0],
  )
  return {
    server: cpuMicros([server.pid]),
    database: cpuMicros([postmaster, ...childrenOf(postmaster)]) + cpuOfEnded(postmaster),
    client: cpuMicros([process.pid]),
  }
}

function tasks(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(
      (task) => Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]) / 1_000,
    )
  } catch {
    // It, or a thread of it, has ended.
    return []
  }
}

/** CPU time of children that have ended, in microseconds: connections are processes. */
function cpuOfEnded(pid: number): number {
  const [, rest = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')
  const fields = rest.split(' ').map(Number)
  return ((fields[13] ?? 0) + (fields[14] ?? 0)) * MICROS_PER_TICK
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').map(Number).filter(Boolean)
}

/** As figures of a row. */
export function cpuFigures(what: string, { server, database, client }: CpuTimes): Figures {
  return {
    [`${what}: CPU of the server, µs`]: server,
    [`${what}: CPU of the database, µs`]: database,
    [`${what}: CPU of the client, µs`]: client,
  }
}
