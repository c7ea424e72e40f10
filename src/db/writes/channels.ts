import { and, eq, sql as text } from 'drizzle-orm'
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

const describe = statement(
  (p: Params<{ org_id: string; id: string; name: string; topic: string | null; keep_topic: boolean }>) =>
    build
      .update(channels)
      .set({
        name: given(p.name),
        topic: text<
          string | null
        >`case when ${p.keep_topic}::boolean then ${channels.topic} else ${p.topic}::text end`,
      })
      .where(and(inOrg(channels.org_id, p.org_id), eq(channels.id, p.id)))
      .returning({ topic: channels.topic, last_seq: channels.last_seq }),
)

/** Stores a new channel without messages. */
export async function insertChannel(to: Writer, { id, name, type, project_id }: NewChannel): Promise<void> {
  await to.write(insert(to.sql, { org_id: to.org_id, id, name, type, project_id, now: to.now }))
}

/**
 * Sets name and topic of a channel, without a `topic` the name only. Answers its topic and its last `seq`, without the
 * messages that the batch still holds.
 */
export async function updateChannel(
  to: Writer,
  { id, name, topic }: { id: string; name: string; topic?: string | null },
): Promise<{ topic: string | null; last_seq: number }> {
  const values = { org_id: to.org_id, id, name, topic: topic ?? null, keep_topic: topic === undefined }
  const [stored] = await to.write(describe(to.sql, values))
  if (!stored) throw new Error('unreachable: a channel is never deleted')
  return stored
}
