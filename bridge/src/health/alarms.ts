import type { HealthFacts } from './facts.ts'
import { because, counted, spanText } from './words.ts'

export const ALARM_KINDS = [
  'gateway_away',
  'gateway_refused',
  'server_away',
  'queue_full',
  'state_unwritable',
  'state_damaged',
  'key_refused',
  'other_bridge',
  'polling',
] as const
export type AlarmKind = (typeof ALARM_KINDS)[number]

/** Something that people should know, from `raised` to `ended`. */
export interface Alarm {
  kind: AlarmKind
  /** The agent it is about; null when it is about all of them. */
  agent: string | null
  /** When the condition began, milliseconds since 1970. */
  since: number
  /** What is wrong and what follows, for the log and for the org-wide channel. */
  text: string
}

/** A condition of the bridge: who it is about, and why. */
interface Condition {
  agent: string | null
  reason: string | null
}

interface Rule {
  /** How long the condition holds before the alarm is raised. */
  after_ms: number
  /** How long it must be over before the alarm ends: a connection that comes and goes is one alarm. */
  over_ms: number
  conditions(facts: HealthFacts): Condition[]
  /** `span` is how long it lasts, in words. */
  raised(condition: Condition, span: string, facts: HealthFacts): string
  ended(agent: string | null, span: string): string
}

export const AWAY_ALARM_MS = 120_000
export const STEADY_MS = 15_000

const ofAll = (holds: boolean, reason: string | null = null): Condition[] =>
  holds ? [{ agent: null, reason }] : []

const RULES: Readonly<Record<AlarmKind, Rule>> = {
  gateway_away: {
    after_ms: AWAY_ALARM_MS,
    over_ms: STEADY_MS,
    conditions: ({ gateway }) =>
      ofAll(
        gateway.status === 'away' || gateway.status === 'connecting',
        gateway.status === 'away' ? gateway.reason : null,
      ),
    raised: ({ reason }, span, { state }) =>
      `The OpenClaw Gateway has been away for ${span}${because(reason)}. ${waiting(state.unfinished)}`,
    ended: (_, span) => `The OpenClaw Gateway is back after ${span}. What waited is worked on now.`,
  },
  gateway_refused: {
    after_ms: 0,
    over_ms: 0,
    conditions: ({ gateway }) =>
      gateway.status === 'refused' ? [{ agent: null, reason: gateway.message }] : [],
    raised: ({ reason }) =>
      `The OpenClaw Gateway refuses the bridge: ${reason} Agents do not answer until this is settled; run \`mc-bridge check\`.`,
    ended: () => 'The OpenClaw Gateway accepts the bridge again.',
  },
  server_away: {
    after_ms: AWAY_ALARM_MS,
    over_ms: STEADY_MS,
    conditions: ({ server }) => ofAll(!server.reachable, server.reason),
    raised: ({ reason }, span) =>
      `Mission Control has not been reachable for ${span}${because(reason)}. Answers wait and are posted when it is.`,
    ended: (_, span) => `Mission Control is reachable again after ${span}.`,
  },
  queue_full: {
    after_ms: 0,
    over_ms: 0,
    conditions: ({ state }) => ofAll(state.full),
    raised: (_, _span, { state }) =>
      `${counted(state.unfinished, 'message')} (${Math.ceil(state.bytes / 1024 / 1024)} MiB) wait for agents, which is the limit. ` +
      'New ones stay on the server until some of these are answered.',
    ended: (_, span) => `New messages are taken again; too many waited for ${span}.`,
  },
  state_unwritable: {
    after_ms: 0,
    over_ms: STEADY_MS,
    conditions: ({ state }) => ofAll(!state.writable),
    raised: () =>
      'The disk does not take the state of the bridge: it is full, read-only or broken. Messages stay on the server until it does.',
    ended: (_, span) => `The disk takes the state of the bridge again, after ${span}. Messages are taken.`,
  },
  // Holds until the next start: somebody should have seen it.
  state_damaged: {
    after_ms: 0,
    over_ms: 0,
    conditions: ({ state }) => ofAll(state.moved_aside !== null),
    raised: () =>
      'The state file of the bridge was damaged and a new one was begun. Open messages are taken up from the server; ' +
      'answers that are posted already are not posted again. Look at the disk, then restart the bridge.',
    ended: () => 'The state file of the bridge is whole.',
  },
  key_refused: {
    after_ms: 0,
    over_ms: 0,
    conditions: ({ agents }) =>
      agents
        .filter(({ key }) => key === 'refused' || key === 'missing')
        .map(({ name, key }) => ({
          agent: name,
          reason: key === 'missing' ? 'was not found' : 'is not valid any more',
        })),
    raised: ({ agent, reason }) =>
      `The key of agent ${agent} ${reason}, so this agent is stopped. Give it a new key; a restart is not needed.`,
    ended: (agent) => `The key of agent ${agent} is valid; this agent goes on.`,
  },
  other_bridge: {
    after_ms: 0,
    over_ms: 0,
    conditions: ({ agents }) =>
      agents.filter((agent) => agent.other_bridge).map(({ name }) => ({ agent: name, reason: null })),
    raised: ({ agent }) =>
      `Another bridge listens for agent ${agent}, so this one does not. Stop one of the two, or take the agent out of its configuration.`,
    ended: (agent) => `Agent ${agent} is listened for here; no other bridge has it any more.`,
  },
  polling: {
    after_ms: 0,
    over_ms: STEADY_MS,
    conditions: ({ agents }) =>
      agents
        .filter(({ stream }) => stream.mode === 'polling')
        .map(({ name, stream }) => ({ agent: name, reason: stream.reason })),
    raised: ({ agent, reason }) =>
      `Agent ${agent} cannot hold an event stream${because(reason)} and asks for events every 30 seconds: it may answer late.`,
    ended: (agent, span) => `Agent ${agent} has its event stream again after ${span}.`,
  },
}

/** What is known of one condition between two looks. */
interface Entry {
  kind: AlarmKind
  agent: string | null
  since: number
  /** Set when the condition was over at the last look. */
  over_since: number | null
  raised: boolean
}

/** The memory of the alarms, at most one entry per kind and agent. Begins as `NO_ALARMS`. */
export type Alarms = ReadonlyMap<string, Entry>
export const NO_ALARMS: Alarms = new Map()

/**
 * Looks at the facts: each alarm is raised once, when its condition held long enough, and ended once, when it was over long
 * enough. Pure; call it every few seconds.
 */
export function watch(
  before: Alarms,
  facts: HealthFacts,
): { alarms: Alarms; raised: Alarm[]; ended: Alarm[] } {
  const alarms = new Map<string, Entry>()
  const raised: Alarm[] = []
  const ended: Alarm[] = []
  for (const kind of ALARM_KINDS) {
    const rule = RULES[kind]
    for (const condition of rule.conditions(facts)) {
      const key = `${kind} ${condition.agent ?? ''}`
      const known = before.get(key)
      const entry: Entry = {
        kind,
        agent: condition.agent,
        since: known?.since ?? facts.now,
        over_since: null,
        raised: known?.raised ?? false,
      }
      const lasted_ms = facts.now - entry.since
      if (!entry.raised && lasted_ms >= rule.after_ms) {
        entry.raised = true
        raised.push(alarmOf(entry, rule.raised(condition, spanText(lasted_ms), facts)))
      }
      alarms.set(key, entry)
    }
  }
  for (const [key, entry] of before) {
    if (alarms.has(key)) continue
    const rule = RULES[entry.kind]
    const over_since = entry.over_since ?? facts.now
    if (facts.now - over_since < rule.over_ms) alarms.set(key, { ...entry, over_since })
    else if (entry.raised)
      ended.push(alarmOf(entry, rule.ended(entry.agent, spanText(over_since - entry.since))))
  }
  return { alarms, raised, ended }
}

/** How many alarms of each kind are raised now. */
export function activeAlarms(alarms: Alarms): Record<AlarmKind, number> {
  const count = (kind: AlarmKind) =>
    [...alarms.values()].filter((entry) => entry.raised && entry.kind === kind).length
  return {
    gateway_away: count('gateway_away'),
    gateway_refused: count('gateway_refused'),
    server_away: count('server_away'),
    queue_full: count('queue_full'),
    state_unwritable: count('state_unwritable'),
    state_damaged: count('state_damaged'),
    key_refused: count('key_refused'),
    other_bridge: count('other_bridge'),
    polling: count('polling'),
  }
}

const alarmOf = ({ kind, agent, since }: Entry, text: string): Alarm => ({ kind, agent, since, text })

function waiting(count: number): string {
  if (count === 0) return 'New messages wait until it is back.'
  return `${counted(count, 'message')} ${count === 1 ? 'waits' : 'wait'} and ${count === 1 ? 'is' : 'are'} worked on when it is back.`
}
