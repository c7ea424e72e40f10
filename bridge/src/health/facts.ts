import type { Link } from '../gateway/port.ts'
import type { StreamMode } from '../server/port.ts'

/** What the bridge knows of itself at one moment: the input of report, alarms and gauges. Times are milliseconds since 1970. */
export interface HealthFacts {
  now: number
  started_at: number
  /** Of the bridge. */
  version: string
  agents: AgentFacts[]
  gateway: Link
  server: ServerFacts
  state: StateFacts
}

export interface AgentFacts {
  name: string
  org_slug: string
  /** `missing`: its credential was not found. */
  key: 'unchecked' | 'accepted' | 'refused' | 'missing'
  /** `stopped`: nothing listens for this agent. */
  stream: { mode: StreamMode | 'stopped'; since: number; reason: string | null }
  /** Another bridge listens for this agent. */
  other_bridge: boolean
  last_event_at: number | null
  sessions: number
  /** Rows that are not done. */
  queue: number
  /** Turns that the gateway has now. */
  working_turns: number
  sub_agents: number
}

export interface ServerFacts {
  reachable: boolean
  /** Of the present reachability. */
  since: number
  version: string | null
  /** Why it is not reachable. */
  reason: string | null
}

export interface StateFacts {
  writable: boolean
  full: boolean
  moved_aside: string | null
  unfinished: number
  bytes: number
  oldest_at: number | null
}
