import type { Row, Tx } from './client.ts'
import type { Connection } from './connection.ts'

/**
 * A transaction on a connection. `begin` is a script of one round trip; `run` gets the rows of its last statement.
 * `committing` marks COMMIT as under way: an error then leaves the outcome unknown.
 */
export async function inTransaction<T>(
  connection: Connection,
  begin: string,
  run: (tx: Tx, rows: Row[]) => Promise<T>,
): Promise<T> {
  connection.in_transaction = true
  connection.committing = false
  let result: T
  try {
    const opened: Row[] | Row[][] = await connection.sql
      .unsafe<Row[]>(withSettings(begin, connection))
      .simple()
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

/** A script that begins a transaction, with the settings of the connection after its first statement. */
function withSettings(begin: string, { local }: Connection): string {
  return local === '' ? begin : begin.replace(/^[^;]+/, (first) => `${first};${local}`)
}

/** Statement that scopes the transaction to one org. The id is inlined, so nothing but a UUID may pass. */
export function setOrg(org_id: string): string {
  if (!/^[0-9a-f-]{36}$/.test(org_id)) throw new Error('setOrg: not a UUID')
  return `select set_config('app.current_org_id','${org_id}',true)`
}
