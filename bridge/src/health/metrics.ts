import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Gateway } from '../gateway/port.ts'
import type { AgentServer } from '../server/port.ts'
import type { RowKind } from '../state/port.ts'
import type { AlarmKind } from './alarms.ts'
import type { AgentFacts, HealthFacts } from './facts.ts'

/** Why a post failed: bounded, for a label. */
export type OutboundError = 'away' | 'refused' | 'key_refused' | 'gave_up'

/** Calls that are timed, by the method of the port: those that wait for the other side, not for a turn. */
export const GATEWAY_CALLS = [
  'startTurn',
  'command',
  'abort',
  'history',
  'createSession',
  'archive',
  'agents',
] as const satisfies readonly (keyof Gateway)[]
export type GatewayCall = (typeof GATEWAY_CALLS)[number]

export const SERVER_CALLS = [
  'me',
  'users',
  'channels',
  'projects',
  'task',
  'messages',
  'post',
  'deliver',
  'registerCommands',
  'waitingDeliveries',
  'activeSubAgents',
  'subAgentKey',
  'terminateSubAgent',
  'completeSubAgent',
  'reportClient',
  'subscribe',
  'version',
] as const satisfies readonly (keyof AgentServer)[]
export type ServerCall = (typeof SERVER_CALLS)[number]

/** What gauges read when metrics are asked for. */
export interface MetricsSource {
  facts(): HealthFacts
  alarms(): Record<AlarmKind, number>
}

const LATENCY_BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** Labels have few values: agents of the configuration, and fixed words. */
export class Metrics {
  readonly #registry = new Registry()
  readonly #reconnections = this.#counter(
    'bridge_sse_reconnections_total',
    'Event streams that were opened again.',
    ['agent'],
  )
  readonly #inbound = this.#counter(
    'bridge_messages_inbound_total',
    'Events that became work, by kind of row.',
    ['agent', 'kind'],
  )
  readonly #outbound = this.#counter(
    'bridge_messages_outbound_total',
    'Messages that were posted, by kind of row.',
    ['agent', 'kind'],
  )
  readonly #errors = this.#counter('bridge_messages_outbound_errors_total', 'Attempts to post that failed.', [
    'agent',
    'reason',
  ])
  readonly #commands = this.#counter(
    'bridge_commands_routed_total',
    'Slash commands for the agent, by what became of them.',
    ['agent', 'result'],
  )
  readonly #gateway = this.#histogram(
    'bridge_gateway_latency_seconds',
    'Requests to the gateway, until the first answer.',
  )
  readonly #server = this.#histogram(
    'bridge_mc_api_latency_seconds',
    'Requests to Mission Control, with their retries.',
  )

  /** `agents` are the names in the configuration. */
  constructor(source: MetricsSource, agents: readonly string[]) {
    collectDefaultMetrics({ register: this.#registry })
    for (const name of agents) this.#begin(name)
    this.#perAgent(source, 'bridge_sse_connections_active', 'Open event streams.', ({ stream }) =>
      stream.mode === 'stream' ? 1 : 0,
    )
    this.#perAgent(
      source,
      'bridge_sub_agents_active',
      'Sub-agents that the agent hosts.',
      (agent) => agent.sub_agents,
    )
    this.#perAgent(source, 'bridge_queue_depth', 'Rows that are not done.', (agent) => agent.queue)
    this.#perAgent(
      source,
      'bridge_turns_working',
      'Turns that the gateway has now.',
      (agent) => agent.working_turns,
    )
    this.#gauge(
      'bridge_oldest_unsent_seconds',
      'Age of the oldest row that is not done.',
      ({ state, now }) => (state.oldest_at === null ? 0 : Math.max(0, (now - state.oldest_at) / 1000)),
      source,
    )
    this.#gauge('bridge_queue_bytes', 'Text in rows that are not done.', ({ state }) => state.bytes, source)
    this.#gauge(
      'bridge_gateway_connected',
      'Whether the gateway is connected.',
      ({ gateway }) => (gateway.status === 'connected' ? 1 : 0),
      source,
    )
    new Gauge({
      name: 'bridge_alarms_active',
      help: 'Alarms that are raised, by kind.',
      labelNames: ['kind'],
      registers: [this.#registry],
      collect() {
        for (const [kind, count] of Object.entries(source.alarms())) this.set({ kind }, count)
      },
    })
  }

  reconnected(agent: string): void {
    this.#reconnections.inc({ agent })
  }

  inbound(agent: string, kind: RowKind): void {
    this.#inbound.inc({ agent, kind })
  }

  /** Once per message: an answer of three parts counts three times. */
  outbound(agent: string, kind: RowKind): void {
    this.#outbound.inc({ agent, kind })
  }

  outboundError(agent: string, reason: OutboundError): void {
    this.#errors.inc({ agent, reason })
  }

  command(agent: string, result: 'passed' | 'answered' | 'refused'): void {
    this.#commands.inc({ agent, result })
  }

  gatewayLatency(method: GatewayCall, ms: number): void {
    this.#gateway.observe({ method }, ms / 1000)
  }

  serverLatency(method: ServerCall, ms: number): void {
    this.#server.observe({ method }, ms / 1000)
  }

  /** In the text format of Prometheus; its type is `content_type`. */
  async text(): Promise<string> {
    return await this.#registry.metrics()
  }

  get content_type(): string {
    return this.#registry.contentType
  }

  /** Series exist from the start: a rate over a series that appears with its first count misses that count. */
  #begin(agent: string): void {
    this.#reconnections.inc({ agent }, 0)
    for (const kind of ['message', 'command', 'notice', 'speech', 'sub_agent'] as const) {
      if (kind !== 'speech') this.#inbound.inc({ agent, kind }, 0)
      this.#outbound.inc({ agent, kind }, 0)
    }
    for (const reason of ['away', 'refused', 'key_refused', 'gave_up']) this.#errors.inc({ agent, reason }, 0)
    for (const result of ['passed', 'answered', 'refused']) this.#commands.inc({ agent, result }, 0)
  }

  #counter<L extends string>(name: string, help: string, labelNames: L[]): Counter<L> {
    return new Counter({ name, help, labelNames, registers: [this.#registry] })
  }

  #histogram(name: string, help: string): Histogram<'method'> {
    return new Histogram({
      name,
      help,
      labelNames: ['method'],
      buckets: LATENCY_BUCKETS_SECONDS,
      registers: [this.#registry],
    })
  }

  #gauge(name: string, help: string, read: (facts: HealthFacts) => number, source: MetricsSource): void {
    new Gauge({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.set(read(source.facts()))
      },
    })
  }

  #perAgent(source: MetricsSource, name: string, help: string, read: (agent: AgentFacts) => number): void {
    new Gauge({
      name,
      help,
      labelNames: ['agent'],
      registers: [this.#registry],
      collect() {
        this.reset()
        for (const agent of source.facts().agents) this.set({ agent: agent.name }, read(agent))
      },
    })
  }
}
