import type { EventContent } from '../../../src/contracts/event-payloads.ts'
import type { PublishedBatch } from '../../../src/contracts/log-event.ts'
import { Channel, type Message, Project } from '../../../src/contracts/resources.ts'
import { DEFAULT_SETTINGS } from '../../../src/contracts/settings.ts'
import type { PermissionSnapshot } from '../../../src/domain/permission-snapshot.ts'
import { CompiledFilter } from '../../../src/edge/event-filter.ts'
import { OrgEdge } from '../../../src/edge/org-edge.ts'
import type { OrgSnapshot } from '../../../src/edge/source.ts'
import { SseSink } from '../../../src/edge/sse-sink.ts'
import { WsSink } from '../../../src/edge/ws-sink.ts'
import { FakeSocketPort } from '../../support/fake-socket-port.ts'
import { MemoryEdgeSource } from '../../support/memory-edge-source.ts'
import { personOf, sampleOf } from '../../support/samples.ts'

export const ORG = '00000000-0000-4000-8000-000000000000'
/** Org-wide channel of every world. */
export const GENERAL = '00000000-0000-7000-8000-00000000c001'

/** An edge over a log in memory. Committing and publishing are two steps, as they are in the product. */
export class EdgeWorld {
  /** Where sockets and streams are opened. */
  edge: OrgEdge
  readonly source = new MemoryEdgeSource(ORG)
  readonly failures: string[] = []
  gave_up = 0
  readonly #members: Record<string, 'administrator' | 'contributor'>
  #published = 0

  constructor(
    members: Record<string, 'administrator' | 'contributor'> = { ana: 'contributor' },
    work: OrgSnapshot['work'] = [],
  ) {
    this.#members = members
    this.edge = new OrgEdge(ORG, { ...this.snapshot(), work }, this.source, {
      heartbeat_seconds: 15,
      failed: (stage) => this.failures.push(stage),
      gaveUp: () => this.gave_up++,
    })
  }

  /** What is stored now; projects that were added are left out. */
  snapshot(): OrgSnapshot {
    const permissions: PermissionSnapshot = {
      status: 'active',
      settings: structuredClone(DEFAULT_SETTINGS),
      members: Object.entries(this.#members).map(([user_id, role]) => ({
        user_id,
        type: 'human',
        role,
        status: 'active',
        username: user_id,
        display_name: user_id,
      })),
      project_users: [],
      channels: [{ id: GENERAL, name: 'general', topic: null, type: 'org_wide', project_id: null }],
      sub_agents: [],
      ending_keys: [],
    }
    const channels = [{ id: GENERAL, last_seq: this.lastSeq(GENERAL) }]
    return { log: 'log1', head: this.committed, permissions, channels, work: [] }
  }

  get committed(): number {
    return this.source.events_stored.length
  }

  get published(): number {
    return this.#published
  }

  lastSeq(channel_id: string): number {
    return this.source.lastSeq(channel_id)
  }

  /** Number of reads of each kind. */
  get reads(): MemoryEdgeSource['reads'] {
    return this.source.reads
  }

  /** See {@link MemoryEdgeSource.beforeRead}. */
  set beforeRead(run: MemoryEdgeSource['beforeRead']) {
    this.source.beforeRead = run
  }

  /** Commits a message; it is published later. */
  say(channel_id = GENERAL, notified: readonly string[] = []): void {
    this.source.say(channel_id, notified)
  }

  commit(content: EventContent, { channel_id = null }: { channel_id?: string | null } = {}): void {
    this.source.commit(content, channel_id)
  }

  addProject(id: string, assigned_user_ids: string[]): void {
    const channel: Channel = {
      ...sampleOf(Channel),
      id: `channel of ${id}`,
      name: id,
      type: 'project',
      project_id: id,
    }
    this.commit({ type: 'channel.created', payload: { channel } }, { channel_id: channel.id })
    this.assign(id, assigned_user_ids)
  }

  assign(id: string, assigned_user_ids: string[]): void {
    const project = { ...sampleOf(Project), id, assigned_user_ids }
    this.commit({ type: 'project.user_assigned', payload: { project, user_id: 'ana' } })
  }

  /** Publishes up to `count` of the committed events. */
  publish(count = Number.MAX_SAFE_INTEGER): void {
    this.edge.deliver(this.batch(count))
  }

  /** The next events to be published. */
  batch(count = Number.MAX_SAFE_INTEGER): PublishedBatch {
    const after = this.#published
    const events = this.source.events_stored.slice(after, after + count)
    this.#published += events.length
    const notifications = this.source.notifications_stored.filter(
      (n) => n.event_sequence > after && n.event_sequence <= this.#published,
    )
    return { org_id: ORG, log: 'log1', epoch: 1, events, notifications }
  }

  /** Loses up to `count` of the committed events on the way to the edge. */
  losePublication(count: number): void {
    this.#published = Math.min(this.source.events_stored.length, this.#published + count)
  }

  /** A socket of a user that says hello with these positions; `texts` are the frames that it gets. */
  socket(user_id: string, resume?: Record<string, number>): { sink: WsSink; texts: readonly string[] } {
    const port = new FakeSocketPort(Number.POSITIVE_INFINITY, this.source.topics)
    const sink = new WsSink({ principal: personOf(user_id) }, port, () => undefined)
    this.edge.sockets.add(sink)
    void this.edge.sockets.hello(sink, { type: 'hello', ...(resume ? { resume } : {}) })
    return { sink, texts: port.sent }
  }

  /** A stream of a user from a cursor on; `text` is what it got so far. */
  stream(user_id: string, sequence?: number): { sink: SseSink; text(): string } {
    const filter = new CompiledFilter({ subscriptions: { mode: 'all', topics: [] } })
    const sink = new SseSink({ principal: personOf(user_id) }, filter)
    let text = ''
    this.edge.streams.add(sink)
    const cursor = sequence === undefined ? undefined : { log: 'log1', sequence }
    void sink.run(cursor, this.edge.streams, (chunk) => {
      text += new TextDecoder().decode(chunk)
      return undefined
    })
    return { sink, text: () => text }
  }
}

/** Turns of the event loop, so that started work goes on. */
export async function turns(count = 30): Promise<void> {
  for (let i = 0; i < count; i++) await Promise.resolve()
}

interface Frame {
  type: string
  message?: Message
  [key: string]: unknown
}

export const framesOf = (texts: readonly string[]): Frame[] => texts.map((text) => JSON.parse(text))

/** Seqs of a channel's messages, in the order in which they came. */
export function seqsOf(texts: readonly string[], channel_id = GENERAL): number[] {
  return framesOf(texts).flatMap(({ message }) => (message?.channel_id === channel_id ? [message.seq] : []))
}
