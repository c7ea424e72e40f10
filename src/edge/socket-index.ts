import type { Audience } from './presence.ts'
import type { WsSink } from './ws-sink.ts'

const NONE: ReadonlySet<WsSink> = new Set()

/** The sockets of an org by user and by channel. */
export class SocketIndex {
  readonly #all = new Set<WsSink>()
  readonly #by_user = new Map<string, Set<WsSink>>()
  readonly #by_channel = new Map<string, Set<WsSink>>()

  get size(): number {
    return this.#all.size
  }

  each(): Iterable<WsSink> {
    return this.#all
  }

  all(): WsSink[] {
    return [...this.#all]
  }

  ofUser(user_id: string): WsSink[] {
    return [...(this.#by_user.get(user_id) ?? NONE)]
  }

  ofChannel(channel_id: string): Iterable<WsSink> {
    return this.#by_channel.get(channel_id) ?? NONE
  }

  /** Channels with sockets. */
  channelIds(): Iterable<string> {
    return this.#by_channel.keys()
  }

  sizeOf(channel_id: string): number {
    return this.#by_channel.get(channel_id)?.size ?? 0
  }

  /** The users of a channel's sockets, one for each socket. */
  audience(channel_id: string): Audience {
    const sinks = this.#by_channel.get(channel_id) ?? NONE
    return { size: sinks.size, user_ids: [...sinks].map((sink) => sink.user_id) }
  }

  add(sink: WsSink): void {
    this.#all.add(sink)
    into(this.#by_user, sink.user_id, sink)
  }

  /** False when the socket was removed before. */
  remove(sink: WsSink): boolean {
    outOf(this.#by_user, sink.user_id, sink)
    return this.#all.delete(sink)
  }

  join(channel_id: string, sink: WsSink): void {
    into(this.#by_channel, channel_id, sink)
  }

  leave(channel_id: string, sink: WsSink): void {
    outOf(this.#by_channel, channel_id, sink)
  }
}

function into(map: Map<string, Set<WsSink>>, key: string, sink: WsSink): void {
  const set = map.get(key)
  if (set) set.add(sink)
  else map.set(key, new Set([sink]))
}

function outOf(map: Map<string, Set<WsSink>>, key: string, sink: WsSink): void {
  const set = map.get(key)
  set?.delete(sink)
  if (set?.size === 0) map.delete(key)
}
