import { and } from 'drizzle-orm'
import type { Reply } from '../../contracts/calls.ts'
import type { Tx } from '../client.ts'
import { recent_commands } from '../schema/orgs.ts'
import { anyOf, build, inOrg, type Params, statement } from '../statement.ts'

const repliesOf = statement((p: Params<{ org_id: string; ids: readonly string[] }>) =>
  build
    .select({ command_id: recent_commands.command_id, reply: recent_commands.reply })
    .from(recent_commands)
    .where(and(inOrg(recent_commands.org_id, p.org_id), anyOf(recent_commands.command_id, p.ids))),
)

/** The replies of those commands among `ids` that ran already, by command id. */
export async function readReplies(
  { sql }: Pick<Tx, 'sql'>,
  org_id: string,
  ids: readonly string[],
): Promise<Map<string, Reply>> {
  const rows = await repliesOf(sql, { org_id, ids })
  return new Map(rows.flatMap(({ command_id, reply }) => (reply ? [[command_id, reply]] : [])))
}
