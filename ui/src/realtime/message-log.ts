import type { Slice } from '@contracts/lists.ts'
import type { Delivery, Message } from '@contracts/resources.ts'

/** The part of a channel's history that this browser holds: ascending and contiguous by `seq`. */
export interface MessageLog {
  readonly messages: readonly Message[]
  readonly has_older: boolean
  /** True after a jump into the past: live messages then wait for the reader to come back. */
  readonly has_newer: boolean
}

/** What a message that arrived meant for the log. */
export type Arrival = 'appended' | 'known' | 'detached' | 'gap'

export const EMPTY_LOG: MessageLog = { messages: [], has_older: false, has_newer: false }

export function firstSeq(log: MessageLog): number | undefined {
  return log.messages[0]?.seq
}

/** 0 when there is nothing yet. */
export function lastSeq(log: MessageLog): number {
  return log.messages.at(-1)?.seq ?? 0
}

/** A log from a newest page. */
export function logFromNewest(slice: Slice<Message>): MessageLog {
  return { messages: slice.data.toReversed(), has_older: slice.next_cursor !== null, has_newer: false }
}

/** A log from a page around one message; `channel_last_seq` tells whether the channel goes on after it. */
export function logAround(slice: Slice<Message>, channel_last_seq: number): MessageLog {
  const messages = slice.data.toReversed()
  const has_newer = (messages.at(-1)?.seq ?? 0) < channel_last_seq
  return { messages, has_older: (messages[0]?.seq ?? 1) > 1, has_newer }
}

/** Puts an older page before the log; what does not join it without a hole is left out. */
export function withOlder(log: MessageLog, slice: Slice<Message>): MessageLog {
  const first = firstSeq(log)
  const older = slice.data.toReversed().filter((message) => first === undefined || message.seq < first)
  if (first !== undefined && older.length > 0 && older.at(-1)?.seq !== first - 1) return log
  return { ...log, messages: [...older, ...log.messages], has_older: slice.next_cursor !== null }
}

/** Puts a page of newer messages behind the log, each at most once and without a hole. */
export function withNewer(log: MessageLog, slice: Slice<Message>): MessageLog {
  const messages = [...log.messages]
  let last = lastSeq(log)
  for (const message of slice.data.toReversed()) {
    if (message.seq <= last) continue
    if (log.messages.length > 0 && message.seq !== last + 1) break
    messages.push(message)
    last = message.seq
  }
  return { ...log, messages, has_newer: slice.next_cursor !== null }
}

/**
 * A newest page read again, beside the log that was held: what they share is taken from the page (deliveries may have
 * moved on), what is older is kept. A page that does not reach the log replaces it.
 */
export function withFreshTail(held: MessageLog | undefined, fresh: MessageLog): MessageLog {
  const first = firstSeq(fresh)
  if (!held || first === undefined || lastSeq(held) < first - 1) return fresh
  const older = held.messages.filter((message) => message.seq < first)
  const newer = held.messages.filter((message) => message.seq > lastSeq(fresh))
  const has_older = older.length > 0 ? held.has_older : fresh.has_older
  return { messages: [...older, ...fresh.messages, ...newer], has_older, has_newer: false }
}

/** Takes in one message that arrived live or in a catch-up. Its own `seq` decides; who brought it does not matter. */
export function withArrival(log: MessageLog, message: Message): { log: MessageLog; arrival: Arrival } {
  const last = lastSeq(log)
  if (message.seq <= last) return { log, arrival: 'known' }
  if (log.has_newer) return { log, arrival: 'detached' }
  if (message.seq !== last + 1) return { log, arrival: 'gap' }
  return { log: { ...log, messages: [...log.messages, message] }, arrival: 'appended' }
}

/** Notes how far an agent is with a message. A message that is not held is not changed. */
export function withDelivery(log: MessageLog, seq: number, delivery: Delivery): MessageLog {
  const at = log.messages.findIndex((message) => message.seq === seq)
  const message = log.messages[at]
  if (!message) return log
  const others = message.deliveries.filter((known) => known.agent_id !== delivery.agent_id)
  const deliveries = [...others, delivery].sort((a, b) => (a.agent_id < b.agent_id ? -1 : 1))
  return { ...log, messages: log.messages.with(at, { ...message, deliveries }) }
}
