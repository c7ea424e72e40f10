import type { CommandContext } from './command.ts'

/** The last `seq` of a channel: that of the batch, which is not stored yet, else the stored one. */
export function currentSeq(context: CommandContext, channel_id: string, stored_seq: number): number {
  return context.rows.messages.findLast((row) => row.channel_id === channel_id)?.seq ?? stored_seq
}
