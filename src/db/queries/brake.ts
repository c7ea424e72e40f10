import type { Tx } from '../client.ts'

/** The run of agents' messages at the end of a channel, and a pause that is on: what the loop brake starts from. */
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
  const [last] = await sql<{ type: string; payload: { until?: string } }[]>`
    select type, payload from events
    where org_id = ${org_id} and channel_id = ${channel_id} and type in ('channel.loop_paused', 'channel.loop_resumed')
      and created_at > now() - interval '15 minutes'
    order by sequence desc limit 1`
  const until =
    last?.type === 'channel.loop_paused' && last.payload.until ? Date.parse(last.payload.until) : 0
  return { run, paused_until: until > Date.now() ? until : 0 }
}
