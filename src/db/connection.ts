import postgres from 'postgres'
import { unavailable } from './failures.ts'
import { types } from './types.ts'

/** How to reach one database as one role. Times are milliseconds. */
export interface ConnectionOptions {
  /** Folder of the server's Unix socket, or a host name. */
  host: string
  port: number
  database: string
  user: string
  password: string
  ssl?: boolean
  /**
   * Through PgBouncer in transaction mode: nothing belongs to a session. Statements are not prepared by name, and settings
   * are sent with each transaction instead of at connect, where PgBouncer would refuse them.
   */
  pooled?: boolean
}

/** Settings of one connection. Times are milliseconds. */
export interface SessionOptions {
  connection: ConnectionOptions
  statement_timeout_ms: number
  lock_timeout_ms: number
  idle_in_transaction_ms: number
  /** Off behind PgBouncer in transaction mode. */
  prepare: boolean
  application_name: string
}

/** One connection and the client that owns it. */
export class Connection {
  readonly sql: postgres.Sql
  dead = false
  in_transaction = false
  committing = false
  /** Statements that follow BEGIN; empty when the session has its settings since it was opened. */
  readonly local: string
  readonly #client: postgres.Sql

  constructor(options: SessionOptions) {
    const { connection: c } = options
    const limits = {
      statement_timeout: options.statement_timeout_ms,
      lock_timeout: options.lock_timeout_ms,
      idle_in_transaction_session_timeout: options.idle_in_transaction_ms,
    }
    this.local = c.pooled
      ? Object.entries(limits)
          .map(([name, ms]) => `set local ${name}=${ms}`)
          .join(';')
      : ''
    this.#client = postgres({
      host: c.host,
      port: c.port,
      database: c.database,
      user: c.user,
      password: c.password,
      ssl: c.ssl ?? false,
      max: 1,
      prepare: options.prepare && !c.pooled,
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
        // Planning over partitions and policies costs several times the execution, and the plans do not depend on the
        // values: queries omit the conditions that a request does not ask for.
        ...(c.pooled ? {} : { plan_cache_mode: 'force_generic_plan', ...limits }),
      },
    })
    this.sql = guarded(this.#client, () => this.dead)
  }

  /** Destroys the connection under a call: no later statement of the call reaches the server. */
  doom(): void {
    this.dead = true
    void this.destroy()
  }

  async destroy(): Promise<void> {
    this.dead = true
    // The driver rejects the statements in flight; a socket that does not close is left to the kernel's time-out.
    await this.#client.end({ timeout: 0 }).catch(() => undefined)
  }
}

/** Refuses statements on a dead connection: the driver would reconnect silently and run them outside their transaction. */
function guarded(client: postgres.Sql, dead: () => boolean): postgres.Sql {
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
