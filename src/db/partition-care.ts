import postgres from 'postgres'
import type { ConnectionOptions } from './connection.ts'

export interface PartitionCare {
  /** Rows found in a default partition by the last run: should be 0. */
  readonly rows_in_default: number
  /** `ok`, or `degraded: …` with the reason. */
  readonly state: string
  /** One run, for the job of the clock. Throws when it fails; this node then tries again until it succeeds. */
  run(): Promise<void>
  stop(): void
}

interface Log {
  info(fields: Record<string, unknown>, text: string): void
  failed(stage: string, error: unknown): void
}

/** The interval after a failure: partitions are made months ahead, so there is time for several tries. */
const RETRY_MS = 60 * 1000
/** SQLSTATE of a lock time-out, e.g. while a backup reads a default partition. */
const LOCK_NOT_AVAILABLE = '55P03'
const TRIES = 5
const PAUSE_MS = 1_000
/** Moving the rows of a month out of a default partition may take long; a statement that hangs must not. */
const STATEMENT_MS = 10 * 60 * 1000

/**
 * Makes the partitions of this and the next months, before the first write; afterwards a job of the clock does, on one
 * node. A lock time-out does not fail the start: rows then go to the default partition and are moved later, and readiness
 * says so. Throws on any other error of the first run.
 */
export async function startPartitionCare(
  app: ConnectionOptions,
  months_ahead: number,
  log: Log,
): Promise<PartitionCare> {
  let rows_in_default = 0
  let failing = false
  let stopped = false
  let timer: ReturnType<typeof setTimeout> | undefined

  const care = async () => {
    const done = await ensure(app, months_ahead)
    failing = false
    rows_in_default = done.moved + done.rows_in_default
    if (done.made > 0) log.info({ made: done.made }, 'made partitions')
    if (rows_in_default > 0)
      log.failed(
        'find a partition for every row',
        new Error(`${rows_in_default} rows had none; ${done.moved} have one now`),
      )
  }
  /** The next run of the job may be another node's: what this node found is looked at again here. */
  const again = () => {
    clearTimeout(timer)
    if (stopped || (!failing && rows_in_default === 0)) return
    timer = setTimeout(() => void run().catch((error) => log.failed('care for partitions', error)), RETRY_MS)
    timer.unref()
  }
  const run = async () => {
    try {
      await care()
    } catch (error) {
      failing = true
      throw error
    } finally {
      again()
    }
  }

  try {
    await run()
  } catch (error) {
    if (!isLocked(error)) {
      clearTimeout(timer)
      throw error
    }
    log.failed('care for partitions', error)
  }
  return {
    get rows_in_default() {
      return rows_in_default
    },
    get state() {
      if (failing) return 'degraded: partitions could not be made'
      return rows_in_default === 0 ? 'ok' : 'degraded: rows in a default partition'
    },
    run,
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}

async function ensure(
  app: ConnectionOptions,
  months_ahead: number,
): Promise<{ made: number; moved: number; rows_in_default: number }> {
  const sql = postgres({
    ...app,
    ssl: app.ssl ?? false,
    max: 1,
    connect_timeout: 10,
    prepare: !app.pooled,
    connection: {
      application_name: 'mission-control partitions',
      ...(app.pooled ? {} : { statement_timeout: STATEMENT_MS }),
    },
    onnotice: () => undefined,
  })
  try {
    for (let tries = 1; ; tries++) {
      try {
        const [done] = await sql<{ made: number; moved: string; rows_in_default: string }[]>`
          select * from ensure_partitions(${months_ahead})`
        return {
          made: done?.made ?? 0,
          moved: Number(done?.moved),
          rows_in_default: Number(done?.rows_in_default),
        }
      } catch (error) {
        if (!isLocked(error) || tries === TRIES) throw error
        await new Promise((wake) => setTimeout(wake, PAUSE_MS))
      }
    }
  } finally {
    await sql.end({ timeout: 2 })
  }
}

function isLocked(error: unknown): boolean {
  return error instanceof postgres.PostgresError && error.code === LOCK_NOT_AVAILABLE
}
