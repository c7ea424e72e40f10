import type { Slice } from '@contracts/lists.ts'
import type { Delivery, Message } from '@contracts/resources.ts'

/** The loaded part of a channel's history: ascending and contiguous by `seq`. */
export interface MessageLog {
  readonly messages: readonly Message[]
  readonly has_older: boolean
  /** True after a jump into the past: the log is detached from the live messages. */
  readonly has_newer: boolean
}

/** Effect of a live message on the log. */
export type Arrival = 'appended' | 'known' | 'detached' | 'gap'

/** Messages that a log keeps on each side of those in view, once it is longer than `LOG_MAX`. */
export const KEPT_AROUND = 2_000
/** The longest log of a channel that is shown: a page left open for a day stays as large as it was. */
export const LOG_MAX = 12_000
/** The same for a reader at the end, who needs few of the messages before. */
export const LOG_AT_END_MAX = 4_000
/** The longest log of a channel that is not shown. */
export const LOG_HIDDEN_MAX = 200

export const EMPTY_LOG: MessageLog = { messages: [], has_older: false, has_newer: false }

export function firstSeq(log: MessageLog): number | undefined {
  return log.messages[0]?.seq
}

/** 0 for an empty log. */
export function lastSeq(log: MessageLog): number {
  return log.messages.at(-1)?.seq ?? 0
}

/** A log from the newest page. */
export function logFromNewest(slice: Slice<Message>): MessageLog {
  return { messages: slice.data.toReversed(), has_older: slice.next_cursor !== null, has_newer: false }
}

/** A log from the page around a message; it is detached if the channel continues after it. */
export function logAround(slice: Slice<Message>, channel_last_seq: number): MessageLog {
  const messages = slice.data.toReversed()
  const has_newer = (messages.at(-1)?.seq ?? 0) < channel_last_seq
  return { messages, has_older: (messages[0]?.seq ?? 1) > 1, has_newer }
}

/** Prepends an older page; a page that leaves a gap is ignored. */
export function withOlder(log: MessageLog, slice: Slice<Message>): MessageLog {
  const first = firstSeq(log)
  const older = slice.data.toReversed().filter((message) => first === undefined || message.seq < first)
  if (first !== undefined && older.length > 0 && older.at(-1)?.seq !== first - 1) return log
  return { ...log, messages: [...older, ...log.messages], has_older: slice.next_cursor !== null }
}

/** Appends a newer page, without duplicates and without a gap. */
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
 * Merges a refetched newest page into the log. Common messages are taken from the page, because their deliveries may have
 * changed; older ones are kept. A page that leaves a gap replaces the log.
 */
export function withFreshTail(held: MessageLog | undefined, fresh: MessageLog): MessageLog {
  const first = firstSeq(fresh)
  if (!held || first === undefined || lastSeq(held) < first - 1) return fresh
  const older = held.messages.filter((message) => message.seq < first)
  const newer = held.messages.filter((message) => message.seq > lastSeq(fresh))
  const has_older = older.length > 0 ? held.has_older : fresh.has_older
  return { messages: [...older, ...fresh.messages, ...newer], has_older, has_newer: false }
}

/** Applies a live or replayed message. Only its `seq` decides, so the transport does not matter. */
export function withArrival(log: MessageLog, message: Message): { log: MessageLog; arrival: Arrival } {
  const last = lastSeq(log)
  if (message.seq <= last) return { log, arrival: 'known' }
  if (log.has_newer) return { log, arrival: 'detached' }
  if (message.seq !== last + 1) return { log, arrival: 'gap' }
  return { log: { ...log, messages: [...log.messages, message] }, arrival: 'appended' }
}

/** How far an agent is with a message; undefined when the message is not loaded or not for the agent. */
export function deliveryOf(log: MessageLog, seq: number, agent_id: string): Delivery | undefined {
  const message = log.messages.find((one) => one.seq === seq)
  return message?.deliveries.find((delivery) => delivery.agent_id === agent_id)
}

/** Updates the delivery state of an agent. No effect for a message that is not loaded. */
export function withDelivery(log: MessageLog, seq: number, delivery: Delivery): MessageLog {
  const at = log.messages.findIndex((message) => message.seq === seq)
  const message = log.messages[at]
  if (!message) return log
  const others = message.deliveries.filter((known) => known.agent_id !== delivery.agent_id)
  const deliveries = [...others, delivery].sort((a, b) => (a.agent_id < b.agent_id ? -1 : 1))
  return { ...log, messages: log.messages.with(at, { ...message, deliveries }) }
}

/** The log with at most so many messages before and after one; what is left out is read again when it is scrolled to. */
export function logWithin(log: MessageLog, seq: number, kept: number): MessageLog {
  const at = seq - (firstSeq(log) ?? 0)
  const [from, to] = [Math.max(0, at - kept), at + kept + 1]
  if (from === 0 && to >= log.messages.length) return log
  return {
    messages: log.messages.slice(from, to),
    has_older: log.has_older || from > 0,
    has_newer: log.has_newer || to < log.messages.length,
  }
}

/** The log of a channel that is not shown: its end. A detached log gets no new messages. */
export function hiddenLog(log: MessageLog): MessageLog {
  return log.has_newer ? log : logWithin(log, lastSeq(log), LOG_HIDDEN_MAX)
}

/** The log of a channel that is shown, within its bounds. */
export function shownLog(log: MessageLog, seq_in_view: number, at_end: boolean): MessageLog {
  const length = log.messages.length
  if (at_end && length > LOG_AT_END_MAX) return logWithin(log, lastSeq(log), KEPT_AROUND)
  return length > LOG_MAX ? logWithin(log, seq_in_view, KEPT_AROUND) : log
}
