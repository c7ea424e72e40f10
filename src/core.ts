import { ChannelActor } from './actors/channel/channel-actor.ts'
import type { ChannelPorts } from './actors/channel/requests.ts'
import { OrgActor, type OrgPorts } from './actors/org/org-actor.ts'
import type { Address } from './actors/runtime/actor.ts'
import { systemClock } from './actors/runtime/clock.ts'
import { Host } from './actors/runtime/host.ts'
import { LANE_LIMITS } from './actors/runtime/lane.ts'
import { Router } from './actors/runtime/router.ts'
import type { RedisBus } from './cluster/redis-bus.ts'
import type { FrameRelay } from './cluster/relay.ts'
import type { MailTiming } from './commands/command.ts'
import { createJobRunner } from './commands/execute.ts'
import { postRefusal } from './commands/post-refusal.ts'
import { COMMANDS } from './commands/registry.ts'
import type {
  ChannelReplyTo,
  ChannelRequest,
  CommandCall,
  CommandRequest,
  ReplyTo,
} from './contracts/calls.ts'
import type { CommandName, NamedInput } from './contracts/commands.ts'
import { newId } from './contracts/ids.ts'
import type { LogEvent, PublishedBatch } from './contracts/log-event.ts'
import type { Database } from './db/client.ts'
import { DatabaseEdgeSource } from './db/edge-source.ts'
import { PostgresLaneStore } from './db/lane-store.ts'
import { readBrake } from './db/queries/brake.ts'
import { markRead, markUnread } from './db/queries/channels.ts'
import { endedCredentials } from './db/queries/credentials.ts'
import { queueDeliveries } from './db/queries/deliveries.ts'
import { readMentions } from './db/queries/notifications.ts'
import { readOrgState } from './db/queries/permissions.ts'
import type { Done, Job } from './domain/job.ts'
import { SYSTEM } from './domain/principal.ts'
import { AbsentAgents } from './edge/absent-agents.ts'
import { RECENT_CALL_MS } from './edge/attendance.ts'
import { Edges } from './edge/edges.ts'
import type { Elsewhere } from './edge/elsewhere.ts'
import { keptOrStored } from './edge/kept-events.ts'
import type { OrgEdge } from './edge/org-edge.ts'
import type { Metrics } from './http/metrics.ts'
import { alone, oneOfSeveral } from './ownership.ts'

export interface CoreOptions {
  node_id: string
  /** Lifetime of an entry in the directory of several nodes. */
  lease_ms: number
  heartbeat_seconds: number
  lane_queue_max: number
  mailbox_max: number
  ring_events_max: number
  /** An actor without a message for this long is passivated. */
  actor_idle_ms: number
  /** Null without a mail server. */
  mail: MailTiming | null
}

/** The ring's other bound. */
const RING_BYTES_MAX = 4 * 1024 * 1024

/** The part of a node that holds orgs: actors, their lanes, and the edges they publish to. */
export function createCore(
  database: Database,
  lanes: Database,
  metrics: Metrics,
  log: { failed(stage: string, error: unknown): void },
  options: CoreOptions,
  /** Sends a text frame to every WebSocket of this node that joined the topic. */
  publish: (topic: string, text: string) => void,
  /** Called with every batch that was stored here or came from another node, after its delivery to the edges. */
  onPublished: (batch: PublishedBatch) => void,
  /** Joins several nodes; a single node has none. */
  bus?: RedisBus,
  /** To the edges of other nodes; undefined when the node is alone. */
  relay?: FrameRelay,
) {
  const failed = (stage: string, error: unknown) => log.failed(stage, error)
  const host = new Host(systemClock, failed)
  const ownership = bus
    ? oneOfSeveral(bus, { name: options.node_id, lease_ms: options.lease_ms }, host, metrics, failed)
    : alone(options.node_id)
  const { node_id, directory, transport } = ownership
  const router = new Router(node_id, host, directory, systemClock, transport)
  const stored = new DatabaseEdgeSource(database)

  const command = <N extends CommandName>(org_id: string, call: CommandCall<N>): Promise<ReplyTo<N>> => {
    const address: Address = { kind: 'org', org_id, id: org_id }
    const request: CommandRequest<N> = { type: 'command', call }
    return router.call<ReplyTo<N>>(
      address,
      request,
      (): CommandRequest<N> => ({ type: 'command', call: { ...call, retry: true } }),
    )
  }
  const channel = <R extends ChannelRequest>(
    org_id: string,
    channel_id: string,
    request: R,
  ): Promise<ChannelReplyTo<R>> =>
    router.call<ChannelReplyTo<R>>({ kind: 'channel', org_id, id: channel_id }, request, () =>
      request.type === 'post' || request.type === 'lift_pause' ? { ...request, retry: true } : request,
    )

  /**
   * Reads from the owner's ring if the owner is on this node and its ring holds the whole page, otherwise from the database.
   */
  async function events(org_id: string, after: number, until: number, limit: number): Promise<LogEvent[]> {
    return await keptOrStored<LogEvent>(
      { after, until, limit },
      (count) => host.peek({ kind: 'org', org_id, id: org_id }, { type: 'replay', after, limit: count }),
      () => stored.events(org_id, after, until, limit),
    )
  }

  const edges = new Edges(
    {
      load: (org_id) => stored.load(org_id),
      events,
      notifications: (...args) => stored.notifications(...args),
      messages: (...args) => stored.messages(...args),
      readMarkers: (...args) => stored.readMarkers(...args),
      head: (org_id) => stored.head(org_id),
      publish,
      subscriptions: (org_id, user_id) => stored.subscriptions(org_id, user_id),
      ended: (kind, reason) => metrics.ended(kind, reason),
      hole: () => metrics.holeFilled(),
      polled: () => metrics.headsPolled(),
      endedCredentials: (sessions, keys) => endedCredentials(database, sessions, keys),
      failed,
      ...(relay ? { elsewhere: elsewhereOf(relay, stored) } : {}),
    },
    options.heartbeat_seconds,
  )
  relay?.start({
    deliver: (batch) => {
      edges.deliver(batch)
      onPublished(batch)
    },
    headAnnounced: (...heard) => edges.headAnnounced(...heard),
    framesRelayed: (...heard) => edges.frames.deliver(...heard),
    attendanceReported: (...heard) => edges.attendanceReported(...heard),
    agentStayed: (...heard) => edges.agentStayed(...heard),
    attendanceAsked: (org_id) => edges.attendanceAsked(org_id),
    missed: () => edges.missed(),
  })

  const absent_agents = new AbsentAgents({
    edge: (org_id) => edges.peekSettled(org_id),
    ...(relay ? { settled: (org_id: string) => edges.settled(org_id) } : {}),
    queue: (org_id, waiting) =>
      database.withOrg(org_id, (tx) => queueDeliveries(tx, org_id, waiting, RECENT_CALL_MS)),
    show: (frame) => edges.frames.ephemeral(frame),
    failed,
  })

  const orgPorts: OrgPorts = {
    store: new PostgresLaneStore<Job, Done>(lanes, createJobRunner(COMMANDS, options.mail), {
      isOpen: (org_id) => ownership.contested(org_id),
      tookOver: () => metrics.tookOver(),
    }),
    contested: (org_id) => ownership.contested(org_id),
    load: (org_id) => readOrgState(database, org_id),
    refusal: postRefusal,
    publish: (batch) => {
      edges.deliver(batch)
      relay?.publish(batch)
      absent_agents.follow(batch)
      onPublished(batch)
    },
    ownerLost: (org_id) => {
      ownership.fenced(org_id)
      edges
        .peek(org_id)
        ?.refresh()
        .catch((error: unknown) => failed('compare an edge with the stored head', error))
    },
    // While nodes contend for an org it moves with every batch: the actors of its channels stay.
    ended: (org_id) => {
      if (bus && !ownership.contested(org_id))
        host
          .stopOrg(org_id, 'channel')
          .catch((error: unknown) => failed('stop the channels of an org that moved', error))
    },
    directory,
    observe: (measure, value) => metrics.observe(measure, value),
  }
  const limits = {
    lane: { ...LANE_LIMITS, queue_max: options.lane_queue_max },
    ring_events_max: options.ring_events_max,
    ring_bytes_max: RING_BYTES_MAX,
  }
  host.register('org', {
    create: (context) => new OrgActor(context, orgPorts, limits),
    idle_ms: options.actor_idle_ms,
    mailbox_max: options.mailbox_max,
  })

  const channelPorts: ChannelPorts = {
    post: command,
    pauseLoop: command,
    resumeLoop: command,
    ephemeral: (frame) => edges.frames.ephemeral(frame),
    markRead: async (org_id, channel_id, user_id, ...place) => {
      const { marker, read } = await database.withOrg(org_id, async (tx) => {
        const marker = await markRead(tx, org_id, channel_id, user_id, ...place)
        if (!marker) return {}
        const { read_seq } = marker
        return { marker, read: await readMentions(tx, { org_id, channel_id, user_id, read_seq }) }
      })
      if (read && read.read_at !== null)
        edges.frames.notificationsRead({ org_id, user_id, notification_ids: read.ids, read_at: read.read_at })
      return marker
    },
    markUnread: (org_id, ...marker) => database.withOrg(org_id, (tx) => markUnread(tx, org_id, ...marker)),
    loadBrake: (org_id, channel_id) =>
      database.readOrg(org_id, (tx) => readBrake(tx, org_id, channel_id, 10 * 60_000)),
    brakeSettings: (org_id) => {
      const brakeOf = (edge: OrgEdge) => edge.permissions.settings.agent_limits.loop_brake
      const edge = edges.peek(org_id)
      return edge ? brakeOf(edge) : edges.open(org_id).then(brakeOf)
    },
    newId,
    async ownOrg(org_id) {
      if (bus) await host.call({ kind: 'org', org_id, id: org_id }, { type: 'replay', after: 0, limit: 0 })
    },
  }
  host.register('channel', {
    create: (context) => new ChannelActor(context, channelPorts),
    idle_ms: options.actor_idle_ms,
    mailbox_max: options.mailbox_max,
  })

  return {
    command,
    /** Runs a command as the server itself. */
    systemCommand: <N extends CommandName>(org_id: string, named: NamedInput<N>) =>
      command<N>(org_id, { ...named, command_id: newId(), principal: SYSTEM }),
    channel,
    edges,
    host,
    ownership,
  }
}

function elsewhereOf(relay: FrameRelay, stored: Pick<DatabaseEdgeSource, 'heads'>): Elsewhere {
  return {
    join: (org_id) => relay.join(org_id),
    leave: (org_id) => relay.leave(org_id),
    hears: (org_id) => relay.hears(org_id),
    send: (...frame) => relay.send(...frame),
    report: (...report) => relay.report(...report),
    stay: (...stay) => relay.stay(...stay),
    ask: (org_id) => relay.ask(org_id),
    heads: (org_ids) => stored.heads(org_ids),
  }
}
