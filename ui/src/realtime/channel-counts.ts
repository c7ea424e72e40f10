import type { Channel, Message } from '@contracts/resources.ts'
import { compareNames } from '@contracts/text-order.ts'
import { firstSeq, lastSeq, type MessageLog } from './message-log.ts'

/** Sorts org-wide channels before project channels, each by name: the order of the sidebar and of the server's list. */
export function sortChannels(channels: readonly Channel[]): Channel[] {
  return [...channels].sort(
    (a, b) =>
      Number(a.type === 'project') - Number(b.type === 'project') ||
      compareNames(a.name, b.name) ||
      (a.id < b.id ? -1 : 1),
  )
}

export function withChannel(channels: readonly Channel[], channel: Channel): Channel[] {
  const known = channels.find(({ id }) => id === channel.id)
  const next = known
    ? { ...raised(known, channel.last_seq), name: channel.name, topic: channel.topic }
    : channel
  return sortChannels([...channels.filter(({ id }) => id !== channel.id), next])
}

export function withoutChannel(channels: readonly Channel[], channel_id: string): Channel[] {
  return channels.filter(({ id }) => id !== channel_id)
}

/**
 * Counts a message that directly follows `last_seq`; any other is a duplicate, or follows a gap. An own message is never
 * unread: it moves the marker when nothing before it is unread, as the server does.
 */
export function withCounted(channels: readonly Channel[], message: Message, me_id: string): Channel[] {
  return channels.map((channel) => {
    const { id, last_seq, unread_count, mention_count } = channel
    if (id !== message.channel_id || message.seq !== last_seq + 1) return channel
    const next = { ...channel, last_seq: message.seq }
    if (message.sender.id !== me_id)
      return {
        ...next,
        unread_count: unread_count + 1,
        mention_count: mention_count + Number(message.mentions.includes(me_id)),
      }
    return unread_count === 0 ? { ...next, read_seq: message.seq } : next
  })
}

/** Raises the `last_seq` of a channel; never lowers it. Whose messages are missing is unknown: all count as unread. */
export function withHead(channels: readonly Channel[], channel_id: string, last_seq: number): Channel[] {
  return channels.map((channel) => (channel.id === channel_id ? raised(channel, last_seq) : channel))
}

/**
 * A reader's place in a channel. Within one count of moves back it goes forward only; a larger count wins, so that an old
 * answer or another tab takes nothing back.
 */
export interface Marker {
  seq: number
  /** 0 if left out. */
  rewinds?: number
}

/** Messages of others among those that a move of a marker passes: from `from`, exclusive, to `to`, inclusive. */
export interface Passed {
  from: number
  to: number
  unread: number
  mentions: number
}

/** Counts the messages that a marker passes; undefined if the log does not hold all of them. */
export function passedIn(log: MessageLog | undefined, from: number, to: number, me_id: string) {
  const first = log && firstSeq(log)
  if (log === undefined || first === undefined || first > from + 1 || lastSeq(log) < to) return undefined
  const passed: Passed = { from, to, unread: 0, mentions: 0 }
  for (const { sender, mentions } of log.messages.slice(from + 1 - first, to + 1 - first)) {
    if (sender.id === me_id) continue
    passed.unread++
    if (mentions.includes(me_id)) passed.mentions++
  }
  return passed
}

/**
 * Moves the read marker. Exact if the messages between are known: those that it passes, or from its new place to the head
 * those that are unread again.
 */
export function withRead(
  channels: readonly Channel[],
  channel_id: string,
  marker: Marker,
  passed?: Passed,
): Channel[] {
  return channels.map((channel) => (channel.id === channel_id ? moved(channel, marker, passed) : channel))
}

export function withMuted(channels: readonly Channel[], channel_id: string, muted: boolean): Channel[] {
  return channels.map((channel) => (channel.id === channel_id ? { ...channel, muted } : channel))
}

/** Takes the counts of one channel from the server, unless its marker or its head is older than the cached one. */
export function withCounts(channels: readonly Channel[], fresh: Channel): Channel[] {
  return channels.map((channel) => {
    const behind = fresh.rewinds === channel.rewinds && fresh.read_seq < channel.read_seq
    const older = behind || fresh.rewinds < channel.rewinds || fresh.last_seq < channel.last_seq
    return channel.id !== fresh.id || older ? channel : { ...fresh, name: channel.name }
  })
}

/** Merges a fetched list with the cached one: a read marker that is still in flight to the server does not move back. */
export function withFresh(known: readonly Channel[] | undefined, fresh: readonly Channel[]): Channel[] {
  const before = new Map(known?.map((channel) => [channel.id, channel]))
  return sortChannels(
    fresh.map((channel) => {
      const cached = before.get(channel.id)
      return cached ? moved(channel, { seq: cached.read_seq, rewinds: cached.rewinds }) : channel
    }),
  )
}

function raised(channel: Channel, last_seq: number): Channel {
  const missing = last_seq - channel.last_seq
  return missing > 0 ? { ...channel, last_seq, unread_count: channel.unread_count + missing } : channel
}

function moved(channel: Channel, { seq, rewinds = 0 }: Marker, passed?: Passed): Channel {
  if (rewinds < channel.rewinds) return channel
  return rewinds > channel.rewinds ? movedBack(channel, seq, rewinds, passed) : read(channel, seq, passed)
}

/** Unless they are known, all messages after `seq` are unread, and the mentions stay. */
function movedBack(channel: Channel, seq: number, rewinds: number, passed?: Passed): Channel {
  const read_seq = Math.min(seq, channel.last_seq)
  const known = passed?.from === read_seq && passed.to === channel.last_seq ? passed : undefined
  const unread_count = known?.unread ?? channel.last_seq - read_seq
  return {
    ...channel,
    read_seq,
    rewinds,
    unread_count,
    mention_count: known?.mentions ?? Math.min(channel.mention_count, unread_count),
  }
}

/**
 * Unless it is known what the marker passes: the unread messages after `seq` are at most the messages after it, and the
 * mention count becomes 0 only when nothing is unread.
 */
function read(channel: Channel, seq: number, passed?: Passed): Channel {
  const read_seq = Math.min(seq, channel.last_seq)
  if (read_seq <= channel.read_seq) return channel
  const known = passed?.from === channel.read_seq && passed.to === read_seq ? passed : undefined
  const left = Math.max(0, channel.unread_count - (known?.unread ?? 0))
  const unread_count = Math.min(left, channel.last_seq - read_seq)
  const mentions_left = Math.max(0, channel.mention_count - (known?.mentions ?? 0))
  return { ...channel, read_seq, unread_count, mention_count: Math.min(mentions_left, unread_count) }
}
