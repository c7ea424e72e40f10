import type { ReadMarker } from '@contracts/calls.ts'
import type { ServerFrame } from '@contracts/frames.ts'
import type { MessageCreate } from '@contracts/requests.ts'
import type { Channel, Message, Notification } from '@contracts/resources.ts'
import type { QueryClient } from '@tanstack/vue-query'
import type { Reader } from './apply-event.ts'
import type { Marker } from './channel-counts.ts'
import type { SocketLike, SocketState } from './chat-socket.ts'
import type { StreamState } from './event-stream.ts'
import type { OutboxItem } from './outbox.ts'
import type { OutboxStore } from './outbox-store.ts'
import type { SharedEventsPorts } from './shared-events.ts'

/** Callbacks of the app. */
export interface OrgRealtimeHandlers {
  socketState(state: SocketState): void
  /** Chat goes over HTTP from now on, since no socket gets through; or no longer. */
  overHttp(on: boolean): void
  streamState(state: StreamState, leading: boolean): void
  roundTrip(ms: number): void
  /** The server does not answer though its connection is open; or it answers again. */
  silent(is_silent: boolean): void
  sequence(sequence: number): void
  /** Reconnected after a loss; `count` messages arrived in between. */
  recovered(count: number): void
  typed(channel_id: string, user_id: string): void
  typingStopped(channel_id: string, user_id: string): void
  attended(frame: Extract<ServerFrame, { type: 'presence' }>): void
  delivered(frame: Extract<ServerFrame, { type: 'delivery' }>): void
  outbox(items: readonly OutboxItem[]): void
  /** A new notification of the reader, already in the cache. */
  notified(notification: Notification): void
  /** A new connection was made, possibly to another version of the server. */
  reconnected(): void
  /** The credentials of the connection were revoked. */
  ended(): void
  /** The session cookie now belongs to another user. */
  userChanged(): void
  failed(stage: string, error: unknown): void
}

export type PostedMessage = Pick<MessageCreate, 'content' | 'reply_to' | 'kind' | 'leave_out'> & {
  client_id: string
}

export interface OrgRealtimePorts {
  /** `account_id` owns the unsent messages and the shared stream of the tabs. */
  reader: Reader & { org_id: string; account_id: string }
  client: QueryClient
  openSocket(): SocketLike
  events: SharedEventsPorts
  /** The way of chat where no socket gets through, and the counts of one channel. */
  http: {
    post(channel_id: string, body: PostedMessage): Promise<Message>
    read(channel_id: string, marker: Marker): Promise<unknown>
    unread(channel_id: string, seq: number): Promise<ReadMarker>
    channel(channel_id: string): Promise<Channel>
  }
  outbox: { store: OutboxStore; newId: () => string; openTabs(): Promise<ReadonlySet<string> | undefined> }
}
