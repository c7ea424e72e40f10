import { and, gt, isNull, or, sql as text } from 'drizzle-orm'
import type { Database, OrgRef } from '../client.ts'
import { sessions } from '../schema/global.ts'
import { api_keys } from '../schema/work.ts'
import { anyOf, build, inOrg, type Params, statement } from '../statement.ts'

const validSessions = statement((p: Params<{ ids: readonly string[] }>) =>
  build
    .select({ id: sessions.id })
    .from(sessions)
    .where(and(anyOf(sessions.id, p.ids), isNull(sessions.revoked_at), gt(sessions.expires_at, text`now()`))),
)

const validKeys = statement((p: Params<{ org: OrgRef; ids: readonly string[] }>) =>
  build
    .select({ id: api_keys.id })
    .from(api_keys)
    .where(
      and(
        inOrg(api_keys.org_id, p.org),
        anyOf(api_keys.id, p.ids),
        isNull(api_keys.revoked_at),
        or(isNull(api_keys.expires_at), gt(api_keys.expires_at, text`now()`)),
      ),
    ),
)

/** Sessions and keys among these that have ended. Fallback for open streams, in case a revocation was missed. */
export async function endedCredentials(
  database: Database,
  session_ids: string[],
  keys: { org_id: string; id: string }[],
): Promise<{ sessions: string[]; keys: string[] }> {
  const ended: { sessions: string[]; keys: string[] } = { sessions: [], keys: [] }
  if (session_ids.length > 0) {
    const valid = await database.query((sql) => validSessions(sql, { ids: session_ids }))
    ended.sessions = without(session_ids, valid)
  }
  const by_org = Map.groupBy(keys, (key) => key.org_id)
  for (const [org_id, asked] of by_org) {
    const ids = asked.map((key) => key.id)
    const valid = await database.readOne(org_id, (sql, org) => validKeys(sql, { org, ids }))
    ended.keys.push(...without(ids, valid))
  }
  return ended
}

function without(ids: readonly string[], rows: readonly { id: string }[]): string[] {
  const left_out = new Set(rows.map((row) => row.id))
  return ids.filter((id) => !left_out.has(id))
}
