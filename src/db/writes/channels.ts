import type { Channel } from '../../contracts/resources.ts'
import type { Writer } from './writer.ts'

/** Stores a new channel without messages. */
export async function insertChannel(
  to: Writer,
  { id, name, type, project_id }: Pick<Channel, 'id' | 'name' | 'type' | 'project_id'>,
): Promise<void> {
  await to.write(to.sql`
    insert into channels (org_id, id, name, type, project_id, last_seq, created_at)
    values (${to.org_id}, ${id}, ${name}, ${type}, ${project_id}, 0, ${to.now})`)
}

export async function renameChannel(to: Writer, id: string, name: string): Promise<void> {
  await to.write(to.sql`update channels set name = ${name} where org_id = ${to.org_id} and id = ${id}`)
}
