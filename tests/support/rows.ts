import type postgres from 'postgres'
import { newId } from '../../src/contracts/ids.ts'

/** Ids of one row in every table of an org, so that a test can try to reach each from another org. */
export interface SeededOrg {
  org_id: string
  user_id: string
}

/**
 * Puts at least one row into every tenant table, as the superuser. A new table that is missing here fails the
 * isolation test, as intended.
 */
export async function fillEveryTable(
  sql: postgres.Sql,
  org_id: string,
  user_id: string,
  channel_id: string,
): Promise<void> {
  const [project, task, other_task, message, sub_agent] = [newId(), newId(), newId(), newId(), newId()]
  await sql`insert into projects (org_id, id, name, type, stage, channel_id, created_by) values (${org_id}, ${project}, 'Project', 'software', 'poc', ${channel_id}, ${user_id})`
  await sql`insert into project_users (org_id, project_id, user_id) values (${org_id}, ${project}, ${user_id})`
  for (const id of [task, other_task])
    await sql`insert into tasks (org_id, id, title, type, priority, status, created_by) values (${org_id}, ${id}, 'Task', 'bug', 'low', 'backlog', ${user_id})`
  await sql`insert into task_projects (org_id, task_id, project_id) values (${org_id}, ${task}, ${project})`
  await sql`insert into task_assignees (org_id, task_id, user_id) values (${org_id}, ${task}, ${user_id})`
  await sql`insert into task_dependencies (org_id, task_id, blocked_by_id) values (${org_id}, ${task}, ${other_task})`
  await sql`insert into task_evidence (org_id, id, task_id, type, url, added_by) values (${org_id}, ${newId()}, ${task}, 'pr_link', 'https://x.example', ${user_id})`
  await sql`insert into sub_agents (org_id, id, number, display_name, task_id, model, instructions, status, created_by, expires_at) values (${org_id}, ${sub_agent}, 1, 'Sub-agent 1', ${task}, 'm', 'do', 'active', ${user_id}, now())`
  await sql`insert into api_keys (org_id, id, key_id, kind, user_id, prefix, bcrypt_hash, hmac) values (${org_id}, ${newId()}, ${newId().slice(-12)}, 'live', ${user_id}, 'p', 'b', 'h')`
  await sql`insert into channel_reads (org_id, channel_id, user_id, read_seq) values (${org_id}, ${channel_id}, ${user_id}, 0)`
  await sql`insert into messages (org_id, id, channel_id, seq, sender_id, sender_type, sender_name, kind, content, created_at) values (${org_id}, ${message}, ${channel_id}, 1, ${user_id}, 'human', 'F', 'text', 'hello', now())`
  await sql`insert into message_client_ids (org_id, channel_id, sender_id, client_id, message_id, seq, content_hash) values (${org_id}, ${channel_id}, ${user_id}, 'c', ${message}, 1, 'h')`
  await sql`insert into message_deliveries (org_id, channel_id, seq, agent_id, state) values (${org_id}, ${channel_id}, 1, ${user_id}, 'queued')`
  await sql`insert into recent_commands (org_id, command_id) values (${org_id}, ${newId()})`
  await sql`insert into subscriptions (org_id, user_id, mode, topics) values (${org_id}, ${user_id}, 'all', '[]')`
  await sql`insert into notifications (org_id, id, user_id, type, event_sequence, resource, title) values (${org_id}, ${newId()}, ${user_id}, 't', 1, '{}', 'T')`
  await sql`insert into emails (org_id, id, user_id, kind, status) values (${org_id}, ${newId()}, ${user_id}, 'digest', 'pending')`
  await sql`insert into exports (org_id, id, requested_by, status) values (${org_id}, ${newId()}, ${user_id}, 'pending')`
  await sql`insert into invites (org_id, id, email, user_id, role, token_hash, expires_at, created_by) values (${org_id}, ${newId()}, 'a@b.c', ${user_id}, 'contributor', ${newId()}, now(), ${user_id})`
  await sql`insert into scim_tokens (org_id, id, name, prefix, token_hash, created_by) values (${org_id}, ${newId()}, 'IdP', 'p', ${newId()}, ${user_id})`
  await sql`insert into scim_users (org_id, user_id, user_name) values (${org_id}, ${user_id}, 'founder')`
  await sql`insert into idempotency_keys (org_id, principal_id, route, key, fingerprint, status) values (${org_id}, ${user_id}, 'r', ${newId()}, 'f', 201)`
  await sql`insert into alarms (org_id, kind, target_id, due_at, next_at) values (${org_id}, 'loop_brake', ${channel_id}, now() + interval '1 hour', now() + interval '1 hour')`
  await sql`insert into archives (org_id, kind, month, part, status, row_count, size_bytes, sha256, file) values (${org_id}, 'events', '2020-01-01', 1, 'removed', 1, 1, 's', 'f')`
}
