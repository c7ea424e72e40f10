import postgres from 'postgres'
import { ApiError } from '../contracts/errors.ts'
import { types } from './types.ts'

/** postgres.js' tagged-template function. */
export type Sql = postgres.Sql

/** A piece of SQL with its values, to be built into a statement. */
export type Fragment = postgres.PendingQuery<postgres.Row[]>

/** The org of a query: its id, or the column that {@link Database.readOne} has put into scope. */
export type OrgRef = string | Fragment

/** How to reach one database as one role. Times are milliseconds. */
export interface ConnectionOptions {
  /** Folder of the server's Unix socket, or a host name. */
  host: string
  port: number
  database: string
  user: string
  password: string
  ssl?: boolean
}

export interface DatabaseOptions {
  connection: ConnectionOptions
  /** Connections at the most; each carries one call at a time. */
  connections_max: number
  /** Calls that may wait for a connection; one more is refused at once. */
  waiting_max?: number
  /** A call that has not got a connection by then is refused. */
  wait_ms?: number
  /** A call that has not ended by then is given up and its connection destroyed. */
  deadline_ms?: number
  statement_timeout_ms?: number
  lock_timeout_ms?: number
  idle_in_transaction_ms?: number
  /** Off behind PgBouncer in transaction mode. */
  prepare?: boolean
  application_name?: string
}

/** A node's clients may all come back at once after a restart; each asks for little. */
const WAITING_MAX = 2_048
const WAIT_MS = 750
/** With the wait before it less than the five seconds in which every request is answered. */
const DEADLINE_MS = 4_000

export type Row = Record<string, unknown>

/** A transaction on one connection. Statements run one after another; nothing is pipelined. */
export interface Tx {
  readonly sql: Sql
}

/** The database cannot be used at the moment: nothing of this call has had an effect. */
export function unavailable(): ApiError {
  return new ApiError('UNAVAILABLE', 'The database cannot be reached at the moment. Try again.', {
    retry_after_s: 1,
  })
}

/**
 * Connections to PostgreSQL, each a client of its own with exactly one connection.
 *
 * Why not the driver's pool: after a restart of PostgreSQL the driver may leave promises unsettled and a connection
 * that can never be written to again (porsager/postgres#1186, #1195). So a connection that closed for any reason is
 * thrown away with its client, every call has a deadline, and a call that meets it destroys its connection. Nothing
 * that was in flight on a destroyed connection is ever read by a later call.
 */
export class Database {
  readonly #options: Required<DatabaseOptions>
  readonly #idle: Connection[] = []
  readonly #waiting: ((connection: Connection | undefined) => void)[] = []
  #open = 0
  #closed = false

  constructor(options: DatabaseOptions) {
    this.#options = {
      waiting_max: WAITING_MAX,
      wait_ms: WAIT_MS,
      deadline_ms: DEADLINE_MS,
      statement_timeout_ms: 5_000,
      lock_timeout_ms: 2_000,
      idle_in_transaction_ms: 3_000,
      prepare: true,
      application_name: 'mission-control',
      ...options,
    }
  }

  /** For metrics: connections that exist, that work, and calls that wait. */
  get load(): { open: number; busy: number; waiting: number } {
    return { open: this.#open, busy: this.#open - this.#idle.length, waiting: this.#waiting.length }
  }

  /** One or more statements outside a transaction (global tables, look-up functions). */
  async query<T>(run: (sql: Sql) => Promise<T>, options: { deadline_ms?: number } = {}): Promise<T> {
    return await this.#call(options.deadline_ms, (connection) => run(connection.sql))
  }

  /**
   * One statement that writes and commits by itself. Throws `OutcomeUnknown` when the connection died under it.
   */
  async statement<T>(run: (sql: Sql) => Promise<T>): Promise<T> {
    return await this.#call(undefined, async (connection) => {
      connection.committing = true
      const result = await run(connection.sql)
      connection.committing = false
      return result
    })
  }

  /**
   * A transaction without an org: global tables only, tenant tables show no rows.
   * Throws `unavailable` when the outcome is known to be nothing, `OutcomeUnknown` when COMMIT was under way.
   */
  async transaction<T>(run: (tx: Tx) => Promise<T>, options: { deadline_ms?: number } = {}): Promise<T> {
    return await this.#call(options.deadline_ms, (c) => inTransaction(c, 'begin', run))
  }

  /** A transaction that sees and writes the rows of one org only. */
  async withOrg<T>(
    org_id: string,
    run: (tx: Tx) => Promise<T>,
    options: { deadline_ms?: number } = {},
  ): Promise<T> {
    return await this.#call(options.deadline_ms, (c) => inTransaction(c, `begin;${setOrg(org_id)}`, run))
  }

  /** Read-only form of {@link withOrg}, in one snapshot; two round trips beside those of `run`. */
  async readOrg<T>(
    org_id: string,
    run: (tx: Tx) => Promise<T>,
    options: { deadline_ms?: number } = {},
  ): Promise<T> {
    const begin = `begin isolation level repeatable read read only;${setOrg(org_id)}`
    return await this.#call(options.deadline_ms, (c) => inTransaction(c, begin, run))
  }

  /**
   * One query of an org in one round trip: the org is put into scope by the statement itself. `build` gets the org as a
   * column and must use it (`where x.org_id = \${org}`): the look-up then depends on the scope, so it runs after it, and
   * the inner `offset 0` keeps the planner from turning the two around. Were it ever evaluated without the scope, the
   * policy would show no rows: it fails closed.
   */
  async readOne<T extends object>(
    org_id: string,
    build: (sql: Sql, org: OrgRef) => postgres.PendingQuery<T[]>,
  ): Promise<T[]> {
    return await this.#call(undefined, async ({ sql }) => {
      const query = build(sql, sql`scope.org_id`)
      return await sql<T[]>`
        select found.* from (select set_config('app.current_org_id', ${org_id}, true)::uuid as org_id offset 0) as scope
        cross join lateral (select * from (${query}) as looked_up offset 0) as found`
    })
  }

  /**
   * A transaction opened by a script of one round trip, e.g. `begin;select …`; `run` gets the rows of its last
   * statement. The script is sent as it is: only validated literals may be part of it.
   */
  async scripted<T>(begin: string, run: (tx: Tx, rows: Row[]) => Promise<T>): Promise<T> {
    return await this.#call(undefined, (c) => inTransaction(c, begin, run))
  }

  /** Ends all connections; calls that wait are refused. */
  async close(): Promise<void> {
    this.#closed = true
    for (const wake of this.#waiting.splice(0)) wake(undefined)
    await Promise.all(this.#idle.splice(0).map((connection) => connection.destroy()))
  }

  async #call<T>(deadline_ms: number | undefined, run: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = await this.#acquire()
    const limit_ms = deadline_ms ?? this.#options.deadline_ms
    let timer: ReturnType<typeof setTimeout> | undefined
    const deadline = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        connection.doom()
        reject(connection.committing ? new OutcomeUnknown() : unavailable())
      }, limit_ms)
    })
    const work = (async () => await run(connection))()
    try {
      return await Promise.race([work, deadline])
    } catch (error) {
      throw connection.dead && connection.committing
        ? new OutcomeUnknown()
        : asUnavailable(error, connection.dead)
    } finally {
      clearTimeout(timer)
      // Lost the race: whatever it ends with was already answered by the deadline.
      work.catch(() => undefined)
      this.#release(connection)
    }
  }

  async #acquire(): Promise<Connection> {
    if (this.#closed) throw unavailable()
    for (let idle = this.#idle.pop(); idle; idle = this.#idle.pop()) {
      if (!idle.dead) return idle
      this.#open--
    }
    if (this.#open < this.#options.connections_max) {
      this.#open++
      return new Connection(this.#options)
    }
    if (this.#waiting.length >= this.#options.waiting_max) throw unavailable()
    const connection = await new Promise<Connection | undefined>((resolve) => {
      const wake = (found: Connection | undefined) => {
        clearTimeout(timer)
        resolve(found)
      }
      const timer = setTimeout(() => {
        const place = this.#waiting.indexOf(wake)
        if (place >= 0) this.#waiting.splice(place, 1)
        resolve(undefined)
      }, this.#options.wait_ms)
      this.#waiting.push(wake)
    })
    if (!connection) throw unavailable()
    return connection
  }

  #release(connection: Connection): void {
    connection.committing = false
    if (connection.dead || connection.in_transaction || this.#closed) {
      // A connection in an unknown state is never given to another call.
      void connection.destroy()
      this.#open--
      const wake = this.#waiting.shift()
      if (wake && !this.#closed) {
        this.#open++
        wake(new Connection(this.#options))
      }
      return
    }
    const wake = this.#waiting.shift()
    if (wake) wake(connection)
    else this.#idle.push(connection)
  }
}

/** Whatever answers one query of an org. */
export type OneReader = Pick<Database, 'readOne'>

/** The transaction may or may not have committed: only the database knows. */
export class OutcomeUnknown extends Error {
  constructor() {
    super('The outcome of the transaction is unknown')
    this.name = 'OutcomeUnknown'
  }
}

/** One connection and the client that owns it. */
class Connection {
  readonly sql: Sql
  dead = false
  in_transaction = false
  committing = false
  readonly #client: Sql

  constructor(options: Required<DatabaseOptions>) {
    const { connection: c } = options
    this.#client = postgres({
      host: c.host,
      port: c.port,
      database: c.database,
      user: c.user,
      password: c.password,
      ssl: c.ssl ?? false,
      max: 1,
      prepare: options.prepare,
      fetch_types: false,
      connect_timeout: 5,
      idle_timeout: 0,
      max_lifetime: null,
      backoff: false,
      keep_alive: 10,
      types,
      onnotice: () => undefined,
      onclose: () => {
        this.dead = true
      },
      connection: {
        application_name: options.application_name,
        TimeZone: 'UTC',
        // Planning over partitions and policies costs several times what running these queries costs, and their plans do
        // not depend on the values: conditions that are not asked for are left out of the text.
        plan_cache_mode: 'force_generic_plan',
        statement_timeout: options.statement_timeout_ms,
        lock_timeout: options.lock_timeout_ms,
        idle_in_transaction_session_timeout: options.idle_in_transaction_ms,
      },
    })
    this.sql = guarded(this.#client, () => this.dead)
  }

  /** No later statement of this call reaches the server. */
  doom(): void {
    this.dead = true
    void this.destroy()
  }

  async destroy(): Promise<void> {
    this.dead = true
    // The driver rejects what was in flight; a socket that does not close is the kernel's to time out.
    await this.#client.end({ timeout: 0 }).catch(() => undefined)
  }
}

/** The driver would quietly reconnect and run a statement outside its transaction; this refuses instead. */
function guarded(client: Sql, dead: () => boolean): Sql {
  return new Proxy(client, {
    apply(target, self, args: unknown[]) {
      const tagged = Array.isArray(args[0]) && 'raw' in args[0]
      if (tagged && dead()) throw unavailable()
      return Reflect.apply(target, self, args)
    },
    get(target, name, receiver) {
      if (name === 'unsafe' && dead()) throw unavailable()
      return Reflect.get(target, name, receiver)
    },
  })
}

async function inTransaction<T>(
  connection: Connection,
  begin: string,
  run: (tx: Tx, rows: Row[]) => Promise<T>,
): Promise<T> {
  connection.in_transaction = true
  connection.committing = false
  let result: T
  try {
    const opened: Row[] | Row[][] = await connection.sql.unsafe<Row[]>(begin).simple()
    const last = opened.at(-1)
    result = await run(connection, Array.isArray(last) ? last : [])
  } catch (error) {
    if (!connection.dead) {
      await connection.sql.unsafe('rollback').simple()
      connection.in_transaction = false
    }
    throw error
  }
  connection.committing = true
  await connection.sql.unsafe('commit').simple()
  connection.in_transaction = false
  connection.committing = false
  return result
}

/** Statement that scopes the transaction to one org. The id is inlined, so nothing but a UUID may pass. */
function setOrg(org_id: string): string {
  if (!/^[0-9a-f-]{36}$/.test(org_id)) throw new Error('setOrg: not a UUID')
  return `select set_config('app.current_org_id','${org_id}',true)`
}

/** The driver's own codes and SQLSTATEs that say: not now (restart, time out, read-only, disk full), nothing was done. */
const CONNECTION_CODES = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  'CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  '57P01',
  '57P02',
  '57P03',
  '53300',
  '57014',
  '25P03',
  '25006',
  '53100',
  '55P03',
  '08006',
  '08003',
])

/** Maps what the driver throws when the server is away or out of time to 503; other errors stay as they are. */
function asUnavailable(error: unknown, dead: boolean): unknown {
  if (error instanceof ApiError || error instanceof OutcomeUnknown) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return CONNECTION_CODES.has(code) || (dead && code === '') ? unavailable() : error
}
