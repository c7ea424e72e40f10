import type postgres from 'postgres'

/** Passwords of the login roles; a role without an entry stays unchanged. */
export interface RolePasswords {
  app?: string
  worker?: string
  backup?: string
}

/** Roles of the product. Roles without a password cannot log in; they own functions. */
const ROLES = [
  'mc_owner',
  'mc_app',
  'mc_auth',
  'mc_search',
  'mc_lane',
  'mc_care',
  'mc_worker',
  'mc_backup',
] as const

/**
 * Limits of a session of the server that brings none: behind PgBouncer in transaction mode, outside of transactions. The
 * longest that any statement of its own has.
 */
const SESSION_LIMITS = {
  statement_timeout: '30s',
  lock_timeout: '2s',
  idle_in_transaction_session_timeout: '3s',
}

/** Key of the advisory lock for changes of roles and schema: several nodes may start at once. */
export const SCHEMA_LOCK = 727_001

/**
 * Creates the roles in one transaction, idempotently. `sql` is connected to the product's database as a superuser or as
 * a role with CREATEROLE.
 */
export async function ensureRoles(sql: postgres.Sql, passwords: RolePasswords): Promise<void> {
  // Roles are shared by all databases of the cluster, so the lock covers the cluster.
  await sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${SCHEMA_LOCK})`
    const existing = new Set(
      (await tx<{ rolname: string }[]>`select rolname from pg_roles`).map((row) => row.rolname),
    )
    for (const role of ROLES) if (!existing.has(role)) await tx.unsafe(`create role ${role} nologin`)
    await signsIn(tx, 'mc_app', passwords.app)
    await signsIn(tx, 'mc_worker', passwords.worker)
    await signsIn(tx, 'mc_backup', passwords.backup)
    for (const [name, value] of Object.entries(SESSION_LIMITS))
      await tx.unsafe(`alter role mc_app set ${name} = '${value}'`)
    await tx.unsafe('alter role mc_backup bypassrls')
    await tx.unsafe('grant mc_auth, mc_search, mc_lane, mc_care, mc_worker to mc_owner')
    await tx.unsafe('grant mc_owner to current_user')
    await tx.unsafe('alter schema public owner to mc_owner')
    // The queue has a schema of its own.
    await tx.unsafe(
      `do $$ begin execute format('grant create on database %I to mc_owner', current_database()); end $$`,
    )
    await tx.unsafe('revoke create on schema public from public')
  })
}

async function signsIn(
  sql: postgres.TransactionSql,
  role: string,
  password: string | undefined,
): Promise<void> {
  if (password === undefined) return
  // DDL takes no parameters; `format` quotes the literal on the server.
  const [row] = await sql<{ statement: string }[]>`
    select format('alter role %I login password %L', ${role}::text, ${password}::text) as statement`
  await sql.unsafe(row!.statement)
}
