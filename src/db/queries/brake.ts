import { and, desc, eq, gt, sql as text } from 'drizzle-orm'
import type { Tx } from '../client.ts'
import { messages } from '../schema/chat.ts'
import { build, inOrg, type Params, statement } from '../statement.ts'
import { alarmAt } from './alarms.ts'

/** Far more than the brake admits in a row. */
const RUN_MAX = 100

const recentSenders = statement((p: Params<{ org_id: string; channel_id: string; window_s: number }>) =>
  build
    .select({
      sender_id: messages.sender_id,
      sender_type: messages.sender_type,
      created_at: messages.created_at,
    })
    .from(messages)
    .where(
      and(
        inOrg(messages.org_id, p.org_id),
        eq(messages.channel_id, p.channel_id),
        gt(messages.created_at, text`now() - make_interval(secs => ${p.window_s})`),
      ),
    )
    .orderBy(desc(messages.seq))
    .limit(RUN_MAX),
)

/** State of a channel's loop brake: the run of agents' messages at its end, and the end of a stored pause (0: none). */
export async function readBrake(
  { sql }: Tx,
  org_id: string,
  channel_id: string,
  window_ms: number,
): Promise<{ run: { sender_id: string; at: number }[]; paused_until: number }> {
  const recent = await recentSenders(sql, { org_id, channel_id, window_s: window_ms / 1000 })
  const run: { sender_id: string; at: number }[] = []
  for (const { sender_id, sender_type, created_at } of recent) {
    if (sender_type === 'human' || sender_type === 'system') break
    run.unshift({ sender_id: sender_id ?? '', at: Date.parse(created_at) })
  }
  const paused_until = await alarmAt({ sql, org_id }, 'loop_brake', channel_id)
  return { run, paused_until: paused_until === undefined ? 0 : Date.parse(paused_until) }
}
