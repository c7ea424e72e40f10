import type postgres from 'postgres'
import { newId } from '../../src/contracts/ids.ts'
import type { Database } from '../../src/db/client.ts'
import { makeOrg } from './database.ts'

/** A whole org with sound rows in every table that an export holds, and its secrets. */
export interface FullOrg {
  org_id: string
  slug: string
  founder_id: string
  agent_id: string
  channel_id: string
  task_ids: [string, string]
  /** No text of them may be in an export. */
  secrets: string[]
}

const HALF_A_YEAR_AGO = new Date(Date.now() - 183 * 24 * 60 * 60_000).toISOString().slice(0, 7)

/** Makes one, written as the superuser: rows that commands would make in many steps, with awkward texts and old times. */
export async function makeFullOrg(sql: postgres.Sql, database: Database): Promise<FullOrg> {
  const { org, channel, founder_id } = await makeOrg(database)
  const org_id = org.id
  const secret = (name: string) => `secret-${name}-${newId()}`
  const [password, bcrypt, hmac, token, fingerprint] = [
    'password',
    'bcrypt',
    'hmac',
    'token',
    'fingerprint',
  ].map(secret)
  const [agent_id, invited_id, project, room, first, second, sub_agent] = Array.from({ length: 7 }, () =>
    newId(),
  )
  const text = 'Zeilen\nund "Zeichen" \\ \u2028 <b>🦀 e\u0301 日本 \u001f'

  await sql`update users set password_hash = ${password!}, password_set_at = now() where id = ${founder_id}`
  await sql`insert into users (id, type, display_name, status) values (${agent_id!}, 'agent', 'Forge', 'active')`
  await sql`insert into users (id, type, email, display_name, status) values (${invited_id!}, 'human', ${`Nina.${invited_id!}@Example.com`}, 'Nina', 'invited')`
  await sql`insert into memberships (org_id, user_id, account_id, type, role, display_name, username, identifier, status, commands, client, former_usernames, notification_preferences, last_active_at)
    values (${org_id}, ${agent_id!}, ${agent_id!}, 'agent', 'contributor', 'Forge', 'forge', 'forge', 'active',
      '[{"name":"build","description":"Builds it"}]', null, '[]', '{"email":"none"}', now())`
  await sql`insert into memberships (org_id, user_id, type, role, display_name, username, status, notification_preferences)
    values (${org_id}, ${invited_id!}, 'human', 'contributor', 'Nina', 'nina', 'invited', '{"email":"all"}')`
  await sql`insert into invites (org_id, id, email, user_id, role, token_hash, expires_at, created_by) values (${org_id}, ${newId()}, 'nina@example.com', ${invited_id!}, 'contributor', ${token!}, now(), ${founder_id})`
  await sql`insert into api_keys (org_id, id, key_id, kind, user_id, prefix, bcrypt_hash, hmac) values (${org_id}, ${newId()}, ${newId().slice(-12)}, 'live', ${agent_id!}, 'p', ${bcrypt!}, ${hmac!})`
  await sql`insert into idempotency_keys (org_id, principal_id, route, key, fingerprint, status) values (${org_id}, ${founder_id}, 'r', ${newId()}, ${fingerprint!}, 201)`
  await sql`insert into projects (org_id, id, name, type, description, stage, owner_id, links, channel_id, created_by)
    values (${org_id}, ${project!}, 'Project', 'software', ${text}, 'poc', ${founder_id}, '[{"label":"Docs","url":"https://docs.example.com"}]', ${room!}, ${founder_id})`
  await sql`insert into project_users (org_id, project_id, user_id) values (${org_id}, ${project!}, ${agent_id!})`
  for (const [id, title] of [
    [first!, text],
    [second!, 'Second'],
  ] as const)
    await sql`insert into tasks (org_id, id, title, description, type, priority, status, required_evidence_types, created_by) values (${org_id}, ${id}, ${title}, ${text}, 'bug', 'low', 'backlog', '{pr_link,doc_url}', ${founder_id})`
  await sql`insert into task_projects (org_id, task_id, project_id) values (${org_id}, ${first!}, ${project!})`
  await sql`insert into task_assignees (org_id, task_id, user_id) values (${org_id}, ${first!}, ${agent_id!})`
  await sql`insert into task_dependencies (org_id, task_id, blocked_by_id) values (${org_id}, ${first!}, ${second!})`
  await sql`insert into task_evidence (org_id, id, task_id, type, url, added_by) values (${org_id}, ${newId()}, ${first!}, 'pr_link', 'https://x.example', ${agent_id!})`
  await sql`insert into sub_agents (org_id, id, task_id, number, display_name, model, instructions, status, created_by, expires_at, summary, ended_at) values (${org_id}, ${sub_agent!}, ${first!}, 1, 'Sub-agent 1', 'm', ${text}, 'completed', ${founder_id}, now(), 'Done', now())`
  await sql`insert into channels (org_id, id, name, topic, type, project_id, last_seq) values (${org_id}, ${room!}, 'Project', ${text}, 'project', ${project!}, 3)`
  await sql`update channels set last_seq = 4 where org_id = ${org_id} and id = ${channel.id}`
  await sql`insert into channel_reads (org_id, channel_id, user_id, read_seq) values (${org_id}, ${channel.id}, ${founder_id}, 2), (${org_id}, ${channel.id}, ${sub_agent!}, 1)`
  let sequence = 3
  for (const [channel_id, count] of [
    [channel.id, 4],
    [room!, 3],
  ] as const)
    for (let seq = 1; seq <= count; seq++) {
      const id = newId()
      // Of another month, within the horizon of retention, and of now: two partitions.
      const at = seq === 1 ? `${HALF_A_YEAR_AGO}-15 23:59:59.123456+00` : new Date().toISOString()
      await sql`insert into messages (org_id, id, channel_id, seq, sender_id, sender_type, sender_name, kind, content, mentions, ignored_mentions, client_id, created_at)
        values (${org_id}, ${id}, ${channel_id}, ${seq}, ${founder_id}, 'human', 'Founder', 'text', ${`${text} ${seq}`}, ${sql.array([agent_id!], 2951)}, ${sql.array(['a"b'], 1009)}, ${seq === 2 ? 'c-1' : null}, ${at})`
      await sql`insert into events (org_id, sequence, type, actor_id, actor_type, actor_name, channel_id, message_id, message_seq, created_at)
        values (${org_id}, ${++sequence}, 'message.created', ${founder_id}, 'human', 'Founder', ${channel_id}, ${id}, ${seq}, ${at})`
    }
  await sql`update org_heads set sequence = ${sequence}, batch = 17, epoch = 5 where org_id = ${org_id}`
  await sql`insert into message_client_ids (org_id, channel_id, sender_id, client_id, message_id, seq, content_hash) values (${org_id}, ${channel.id}, ${founder_id}, 'c-1', ${newId()}, 2, 'h')`
  await sql`insert into message_deliveries (org_id, channel_id, seq, agent_id, state, detail) values (${org_id}, ${channel.id}, 1, ${agent_id!}, 'answered', ${text})`
  await sql`insert into subscriptions (org_id, user_id, mode, topics) values (${org_id}, ${founder_id}, 'topics', ${`[{"topic_type":"project","topic_id":"${project!}"}]`}::text::jsonb)`
  await sql`insert into notifications (org_id, id, user_id, type, event_sequence, resource, title, read_at) values (${org_id}, ${newId()}, ${founder_id}, 'task.assigned', 4, ${JSON.stringify({ type: 'task', id: first!, channel_id: null, seq: null })}::text::jsonb, ${text}, now())`
  await sql`insert into exports (org_id, id, requested_by, status, progress, size_bytes, sha256, path, expires_at) values (${org_id}, ${newId()}, ${founder_id}, 'ready', 100, 12, ${'a'.repeat(64)}, 'secret-path-of-a-file', now())`
  await sql`insert into exports (org_id, id, requested_by, status) values (${org_id}, ${newId()}, ${founder_id}, 'processing')`
  await sql`insert into alarms (org_id, kind, target_id, due_at, next_at, payload) values (${org_id}, 'loop_brake', ${channel.id}, now() + interval '1 hour', now() + interval '2 hours', '{"a":"b"}')`
  return {
    org_id,
    slug: org.slug,
    founder_id,
    agent_id: agent_id!,
    channel_id: channel.id,
    task_ids: [first!, second!],
    secrets: [password!, bcrypt!, hmac!, token!, fingerprint!, 'secret-path-of-a-file'],
  }
}
