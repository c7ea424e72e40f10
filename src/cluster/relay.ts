import type { PublishedBatch } from '../contracts/log-event.ts'
import type { AgentStay, AttendanceReport, LogHead, OrgMessage, RelayedFrame } from '../contracts/relay.ts'
import type { Bus } from './bus.ts'
import { FrameOutbox } from './frame-outbox.ts'
import { encode, readOrgMessage } from './messages.ts'

/** What takes the messages of other nodes: the edges of this one. Nothing of it may throw. */
export interface RelayTarget {
  deliver(batch: PublishedBatch): void
  /** The end of a log as another node has it. */
  headAnnounced(org_id: string, head: LogHead): void
  framesRelayed(org_id: string, frames: readonly RelayedFrame[]): void
  attendanceReported(org_id: string, node: string, report: AttendanceReport): void
  agentStayed(org_id: string, node: string, stay: AgentStay): void
  attendanceAsked(org_id: string): void
  /** Messages of every org may have been missed. */
  missed(): void
}

/** One message on its way, for metrics. */
export type Relayed = 'sent' | 'received' | 'lost' | 'invalid' | 'dropped'

export interface RelayOptions {
  /** Name of this process among the senders: no other process has it, nor has this one after a restart. */
  node: string
  count(what: Relayed, kind: string): void
  message_bytes_max?: number
}

/** A larger batch is read from the database by those who need it; a message delays all behind it. */
const MESSAGE_BYTES_MAX = 512 * 1024
/** What may be on its way to a slow bus. More batches are not sent: heads, polled, say what is missing. */
const UNSENT_BYTES_MAX = 16 * 1024 * 1024
/** Heads are announced this often, for this long after the last batch. */
const ANNOUNCE_MS = 2_000
const ACTIVE_MS = 10_000
/** Frames that are not stored leave together. */
const FRAMES_MS = 30

interface Joined {
  /** Undefined until the subscription holds. */
  leave: (() => void) | undefined
}

/**
 * Carries what concerns the connections of an org between the nodes that have some. At most once and without
 * acknowledgement: what is lost of the log is noticed by its numbers and read from the database.
 */
export class FrameRelay {
  readonly #bus: Bus
  readonly #options: RelayOptions
  readonly #joined = new Map<string, Joined>()
  readonly #outboxes = new Map<string, FrameOutbox>()
  /** Heads of orgs that this node published of lately, with the end of their announcements. */
  readonly #active = new Map<string, { head: LogHead; until: number }>()
  #target: RelayTarget | undefined
  #unsent_bytes = 0
  #flush_timer: ReturnType<typeof setTimeout> | undefined
  #announcements: ReturnType<typeof setInterval> | undefined
  #unwatch: (() => void) | undefined

  constructor(bus: Bus, options: RelayOptions) {
    this.#bus = bus
    this.#options = options
  }

  start(target: RelayTarget): void {
    this.#target = target
    this.#announcements = setInterval(() => this.announce(Date.now()), ANNOUNCE_MS)
    this.#unwatch = this.#bus.onChange((up) => {
      if (!up) return
      for (const org_id of this.#joined.keys()) this.ask(org_id)
      target.missed()
    })
  }

  /** Sends what waits, and nothing after it. */
  stop(): void {
    clearInterval(this.#announcements)
    clearTimeout(this.#flush_timer)
    this.#flush()
    this.#unwatch?.()
    for (const org_id of [...this.#joined.keys()]) this.leave(org_id)
  }

  // -- subscriptions --------------------------------------------------------------------------------------------------

  /** Takes the messages of an org from the time it resolves, if the bus can be used: see {@link hears}. Never rejects. */
  async join(org_id: string): Promise<void> {
    if (this.#joined.has(org_id)) return
    const joined: Joined = { leave: undefined }
    this.#joined.set(org_id, joined)
    const leave = await this.#bus.subscribe(topicOf(org_id), (text) => this.#take(org_id, text))
    if (this.#joined.get(org_id) !== joined) {
      leave()
      return
    }
    joined.leave = leave
    this.ask(org_id)
  }

  leave(org_id: string): void {
    this.#joined.get(org_id)?.leave?.()
    this.#joined.delete(org_id)
  }

  /** Whether messages about the org arrive here at present. */
  hears(org_id: string): boolean {
    return this.#bus.up && this.#joined.get(org_id)?.leave !== undefined
  }

  #take(org_id: string, text: string): void {
    const received = readOrgMessage(text)
    const { count, node } = this.#options
    if (!received) {
      count('invalid', 'org')
      return
    }
    const { from, message } = received
    if (from === node || !this.#target) return
    count('received', message.type)
    switch (message.type) {
      case 'batch':
        if (message.batch.org_id === org_id) this.#target.deliver(message.batch)
        return
      case 'head':
        this.#target.headAnnounced(org_id, message.head)
        return
      case 'frames':
        this.#target.framesRelayed(org_id, message.frames)
        return
      case 'attendance':
        this.#target.attendanceReported(org_id, from, message.report)
        return
      case 'stay':
        this.#target.agentStayed(org_id, from, message.stay)
        return
      case 'ask':
        this.#target.attendanceAsked(org_id)
    }
  }

  // -- sending --------------------------------------------------------------------------------------------------------

  /** Sends a stored batch to the other nodes that have connections of its org; of one that is too large the head. */
  publish(batch: PublishedBatch): void {
    const { org_id, log, events } = batch
    const head = { log, sequence: events.at(-1)?.sequence ?? 0 }
    this.#active.set(org_id, { head, until: Date.now() + ACTIVE_MS })
    if (!this.#bus.up) {
      this.#options.count('lost', 'batch')
      return
    }
    this.#withdrawTyping(batch)
    const text = encode(this.#options.node, { type: 'batch', batch })
    if (text.length > (this.#options.message_bytes_max ?? MESSAGE_BYTES_MAX))
      this.#send(org_id, { type: 'head', head })
    else this.#sendText(topicOf(org_id), 'batch', text)
  }

  /** Frames wait for others, batches do not: what a sender typed before its message would come after it. */
  #withdrawTyping({ org_id, events }: PublishedBatch): void {
    const outbox = this.#outboxes.get(org_id)
    if (!outbox) return
    for (const { type, payload } of events)
      if (type === 'message.created' && !('removed' in payload.message)) {
        const { channel_id, sender } = payload.message
        if (sender.id !== null) outbox.said(channel_id, sender.id)
      }
  }

  /** Says where the logs of active orgs end; called every two seconds. */
  announce(now: number): void {
    for (const [org_id, { head, until }] of this.#active) {
      if (now > until) this.#active.delete(org_id)
      else this.#send(org_id, { type: 'head', head })
    }
  }

  /** Sends a frame that may be lost, together with others of the next moments. */
  send(org_id: string, frame: RelayedFrame): void {
    let outbox = this.#outboxes.get(org_id)
    if (!outbox) {
      outbox = new FrameOutbox()
      this.#outboxes.set(org_id, outbox)
    }
    if (!outbox.add(frame)) this.#options.count('dropped', 'frames')
    this.#flush_timer ??= setTimeout(() => this.#flush(), FRAMES_MS)
  }

  #flush(): void {
    this.#flush_timer = undefined
    for (const [org_id, outbox] of this.#outboxes)
      this.#send(org_id, { type: 'frames', frames: outbox.frames() })
    this.#outboxes.clear()
  }

  report(org_id: string, report: AttendanceReport): void {
    this.#send(org_id, { type: 'attendance', report })
  }

  /** Says at once that an agent came to this node or left it. */
  stay(org_id: string, stay: AgentStay): void {
    this.#send(org_id, { type: 'stay', stay })
  }

  /** Asks the other nodes who of an org is there. */
  ask(org_id: string): void {
    this.#send(org_id, { type: 'ask' })
  }

  #send(org_id: string, message: OrgMessage): void {
    this.#sendText(topicOf(org_id), message.type, encode(this.#options.node, message))
  }

  #sendText(topic: string, kind: string, text: string): void {
    const { count } = this.#options
    if (!this.#bus.up || this.#unsent_bytes > UNSENT_BYTES_MAX) {
      count('lost', kind)
      return
    }
    this.#unsent_bytes += text.length
    this.#bus
      .publish(topic, text)
      .then(
        () => count('sent', kind),
        // The bus is away: what was not sent is read from the database.
        () => count('lost', kind),
      )
      .finally(() => {
        this.#unsent_bytes -= text.length
      })
  }
}

function topicOf(org_id: string): string {
  return `org:${org_id}`
}
