import { and, eq } from 'drizzle-orm'
import type { Channel } from '../../contracts/resources.ts'
import { channels } from '../schema/chat.ts'
import { build, given, inOrg, type Params, statement } from '../statement.ts'
import type { Writer } from './writer.ts'

type NewChannel = Pick<Channel, 'id' | 'name' | 'type' | 'project_id'>

const insert = statement((p: Params<NewChannel & { org_id: string; now: string }>) =>
  build.insert(channels).values({
    org_id: p.org_id,
    id: p.id,
    name: p.name,
    type: p.type,
    project_id: p.project_id,
    created_at: p.now,
  }),
)

const rename = statement((p: Params<{ org_id: string; id: string; name: string }>) =>
  build
    .update(channels)
    .set({ name: given(p.name) })
    .where(and(inOrg(channels.org_id, p.org_id), eq(channels.id, p.id)))
    .returning({ last_seq: channels.last_seq }),
)

/** Stores a new channel without messages. */
export async function insertChannel(to: Writer, { id, name, type, project_id }: NewChannel): Promise<void> {
  await to.write(insert(to.sql, { org_id: to.org_id, id, name, type, project_id, now: to.now }))
}

/** Renames a channel; answers its last `seq`, without the messages that the batch still holds. */
export async function renameChannel(to: Writer, id: string, name: string): Promise<number> {
  const [renamed] = await to.write(rename(to.sql, { org_id: to.org_id, id, name }))
  if (!renamed) throw new Error('unreachable: the channel of a project is never deleted')
  return renamed.last_seq
}
