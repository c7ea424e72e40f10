import type { NewKey } from '../../contracts/commands.ts'
import type { SubAgent } from '../../contracts/resources.ts'
import type { Fragment } from '../client.ts'
import { withParts } from './parts.ts'
import type { Writer } from './writer.ts'

/** A key that ends with its sub-agent or because another one replaces it. */
export interface EndedKey {
  id: string
  sub_agent_id: string
}

/** Stores a new sub-agent with the alarm of its timeout, and its key unless a host is to fetch one. */
export async function insertSubAgent(
  to: Writer,
  sub_agent: SubAgent,
  { number, instructions, key }: { number: number; instructions: string; key?: NewKey | undefined },
): Promise<void> {
  const { sql, org_id, now } = to
  const { id, task_id, host_agent_id, model, display_name, status, created_by, expires_at } = sub_agent
  const parts = [
    sql`spawned as (
      insert into sub_agents (org_id, id, number, display_name, task_id, host_agent_id, model, instructions, status,
        created_by, expires_at, created_at)
      values (${org_id}, ${id}, ${number}, ${display_name}, ${task_id}, ${host_agent_id}, ${model}, ${instructions},
        ${status}, ${created_by}, ${expires_at}, ${now}))`,
    ...(key ? [sql`keyed as (${keyRow(to, sub_agent, key)})`] : []),
  ]
  await to.write(sql`
    ${withParts(sql, parts)}
    insert into alarms (org_id, kind, target_id, due_at, next_at, payload)
    values (${org_id}, 'sub_agent_timeout', ${id}, ${expires_at}, ${expires_at}, '{}')`)
}

/** A key ends with its sub-agent at the latest. */
function keyRow({ sql, org_id, now }: Writer, sub_agent: SubAgent, key: NewKey): Fragment {
  return sql`
    insert into api_keys (org_id, id, key_id, kind, user_id, sub_agent_id, prefix, bcrypt_hash, hmac, created_at, expires_at)
    values (${org_id}, ${key.id}, ${key.key_id}, 'tmp', ${sub_agent.created_by}, ${sub_agent.id}, ${key.prefix},
      ${key.bcrypt_hash}, ${key.hmac}, ${now}, ${sub_agent.expires_at})`
}

/** Gives a sub-agent a new key and revokes those before it, which are returned. */
export async function replaceSubAgentKey(to: Writer, sub_agent: SubAgent, key: NewKey): Promise<EndedKey[]> {
  const { sql, org_id, now } = to
  // Both see the rows from before the statement, so the new key is not among those that end.
  return await to.write(sql<EndedKey[]>`
    with made as (${keyRow(to, sub_agent, key)})
    update api_keys set revoked_at = ${now}
    where org_id = ${org_id} and sub_agent_id = ${sub_agent.id} and revoked_at is null
    returning id, sub_agent_id`)
}

/** Stores the end of these sub-agents, which all ended the same way: their alarms go, their keys are revoked and returned. */
export async function endSubAgents(to: Writer, ended: readonly SubAgent[]): Promise<EndedKey[]> {
  const [first] = ended
  if (!first) return []
  const { sql, org_id, now } = to
  const ids = ended.map(({ id }) => id)
  return await to.write(sql<EndedKey[]>`
    ${withParts(sql, [
      sql`ended as (
        update sub_agents set status = ${first.status}, summary = ${first.summary}, ended_at = ${now}
        where org_id = ${org_id} and id = any(${ids}::uuid[]))`,
      sql`silenced as (
        delete from alarms where org_id = ${org_id} and kind = 'sub_agent_timeout' and target_id = any(${ids}::uuid[]))`,
    ])}
    update api_keys set revoked_at = ${now}
    where org_id = ${org_id} and sub_agent_id = any(${ids}::uuid[]) and revoked_at is null
    returning id, sub_agent_id`)
}
