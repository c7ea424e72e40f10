import type { AgentFacts, HealthFacts } from '../../src/health/facts.ts'

export const NOW = Date.UTC(2026, 10, 27, 12, 0, 0)

export function agent(change: Partial<AgentFacts> = {}): AgentFacts {
  return {
    name: 'scout',
    org_slug: 'acme',
    key: 'accepted',
    stream: { mode: 'stream', since: NOW - 60_000, reason: null },
    other_bridge: false,
    last_event_at: NOW - 5_000,
    sessions: 3,
    queue: 2,
    working_turns: 1,
    sub_agents: 0,
    ...change,
  }
}

/** All is well, one hour after the start. */
export function facts(change: Partial<HealthFacts> = {}): HealthFacts {
  return {
    now: NOW,
    started_at: NOW - 3_600_000,
    version: '0.1.0',
    agents: [agent()],
    gateway: {
      status: 'connected',
      since: new Date(NOW - 30_000),
      boot_id: 'b1',
      version: '2026.8.1',
      protocol: 4,
    },
    server: { reachable: true, since: NOW - 60_000, version: '1.4.0', reason: null },
    state: {
      writable: true,
      full: false,
      moved_aside: null,
      unfinished: 2,
      bytes: 300,
      oldest_at: NOW - 42_500,
    },
    ...change,
  }
}

export const away = (since: number, reason = 'connection refused'): Partial<HealthFacts> => ({
  gateway: { status: 'away', since: new Date(since), reason },
})
