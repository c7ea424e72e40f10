import type { Tx } from '../client.ts'

/** The replies of those commands among `ids` that ran already, by command id. */
export async function readReplies<Reply>(
  { sql }: Pick<Tx, 'sql'>,
  org_id: string,
  ids: readonly string[],
): Promise<Map<string, Reply>> {
  const rows = await sql<{ command_id: string; reply: Reply }[]>`
    select command_id, reply from recent_commands where org_id = ${org_id} and command_id = any(${[...ids]})`
  return new Map(rows.map((row) => [row.command_id, row.reply]))
}
