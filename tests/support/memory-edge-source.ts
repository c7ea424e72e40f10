import type { EventContent } from '../../src/contracts/event-payloads.ts'
import type { LogEvent, UserNotification } from '../../src/contracts/log-event.ts'
import type { LogHead } from '../../src/contracts/relay.ts'
import type { Subscriptions } from '../../src/contracts/requests.ts'
import type { Message } from '../../src/contracts/resources.ts'
import type { ChannelPosition, EdgeSource, OrgSnapshot, ReadMarker } from '../../src/edge/source.ts'
import { FakeTopics } from './fake-socket-port.ts'

const NOW = '2026-01-01T00:00:00.000Z'

export type Reads = 'events' | 'notifications' | 'messages' | 'readMarkers' | 'head' | 'subscriptions'

const within = (n: number, after: number, until: number) => n > after && n <= until

/** The storage of one org in memory, as edges read it; edge-source-contract.ts says what holds for both. */
export class MemoryEdgeSource implements EdgeSource {
  readonly org_id: string
  /** Incarnation of the log. */
  log = 'log1'
  readonly topics = new FakeTopics()
  readonly events_stored: LogEvent[] = []
  readonly notifications_stored: UserNotification[] = []
  /** Who says everything. */
  author = 'ana'
  /** Number of reads of each kind. */
  readonly reads: Record<Reads, number> = {
    events: 0,
    notifications: 0,
    messages: 0,
    readMarkers: 0,
    head: 0,
    subscriptions: 0,
  }
  /** Called before every read; may be replaced by a test to fail or to interleave. */
  beforeRead: (kind: Reads) => void | Promise<void> = () => undefined
  readonly #messages: Message[] = []
  readonly #read_seqs = new Map<string, number>()

  constructor(org_id: string) {
    this.org_id = org_id
  }

  /** Stores a message of the author, which mentions these users. */
  say(channel_id: string, notified: readonly string[] = []): void {
    const seq = this.lastSeq(channel_id) + 1
    const message: Message = {
      id: numbered(seq),
      channel_id,
      seq,
      kind: 'text',
      sender: { id: this.author, type: 'human', display_name: 'Ana' },
      content: `${seq}`,
      mentions: [...notified],
      ignored_mentions: [],
      reply_to: null,
      client_id: null,
      deliveries: [],
      created_at: NOW,
    }
    this.#messages.push(message)
    this.commit({ type: 'message.created', payload: { message } }, channel_id, notified)
  }

  commit(content: EventContent, channel_id: string | null = null, notified: readonly string[] = []): void {
    const sequence = this.events_stored.length + 1
    this.events_stored.push({
      ...content,
      sequence,
      timestamp: NOW,
      actor: { id: this.author, type: 'human', display_name: 'Ana' },
      project_ids: [],
      task_id: null,
      channel_id,
      subject_ids: [],
    })
    for (const user_id of notified)
      this.notifications_stored.push({
        user_id,
        id: numbered(sequence),
        type: 'message.mention',
        event_sequence: sequence,
        resource: { type: 'message', id: numbered(sequence), channel_id, seq: null },
        title: '',
        read_at: null,
        created_at: NOW,
      })
  }

  markRead(channel_id: string, user_id: string, seq: number): void {
    this.#read_seqs.set(`${channel_id} ${user_id}`, seq)
  }

  lastSeq(channel_id: string): number {
    return this.#messagesOf(channel_id).length
  }

  /** The permissions of an org belong to the test that makes it. */
  async load(): Promise<OrgSnapshot | undefined> {
    return undefined
  }

  async events(org_id: string, after: number, until: number, limit: number): Promise<LogEvent[]> {
    return await this.#reading('events', org_id, [], () =>
      this.events_stored.filter(({ sequence }) => within(sequence, after, until)).slice(0, limit),
    )
  }

  async notifications(org_id: string, user_ids: readonly string[], after: number, until: number) {
    return await this.#reading('notifications', org_id, [], () =>
      this.notifications_stored.filter(
        (n) => user_ids.includes(n.user_id) && within(n.event_sequence, after, until),
      ),
    )
  }

  async messages(org_id: string, channel_id: string, after: number, until: number, limit: number) {
    return await this.#reading('messages', org_id, [], () =>
      this.#messagesOf(channel_id)
        .filter(({ seq }) => within(seq, after, until))
        .slice(0, limit),
    )
  }

  async readMarkers(org_id: string, user_id: string, positions: readonly ChannelPosition[]) {
    return await this.#reading('readMarkers', org_id, [], () =>
      positions.flatMap((position) => this.#marker(user_id, position)),
    )
  }

  async head(org_id: string): Promise<LogHead | undefined> {
    return await this.#reading('head', org_id, undefined, () => ({
      log: this.log,
      sequence: this.events_stored.length,
    }))
  }

  async subscriptions(org_id: string): Promise<Subscriptions> {
    const everything: Subscriptions = { mode: 'all', topics: [] }
    return await this.#reading('subscriptions', org_id, everything, () => everything)
  }

  publish(topic: string, text: string): void {
    this.topics.publish(topic, text)
  }

  /** A marker is there once its user was mentioned or has read. */
  #marker(user_id: string, { id: channel_id, last_seq }: ChannelPosition): ReadMarker[] {
    const read_seq = this.#read_seqs.get(`${channel_id} ${user_id}`)
    const mentioned = this.#messagesOf(channel_id).filter(({ mentions }) => mentions.includes(user_id))
    if (read_seq === undefined && mentioned.length === 0) return []
    const unread = mentioned.filter(({ seq }) => within(seq, read_seq ?? 0, last_seq))
    const others = this.#messagesOf(channel_id).filter(
      ({ seq, sender }) => within(seq, read_seq ?? 0, last_seq) && sender.id !== user_id,
    )
    const [unread_count, mention_count] = [others.length, unread.length]
    const unchanged = { rewinds: 0, muted: false }
    return [{ channel_id, read_seq: read_seq ?? 0, unread_count, mention_count, ...unchanged }]
  }

  #messagesOf(channel_id: string): Message[] {
    return this.#messages.filter((message) => message.channel_id === channel_id)
  }

  /** Another org has none of these rows. What is read is a copy. */
  async #reading<T>(kind: Reads, org_id: string, none: T, read: () => T): Promise<T> {
    this.reads[kind]++
    await this.beforeRead(kind)
    return org_id === this.org_id ? structuredClone(read()) : none
  }
}

/** An id of the form that the schemas ask for. */
export const numbered = (n: number): string => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`
