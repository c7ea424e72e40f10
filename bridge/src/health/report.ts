import type { AgentFacts, HealthFacts, StateFacts } from './facts.ts'
import { because, spanText } from './words.ts'

/** `degraded`: part of the work waits. `failing`: nothing can be worked on until a person acts. */
export type Status = 'ok' | 'degraded' | 'failing'

/** The body of `GET /health`. Times are ISO 8601; `null` where there is nothing to tell. */
export interface HealthReport {
  status: Status
  /** Why it is not `ok`, one sentence each, for people. */
  reasons: string[]
  version: string
  uptime_seconds: number
  agents: AgentReport[]
  gateway: GatewayReport
  server: { reachable: boolean; since: string; version: string | null; reason: string | null }
  state: StateReport
}

export interface AgentReport {
  name: string
  org_slug: string
  status: 'ok' | 'degraded' | 'stopped'
  stream: { mode: string; since: string; reason: string | null }
  last_event_at: string | null
  last_event_age_seconds: number | null
  sessions: number
  queue: number
  working_turns: number
  sub_agents: number
  key: AgentFacts['key']
}

export interface GatewayReport {
  status: HealthFacts['gateway']['status']
  since: string
  version: string | null
  protocol: number | null
  reason: string | null
}

export interface StateReport {
  writable: boolean
  full: boolean
  moved_aside: string | null
  unfinished: number
  bytes: number
  oldest_unsent_seconds: number | null
}

/** What the bridge says of its health. Pure. */
export function healthReport(facts: HealthFacts): HealthReport {
  const failing = failures(facts)
  const degraded = troubles(facts)
  return {
    status: failing.length > 0 ? 'failing' : degraded.length > 0 ? 'degraded' : 'ok',
    reasons: [...failing, ...degraded],
    version: facts.version,
    uptime_seconds: seconds(facts.now - facts.started_at),
    agents: facts.agents.map((agent) => agentReport(agent, facts.now)),
    gateway: gatewayReport(facts),
    server: { ...facts.server, since: iso(facts.server.since) },
    state: stateReport(facts.state, facts.now),
  }
}

/** Whether the bridge takes and works on events, and if not, what it waits for. The body of `GET /ready`. */
export function readiness(facts: HealthFacts): { ready: boolean; waits_for: string[] } {
  const listening = facts.agents.some(({ stream }) => stream.mode === 'stream' || stream.mode === 'polling')
  const waits_for = [
    ...(facts.state.writable ? [] : ['a writable state file']),
    ...(facts.gateway.status === 'connected' ? [] : ['the gateway']),
    ...(listening ? [] : ['the first event stream']),
  ]
  return { ready: waits_for.length === 0, waits_for }
}

function failures({ state, gateway, agents }: HealthFacts): string[] {
  const reasons = []
  if (!state.writable) reasons.push('The state file is not writable, so no events are taken.')
  if (gateway.status === 'refused') reasons.push(`The gateway refuses the bridge: ${gateway.message}`)
  if (agents.length > 0 && agents.every((agent) => agent.stream.mode === 'stopped'))
    reasons.push('No agent is listened for.')
  return reasons
}

function troubles({ state, gateway, server, agents, now }: HealthFacts): string[] {
  const reasons = []
  if (gateway.status === 'connecting') reasons.push('The gateway is being connected to.')
  if (gateway.status === 'away')
    reasons.push(`The gateway is away since ${gateway.since.toISOString()}${because(gateway.reason)}.`)
  if (!server.reachable)
    reasons.push(`Mission Control is not reachable since ${iso(server.since)}${because(server.reason)}.`)
  if (state.full) reasons.push('Too much work waits, so no new messages are taken.')
  if (state.moved_aside !== null)
    reasons.push(`The state file was damaged; a new one was begun and the old one is ${state.moved_aside}.`)
  return [...reasons, ...agents.flatMap((agent) => agentTroubles(agent, now))]
}

function agentTroubles({ name, key, stream, other_bridge }: AgentFacts, now: number): string[] {
  const reasons = []
  if (key === 'refused') reasons.push(`Mission Control refuses the key of agent ${name}.`)
  if (key === 'missing') reasons.push(`The key of agent ${name} was not found.`)
  if (other_bridge) reasons.push(`Another bridge listens for agent ${name}.`)
  if (reasons.length > 0) return reasons
  const since = spanText(now - stream.since)
  if (stream.mode === 'polling')
    return [`Agent ${name} has no event stream for ${since} and asks for events instead.`]
  if (stream.mode === 'connecting')
    return [`Agent ${name} has no event stream for ${since}${because(stream.reason)}.`]
  if (stream.mode === 'stopped') return [`Agent ${name} is stopped${because(stream.reason)}.`]
  return []
}

function agentReport(agent: AgentFacts, now: number): AgentReport {
  const { name, org_slug, stream, last_event_at, sessions, queue, working_turns, sub_agents, key } = agent
  const healthy = agentTroubles(agent, now).length === 0
  return {
    name,
    org_slug,
    status: stream.mode === 'stopped' ? 'stopped' : healthy ? 'ok' : 'degraded',
    stream: { mode: stream.mode, since: iso(stream.since), reason: stream.reason },
    last_event_at: last_event_at === null ? null : iso(last_event_at),
    last_event_age_seconds: last_event_at === null ? null : seconds(now - last_event_at),
    sessions,
    queue,
    working_turns,
    sub_agents,
    key,
  }
}

function gatewayReport({ gateway }: HealthFacts): GatewayReport {
  const connected = gateway.status === 'connected' ? gateway : null
  const reason =
    gateway.status === 'refused' ? gateway.message : gateway.status === 'away' ? gateway.reason : null
  return {
    status: gateway.status,
    since: gateway.since.toISOString(),
    version: connected?.version ?? null,
    protocol: connected?.protocol ?? null,
    reason,
  }
}

function stateReport({ oldest_at, ...state }: StateFacts, now: number): StateReport {
  return { ...state, oldest_unsent_seconds: oldest_at === null ? null : seconds(now - oldest_at) }
}

const iso = (at: number) => new Date(at).toISOString()
/** Whole seconds; a clock that went back gives none. */
const seconds = (ms: number) => Math.max(0, Math.floor(ms / 1000))
