import { CLOSE } from '../contracts/close-codes.ts'
import type { HelloFrame, ReadFrame, ServerFrame } from '../contracts/frames.ts'
import type { LogEvent } from '../contracts/log-event.ts'
import { messageJson } from '../domain/event-json.ts'
import type { Permissions } from '../domain/permissions.ts'
import { accessChangeOf } from './access-change.ts'
import type { Attendance } from './attendance.ts'
import { type Audience, Presence } from './presence.ts'
import { retryWithBackoff } from './retry.ts'
import { SocketIndex } from './socket-index.ts'
import type { EdgeSource, OrgSnapshot } from './source.ts'
import { Work } from './work.ts'
import { WsAccess } from './ws-access.ts'
import { WsCatchUp } from './ws-catch-up.ts'
import type { ChannelState, WsSink } from './ws-sink.ts'

/** The edge as its sockets need it. */
interface Home {
  readonly org_id: string
  readonly log: string
  readonly permissions: Permissions
  readonly attendance: Attendance
  /** Reads the stored head and delivers what is missing up to it. */
  refresh(): Promise<void>
  failed(stage: string, error: unknown): void
  /** True once the edge follows its log no more. */
  readonly stopped: boolean
}

/** Bytes that may be published between two checks of how far the readers are behind. */
const CHECK_EVERY_BYTES = 256 * 1024
/** Of more users who come or go together no look is taken at what each may read: every channel is compared. */
const CROWD = 50

/** The WebSockets of an org on this node: their channels, the fan-out of messages, and frames that are not stored. */
export class WsChannels {
  readonly #home: Home
  readonly #source: EdgeSource
  readonly #index = new SocketIndex()
  /** Last seq of each channel that was delivered here. */
  readonly #last_seq = new Map<string, number>()
  readonly #presence: Presence
  readonly #work: Work
  readonly #catch_up: WsCatchUp
  readonly #access: WsAccess
  #unchecked_bytes = 0

  constructor(home: Home, { channels, work }: Pick<OrgSnapshot, 'channels' | 'work'>, source: EdgeSource) {
    this.#home = home
    this.#work = new Work(work)
    this.#source = source
    for (const { id, last_seq } of channels) this.#last_seq.set(id, last_seq)
    this.#presence = new Presence((channel_id) => this.#audience(channel_id))
    const tail = {
      lastSeq: (channel_id: string) => this.#lastSeq(channel_id),
      topic: (channel_id: string) => this.#topic(channel_id),
    }
    this.#catch_up = new WsCatchUp(
      tail,
      (...range) => source.messages(home.org_id, ...range),
      (stage, error) => home.failed(stage, error),
    )
    this.#access = new WsAccess(home, this.#index, source, {
      ...tail,
      join: (sink, channel_id) => this.#join(sink, channel_id, this.#lastSeq(channel_id), 'unannounced'),
      leave: (sink, channel_id) => this.#leave(sink, channel_id),
      catchUp: (sink, channel_ids) => this.#catch_up.run(sink, channel_ids),
    })
  }

  get size(): number {
    return this.#index.size
  }

  all(): WsSink[] {
    return this.#index.all()
  }

  add(sink: WsSink): void {
    this.#index.add(sink)
    this.#home.attendance.opened(sink.user_id)
    if (this.#home.stopped) sink.close(CLOSE.restarting, 'Come back.')
  }

  remove(sink: WsSink): void {
    if (!this.#index.remove(sink)) return
    for (const channel_id of sink.channels.keys()) this.#leave(sink, channel_id)
    this.#home.attendance.closed(sink.user_id, Date.now())
  }

  #lastSeq(channel_id: string): number {
    return this.#last_seq.get(channel_id) ?? 0
  }

  #topic(channel_id: string): string {
    return `${this.#home.org_id}/${channel_id}`
  }

  // -- a client connects -------------------------------------------------------------------------------------------------

  /**
   * Answers a hello with the channels and where they stand, then brings each resumed channel to its tail. A seq beyond
   * the tail was delivered by another node: what is stored is delivered here first.
   */
  hello(sink: WsSink, frame: HelloFrame): Promise<void> | undefined {
    const resume = new Map(Object.entries(frame.resume ?? {}).map(([id, seq]) => [id.toLowerCase(), seq]))
    const other_log = typeof frame.log === 'string' && frame.log !== this.#home.log
    const ahead = [...resume].some(([id, seq]) => this.#last_seq.has(id) && seq > this.#lastSeq(id))
    if (!ahead || other_log) {
      this.#welcome(sink, resume, other_log)
      return undefined
    }
    return retryWithBackoff(
      () => !sink.closed,
      () => this.#home.refresh(),
    )
      .catch((error: unknown) => this.#home.failed('read the head of an org', error))
      .then(() => this.#welcome(sink, resume, other_log))
  }

  #welcome(sink: WsSink, resume: ReadonlyMap<string, number>, other_log: boolean): void {
    if (sink.closed) return
    const channels = this.#home.permissions.readableChannels(sink.credential.principal)
    sink.send({
      type: 'ready',
      log: this.#home.log,
      user_id: sink.user_id,
      channels: channels.map(({ id }) => ({ id, last_seq: this.#lastSeq(id) })),
    })
    sink.ready = true
    const behind: string[] = []
    for (const { id } of channels) {
      const last_seq = this.#lastSeq(id)
      const seen = resume.get(id)
      const honoured = seen === undefined || (!other_log && seen <= last_seq)
      const state = this.#join(sink, id, honoured ? (seen ?? last_seq) : last_seq, 'catching_up')
      if (!honoured) sink.send({ type: 'resync', channel_id: id, last_seq })
      if (state.seq < last_seq || !sink.goLive(this.#topic(id), state)) behind.push(id)
    }
    const ids = channels.map(({ id }) => id)
    this.#presence.welcome(sink.user_id, ids, (channel_id, text) => {
      if (sink.closed) return 'gone'
      if (!sink.flowing) return 'busy'
      sendEphemeral(sink, channel_id, text)
      return 'sent'
    })
    void this.#catch_up.run(sink, behind)
  }

  // -- from the log ---------------------------------------------------------------------------------------------------

  /** Follows a change of access, then publishes the event's message to the sockets of its channel. */
  deliver(event: LogEvent, changes_access: boolean): void {
    if (event.type === 'channel.created') this.#last_seq.set(event.payload.channel.id, 0)
    if (changes_access) this.#followAccess(event)
    if (event.type !== 'message.created' || event.channel_id === null) return
    this.#last_seq.set(event.channel_id, event.payload.message.seq)
    if (this.#index.sizeOf(event.channel_id) === 0) return
    const text = `{"type":"message","message":${messageJson(event)}}`
    this.#unchecked_bytes += text.length
    if (this.#unchecked_bytes > CHECK_EVERY_BYTES) this.checkSlow()
    this.#source.publish(this.#topic(event.channel_id), text)
  }

  #followAccess(event: LogEvent): void {
    this.#access.follow(event)
    const change = accessChangeOf(event, this.#home.permissions)
    const { attendance } = this.#home
    if (!change || (change.principal_ids && !change.principal_ids.some((id) => attendance.isHere(id)))) return
    for (const id of change.channel_ids ?? this.#index.channelIds()) this.#presence.changed(id)
  }

  #join(sink: WsSink, channel_id: string, seq: number, phase: ChannelState['phase']): ChannelState {
    const state: ChannelState = { seq, phase }
    sink.channels.set(channel_id, state)
    this.#index.join(channel_id, sink)
    this.#presence.joined(channel_id, sink.user_id)
    return state
  }

  #leave(sink: WsSink, channel_id: string): void {
    sink.leave(this.#topic(channel_id))
    this.#index.leave(channel_id, sink)
    this.#presence.changed(channel_id)
  }

  // -- frames that are not stored -------------------------------------------------------------------------------------

  /** Sends a frame that may be lost to the readers of a channel, or to one user's sockets. */
  ephemeral(
    channel_id: string,
    frame: ServerFrame,
    to: { except_user_id?: string; only_user_id?: string },
  ): void {
    if (frame.type === 'delivery' && this.#work.follow(frame)) this.#presence.changed(channel_id)
    const text = JSON.stringify(frame)
    const sinks =
      to.only_user_id === undefined ? this.#index.ofChannel(channel_id) : this.#index.ofUser(to.only_user_id)
    for (const sink of sinks) {
      if (to.except_user_id === sink.user_id) continue
      if (frame.type === 'read' && isSame(frame, sink.ownReads.get(channel_id))) continue
      sendEphemeral(sink, channel_id, text)
    }
  }

  /** Members came or went; their sockets, if any, say the same of their channels. */
  attendanceChanged(user_ids: readonly string[]): void {
    const is_crowd = user_ids.length > CROWD
    for (const id of this.#index.channelIds())
      if (is_crowd || user_ids.some((user_id) => this.#mayRead(user_id, id))) this.#presence.changed(id)
  }

  /** Users with a socket in the channel, and readers of the channel that are here in another way. */
  #audience(channel_id: string): Audience {
    const { size, user_ids } = this.#index.audience(channel_id)
    if (size === 0) return { size, user_ids }
    const { attendance } = this.#home
    const others = attendance.here().filter((user_id) => this.#mayRead(user_id, channel_id))
    const calling_ids = others.filter((user_id) => attendance.isCalling(user_id))
    return { size, user_ids: [...user_ids, ...others], calling_ids, working: this.#work.in(channel_id) }
  }

  #mayRead(user_id: string, channel_id: string): boolean {
    const { permissions } = this.#home
    const member = permissions.member(user_id)
    return member !== undefined && permissions.mayReadChannel({ kind: member.type, id: user_id }, channel_id)
  }

  /** Tells the readers of channels who is connected, where that changed; called once a second. */
  announcePresence(): void {
    this.#presence.announce((channel_id, text) => {
      for (const sink of this.#index.ofChannel(channel_id)) sendEphemeral(sink, channel_id, text)
    })
  }

  /** Closes the readers that are too far behind. The runtime has a bound of its own behind ours, and closes too. */
  checkSlow(): void {
    this.#unchecked_bytes = 0
    for (const sink of this.#index.each()) sink.checkSlow()
  }
}

function isSame(a: Pick<ReadFrame, 'seq' | 'rewinds'>, b: typeof a | undefined): boolean {
  return a.seq === b?.seq && (a.rewinds ?? 0) === (b.rewinds ?? 0)
}

/** Skips clients to which the channel is not announced yet, and slow ones: the frame may be lost. */
function sendEphemeral(sink: WsSink, channel_id: string, text: string): void {
  const phase = sink.channels.get(channel_id)?.phase
  if (phase !== undefined && phase !== 'unannounced' && sink.flowing) sink.sendText(text)
}
