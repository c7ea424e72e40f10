import type postgres from 'postgres'

/** Passwords of the roles that sign in; a role without one here is left as it is. */
export interface RolePasswords {
  app?: string
  worker?: string
  backup?: string
}

/** Roles of the product; those without a password cannot sign in and only own functions. */
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

/** Key of the lock under which roles and schema are changed: several nodes may start at once. */
export const SCHEMA_LOCK = 727_001

/**
 * Makes the roles, idempotently. `sql` is signed in as a superuser (or as a role that may create roles) on the
 * product's own database.
 */
export async function ensureRoles(sql: postgres.Sql, passwords: RolePasswords): Promise<void> {
  // One at a time in the whole cluster: roles are shared by its databases.
  await sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${SCHEMA_LOCK})`
    const existing = new Set(
      (await tx<{ rolname: string }[]>`select rolname from pg_roles`).map((row) => row.rolname),
    )
    for (const role of ROLES) if (!existing.has(role)) await tx.unsafe(`create role ${role} nologin`)
    await signsIn(tx, 'mc_app', passwords.app)
    await signsIn(tx, 'mc_worker', passwords.worker)
    await signsIn(tx, 'mc_backup', passwords.backup)
    await tx.unsafe('alter role mc_backup bypassrls')
    await tx.unsafe('grant mc_auth, mc_search, mc_lane, mc_care to mc_owner')
    await tx.unsafe('grant mc_owner to current_user')
    await tx.unsafe('alter schema public owner to mc_owner')
    await tx.unsafe('revoke create on schema public from public')
  })
}

async function signsIn(
  sql: postgres.TransactionSql,
  role: string,
  password: string | undefined,
): Promise<void> {
  if (password === undefined) return
  // DDL takes no parameters; the literal is quoted by the server itself.
  const [row] = await sql<{ statement: string }[]>`
    select format('alter role %I login password %L', ${role}::text, ${password}::text) as statement`
  await sql.unsafe(row!.statement)
}
