import type { Database } from '../client.ts'

/** Of these sessions and keys, those that ended: asked now and then for open streams, in case a revocation was missed. */
export async function endedCredentials(
  database: Database,
  sessions: string[],
  keys: { org_id: string; id: string }[],
): Promise<{ sessions: string[]; keys: string[] }> {
  const ended: { sessions: string[]; keys: string[] } = { sessions: [], keys: [] }
  if (sessions.length > 0) {
    const good = await database.query(
      (sql) => sql<{ id: string }[]>`
        select id from sessions where id = any(${sessions}) and revoked_at is null and expires_at > now()`,
    )
    const alive = new Set(good.map((row) => row.id))
    ended.sessions = sessions.filter((id) => !alive.has(id))
  }
  const by_org = Map.groupBy(keys, (key) => key.org_id)
  for (const [org_id, asked] of by_org) {
    const ids = asked.map((key) => key.id)
    const good = await database.readOrg(
      org_id,
      ({ sql }) => sql<{ id: string }[]>`
        select id from api_keys where org_id = ${org_id} and id = any(${ids})
          and revoked_at is null and (expires_at is null or expires_at > now())`,
    )
    const alive = new Set(good.map((row) => row.id))
    ended.keys.push(...ids.filter((id) => !alive.has(id)))
  }
  return ended
}
