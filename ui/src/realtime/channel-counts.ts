import type { Channel, Message } from '@contracts/resources.ts'

/** Sorts org-wide channels before project channels, each by name: the order of the sidebar and of the server's list. */
export function sortChannels(channels: readonly Channel[]): Channel[] {
  return [...channels].sort(
    (a, b) =>
      Number(a.type === 'project') - Number(b.type === 'project') ||
      a.name.localeCompare(b.name, 'en', { sensitivity: 'base' }) ||
      (a.id < b.id ? -1 : 1),
  )
}

export function withChannel(channels: readonly Channel[], channel: Channel): Channel[] {
  const known = channels.find(({ id }) => id === channel.id)
  const next = known ? { ...channel, ...counts(Math.max(known.last_seq, channel.last_seq), known) } : channel
  return sortChannels([...channels.filter(({ id }) => id !== channel.id), next])
}

export function withoutChannel(channels: readonly Channel[], channel_id: string): Channel[] {
  return channels.filter(({ id }) => id !== channel_id)
}

/** Counts a message that directly follows `last_seq`. Any other is a duplicate, or follows a gap. */
export function withCounted(channels: readonly Channel[], message: Message, me_id: string): Channel[] {
  return channels.map((channel) => {
    if (channel.id !== message.channel_id || message.seq !== channel.last_seq + 1) return channel
    const mention_count = channel.mention_count + (mentions(message, me_id) ? 1 : 0)
    return { ...channel, ...counts(message.seq, { ...channel, mention_count }) }
  })
}

/** Raises the `last_seq` of a channel; never lowers it. */
export function withHead(channels: readonly Channel[], channel_id: string, last_seq: number): Channel[] {
  return channels.map((channel) =>
    channel.id === channel_id && last_seq > channel.last_seq
      ? { ...channel, ...counts(last_seq, channel) }
      : channel,
  )
}

/**
 * Moves the read marker forward. The mention count becomes 0 only when nothing is unread: the client does not know which
 * messages the mentions are in.
 */
export function withRead(channels: readonly Channel[], channel_id: string, seq: number): Channel[] {
  return channels.map((channel) => {
    if (channel.id !== channel_id || seq <= channel.read_seq) return channel
    const read_seq = Math.min(seq, channel.last_seq)
    return { ...channel, ...counts(channel.last_seq, { ...channel, read_seq }) }
  })
}

/** Merges a fetched list with the cached one: a read marker that is still in flight to the server does not move back. */
export function withFresh(known: readonly Channel[] | undefined, fresh: readonly Channel[]): Channel[] {
  const before = new Map(known?.map((channel) => [channel.id, channel]))
  return sortChannels(
    fresh.map((channel) => {
      const read_seq = Math.max(
        channel.read_seq,
        Math.min(before.get(channel.id)?.read_seq ?? 0, channel.last_seq),
      )
      return { ...channel, ...counts(channel.last_seq, { ...channel, read_seq }) }
    }),
  )
}

function counts(last_seq: number, { read_seq, mention_count }: Pick<Channel, 'read_seq' | 'mention_count'>) {
  const unread_count = Math.max(0, last_seq - read_seq)
  return {
    last_seq,
    read_seq,
    unread_count,
    mention_count: unread_count === 0 ? 0 : Math.min(mention_count, unread_count),
  }
}

function mentions(message: Message, me_id: string): boolean {
  return message.sender.id !== me_id && message.mentions.includes(me_id)
}
