import type postgres from 'postgres'
import { Connection, type ConnectionOptions, type SessionOptions } from './connection.ts'
import { asUnavailable, neverSent, OutcomeUnknown, unavailable } from './failures.ts'
import { inTransaction, setOrg } from './transaction.ts'

/** postgres.js' tagged-template function. */
export type Sql = postgres.Sql

/** Part of a statement, with its values. */
export type Fragment = postgres.PendingQuery<postgres.Row[]>

/** The org of a query: its id, or the column that {@link Database.readOne} has put into scope. */
export type OrgRef = string | Fragment

export interface DatabaseOptions extends Partial<SessionOptions> {
  connection: ConnectionOptions
  /** Connections at the most; each serves one call at a time. */
  connections_max: number
  /** Calls that may queue for a connection; one more is refused at once. */
  waiting_max?: number
  /** A call without a connection after this time is refused. */
  wait_ms?: number
  /** A call that has not ended after this time is refused and its connection destroyed. */
  deadline_ms?: number
}

/** All clients of a node may reconnect at once after a restart, with a few short calls each. */
const WAITING_MAX = 2_048
const WAIT_MS = 750
/** Together with the wait it stays below the five seconds in which every request is answered. */
const DEADLINE_MS = 4_000

export type Row = Record<string, unknown>

/** A transaction on one connection. Statements run one after another; nothing is pipelined. */
export interface Tx {
  readonly sql: Sql
}

/**
 * A pool of connections to PostgreSQL, each a client of its own.
 *
 * Why not the driver's pool: after a restart of PostgreSQL the driver may leave promises unsettled and a connection
 * that stays unusable (porsager/postgres#1186, #1195). Here a closed connection is discarded with its client, every call
 * has a deadline, and a call that reaches it destroys its connection. A later call never reads an answer to an earlier
 * one.
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

  /** For metrics: connections in total and in use, and queued calls. */
  get load(): { open: number; busy: number; waiting: number } {
    return { open: this.#open, busy: this.#open - this.#idle.length, waiting: this.#waiting.length }
  }

  /**
   * Reads outside a transaction (global tables, look-up functions). For writes use {@link statement}: the loss of a
   * connection under this call is reported as nothing done.
   */
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
   * One query of an org in one round trip: the statement itself sets the scope. `build` gets the org as a column and must
   * use it (`where x.org_id = \${org}`), so that the query depends on the scope and runs after it; `offset 0` keeps the
   * planner from reordering the two. Without a scope the policies show no rows: the read fails closed.
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
   * statement. The script is sent verbatim: only validated literals may be part of it.
   */
  async scripted<T>(begin: string, run: (tx: Tx, rows: Row[]) => Promise<T>): Promise<T> {
    return await this.#call(undefined, (c) => inTransaction(c, begin, run))
  }

  /** Ends all connections; queued calls are refused. */
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
      throw connection.dead && connection.committing && !neverSent(error)
        ? new OutcomeUnknown()
        : asUnavailable(error, connection.dead)
    } finally {
      clearTimeout(timer)
      // After the deadline the call has been refused already: the late outcome of its work is of no use.
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

/** Port of the queries that read one org. */
export type OneReader = Pick<Database, 'readOne'>
