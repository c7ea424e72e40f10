import type { AlarmKind } from '../../domain/alarm.ts'
import type { Writer } from './writer.ts'

/** Sets the alarm of a target in the transaction of its cause; an earlier one of the same kind is replaced. */
export async function setAlarm(
  to: Writer,
  kind: AlarmKind,
  target_id: string,
  due_at: string,
  payload: Record<string, string> = {},
): Promise<void> {
  await to.write(to.sql`
    insert into alarms (org_id, kind, target_id, due_at, next_at, payload)
    values (${to.org_id}, ${kind}, ${target_id}, ${due_at}, ${due_at}, ${JSON.stringify(payload)}::text::jsonb)
    on conflict (org_id, kind, target_id) do update set
      due_at = excluded.due_at, next_at = excluded.next_at, payload = excluded.payload, attempts = 0`)
}

/** Removes the alarm of a target; with `only_due` not before its time. False when there was none. */
export async function clearAlarm(
  to: Writer,
  kind: AlarmKind,
  target_id: string,
  only_due = false,
): Promise<boolean> {
  // The time of the transaction, not `to.now`: only it is certainly not before the time at which the alarm was taken.
  const removed = await to.write(to.sql<{ target_id: string }[]>`
    delete from alarms where org_id = ${to.org_id} and kind = ${kind} and target_id = ${target_id}
      and (due_at <= now() or not ${only_due}) returning target_id`)
  return removed.length > 0
}
