import type { Role } from '../../contracts/vocabulary.ts'
import type { Writer } from './writer.ts'

/*
 * Markers of a user with new access to a channel: earlier messages are history, not unread. Text: one statement for
 * any number of channels.
 */

/** A member who joins starts at the end of every channel that its role reads, mentions from before included. */
export async function startAtEnd(to: Writer, user_id: string, role: Role): Promise<void> {
  const { sql, org_id, now } = to
  await to.write(sql`
    insert into channel_reads as r (org_id, channel_id, user_id, read_seq, updated_at)
    select org_id, id, ${user_id}, last_seq, ${now} from channels
    where org_id = ${org_id} and last_seq > 0 and (type = 'org_wide' or ${role === 'administrator'})
    on conflict (org_id, channel_id, user_id) do update set
      read_seq = excluded.read_seq, own_count = 0, mention_count = 0, updated_at = excluded.updated_at`)
}

/** A member who becomes an administrator starts at the end of the channels that it could not read before. */
export async function startAtEndOfProjects(to: Writer, user_id: string): Promise<void> {
  const { sql, org_id, now } = to
  await to.write(sql`
    insert into channel_reads (org_id, channel_id, user_id, read_seq, updated_at)
    select org_id, id, ${user_id}, last_seq, ${now} from channels
    where org_id = ${org_id} and last_seq > 0 and type = 'project'
      and project_id not in (
        select project_id from project_users where org_id = ${org_id} and user_id = ${user_id})
    on conflict (org_id, channel_id, user_id) do nothing`)
}
