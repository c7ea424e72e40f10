import { firstSeq, lastSeq, type MessageLog } from '../../realtime/message-log.ts'

/**
 * The seq up to which everything was shown or is the reader's own, from a marker on. The marker is one number: a message
 * that was not shown holds it, so that it is never marked as read.
 */
export function readUpTo(
  read_seq: number,
  log: MessageLog,
  shown: ReadonlySet<number>,
  me_id: string,
): number {
  const first = firstSeq(log) ?? 0
  let seq = read_seq
  while (shown.has(seq + 1) || log.messages[seq + 1 - first]?.sender.id === me_id) seq++
  return seq
}

export interface Unshown {
  /** The first message of others after the marker; the message after the marker if that is not loaded. */
  first_seq: number
  /** Unread messages after the view. */
  below: number
}

/** Where the unread messages of a channel are, seen from the last message in view. */
export function unshown(
  { read_seq, last_seq }: { read_seq: number; last_seq: number },
  log: MessageLog,
  last_in_view: number,
  me_id: string,
): Unshown {
  const others = log.messages.filter(({ seq, sender }) => seq > read_seq && sender.id !== me_id)
  const loaded = (firstSeq(log) ?? Number.POSITIVE_INFINITY) <= read_seq + 1
  const not_loaded = Math.max(0, last_seq - Math.max(lastSeq(log), last_in_view))
  return {
    first_seq: (loaded ? others[0]?.seq : undefined) ?? read_seq + 1,
    below: others.filter(({ seq }) => seq > last_in_view).length + not_loaded,
  }
}
