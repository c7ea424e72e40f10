import { and, eq } from 'drizzle-orm'
import type { AlarmKind } from '../../domain/alarm.ts'
import type { OrgRef, Sql } from '../client.ts'
import { alarms } from '../schema/orgs.ts'
import { build, inOrg, type Params, statement } from '../statement.ts'

const dueAt = statement((p: Params<{ org_id: OrgRef; kind: AlarmKind; target_id: string }>) =>
  build
    .select({ due_at: alarms.due_at })
    .from(alarms)
    .where(and(inOrg(alarms.org_id, p.org_id), eq(alarms.kind, p.kind), eq(alarms.target_id, p.target_id))),
)

/** When the alarm of a target is due, ISO 8601; undefined when none is set. */
export async function alarmAt(
  { sql, org_id }: { sql: Sql; org_id: string },
  kind: AlarmKind,
  target_id: string,
): Promise<string | undefined> {
  const [row] = await dueAt(sql, { org_id, kind, target_id })
  return row?.due_at
}
