import type { Bus } from '../../src/cluster/bus.ts'
import { FrameRelay, type Relayed } from '../../src/cluster/relay.ts'
import type { AuthenticatedPrincipal } from '../../src/contracts/principal.ts'
import type { LogHead } from '../../src/contracts/relay.ts'
import type { Subscriptions } from '../../src/contracts/requests.ts'
import { Edges } from '../../src/edge/edges.ts'
import { CompiledFilter } from '../../src/edge/event-filter.ts'
import type { OrgEdge } from '../../src/edge/org-edge.ts'
import { SseSink } from '../../src/edge/sse-sink.ts'
import { WsSink } from '../../src/edge/ws-sink.ts'
import { type EdgeWorld, ORG } from '../unit/edge/world.ts'
import { FakeSocketPort, FakeTopics } from './fake-socket-port.ts'
import { personOf } from './samples.ts'

/** The edges of one node of a cluster over the log of a world, which is the database of all its nodes. */
export class EdgeNode {
  readonly edges: Edges
  readonly relay: FrameRelay
  readonly failures: string[] = []
  readonly counted: string[] = []
  polls = 0
  /** Sessions and keys that ended in storage. */
  readonly ended = new Set<string>()
  subscriptions: Subscriptions = { mode: 'all', topics: [] }
  readonly #world: EdgeWorld
  readonly #topics = new FakeTopics()

  constructor(world: EdgeWorld, bus: Bus, options: { message_bytes_max?: number } = {}) {
    this.#world = world
    const { source } = world
    this.relay = new FrameRelay(bus, {
      node: crypto.randomUUID(),
      count: (what: Relayed, kind) => this.counted.push(`${what} ${kind}`),
      ...options,
    })
    const { relay } = this
    this.edges = new Edges(
      {
        load: async () => ({ ...world.snapshot(), log: source.log }),
        events: (...range) => source.events(...range),
        notifications: (...range) => source.notifications(...range),
        messages: (...range) => source.messages(...range),
        readMarkers: (...of) => source.readMarkers(...of),
        head: (org_id) => source.head(org_id),
        subscriptions: async () => this.subscriptions,
        publish: (topic, text) => this.#topics.publish(topic, text),
        endedCredentials: async (sessions, keys) => ({
          sessions: sessions.filter((id) => this.ended.has(id)),
          keys: keys.flatMap(({ id }) => (this.ended.has(id) ? [id] : [])),
        }),
        failed: (stage) => this.failures.push(stage),
        polled: () => this.polls++,
        elsewhere: {
          join: (org_id) => relay.join(org_id),
          leave: (org_id) => relay.leave(org_id),
          hears: (org_id) => relay.hears(org_id),
          send: (...frame) => relay.send(...frame),
          report: (...report) => relay.report(...report),
          stay: (...stay) => relay.stay(...stay),
          ask: (org_id) => relay.ask(org_id),
          heads: async (org_ids) => {
            const heads = new Map<string, LogHead>()
            for (const org_id of org_ids) {
              const head = await source.head(org_id)
              if (head) heads.set(org_id, head)
            }
            return heads
          },
        },
      },
      15,
    )
    const { edges } = this
    relay.start({
      deliver: (batch) => edges.deliver(batch),
      headAnnounced: (...heard) => edges.headAnnounced(...heard),
      framesRelayed: (...heard) => edges.frames.deliver(...heard),
      attendanceReported: (...heard) => edges.attendanceReported(...heard),
      agentStayed: (...heard) => edges.agentStayed(...heard),
      attendanceAsked: (org_id) => edges.attendanceAsked(org_id),
      missed: () => edges.missed(),
    })
  }

  open(): Promise<OrgEdge> {
    return this.edges.open(ORG)
  }

  /** Commits nothing: publishes what is committed, as the owner of the org. */
  publish(count?: number): void {
    const batch = this.#world.batch(count)
    if (batch.events.length === 0) return
    this.edges.deliver(batch)
    this.relay.publish(batch)
  }

  async socket(
    user_id: string,
    rest: Partial<AuthenticatedPrincipal> = {},
  ): Promise<{ sink: WsSink; texts: readonly string[] }> {
    const edge = await this.open()
    const port = new FakeSocketPort(Number.POSITIVE_INFINITY, this.#topics)
    const sink = new WsSink({ principal: { ...personOf(user_id), ...rest } }, port, () => undefined)
    edge.sockets.add(sink)
    void edge.sockets.hello(sink, { type: 'hello' })
    return { sink, texts: port.sent }
  }

  async stream(user_id: string, sequence?: number): Promise<{ sink: SseSink; text(): string }> {
    const edge = await this.open()
    const sink = new SseSink(
      { principal: personOf(user_id) },
      new CompiledFilter({ subscriptions: this.subscriptions }),
    )
    let text = ''
    edge.streams.add(sink)
    void sink.run(sequence === undefined ? undefined : { log: edge.log, sequence }, edge.streams, (chunk) => {
      text += new TextDecoder().decode(chunk)
      return undefined
    })
    return { sink, text: () => text }
  }

  stop(): void {
    this.edges.stop()
    this.relay.stop()
  }
}
