import type { Tx } from '../client.ts'
import { alarmAt } from './alarms.ts'

/** State of a channel's loop brake: the run of agents' messages at its end, and the end of a stored pause (0: none). */
export async function readBrake(
  { sql }: Tx,
  org_id: string,
  channel_id: string,
  window_ms: number,
): Promise<{ run: { sender_id: string; at: number }[]; paused_until: number }> {
  const recent = await sql<{ sender_id: string | null; sender_type: string; created_at: string }[]>`
    select sender_id, sender_type, created_at from messages
    where org_id = ${org_id} and channel_id = ${channel_id} and created_at > now() - make_interval(secs => ${window_ms / 1000})
    order by seq desc limit 100`
  const run: { sender_id: string; at: number }[] = []
  for (const { sender_id, sender_type, created_at } of recent) {
    if (sender_type === 'human' || sender_type === 'system') break
    run.unshift({ sender_id: sender_id ?? '', at: Date.parse(created_at) })
  }
  const paused_until = await alarmAt({ sql, org_id }, 'loop_brake', channel_id)
  return { run, paused_until: paused_until === undefined ? 0 : Date.parse(paused_until) }
}
