import { Agent, type AgentMeans } from './agent/agent.ts'
import type { AgentConfig } from './config/config.ts'
import type { HealthFacts } from './health/facts.ts'
import { Metrics } from './health/metrics.ts'
import { HealthWatch } from './health-watch.ts'
import { type Activity, Rest } from './rest.ts'
import type { AgentServer } from './server/port.ts'
import type { ServerWatch } from './server-watch.ts'

const LOOK_INTERVAL_MS = 1_000
const PRUNE_INTERVAL_MS = 60 * 60_000
/** Done rows are kept for 7 days, to suppress duplicates. */
const KEPT_MS = 7 * 24 * 60 * 60_000

export type BridgeMeans = Omit<AgentMeans, 'metrics' | 'isTaken' | 'onChange'> & {
  server_watch: ServerWatch
}

/** All agents of one bridge, over one gateway and one state file. */
export class Bridge {
  readonly agents: readonly Agent[]
  readonly metrics: Metrics
  readonly #means: BridgeMeans
  readonly #started_at: number
  readonly #health: HealthWatch
  readonly #rest = new Rest(() => Bun.gc(true))
  #cancelLook: () => void = () => undefined
  #cancelPrune: () => void = () => undefined

  /** `serverOf` makes the client of an agent; it gets the metrics to time its calls. */
  constructor(
    configs: readonly AgentConfig[],
    means: BridgeMeans,
    serverOf: (config: AgentConfig, metrics: Metrics) => AgentServer,
  ) {
    this.#means = means
    this.#started_at = means.clock.now()
    const agents: Agent[] = []
    this.agents = agents
    const source = { facts: () => this.facts, alarms: () => this.#health.active }
    this.metrics = new Metrics(
      source,
      configs.map(({ name }) => name),
    )
    this.#health = new HealthWatch({ agents, facts: () => this.facts, log: means.log })
    const shared: AgentMeans = {
      ...means,
      metrics: this.metrics,
      isTaken: (agent, org_slug, user_id) => this.#isTaken(agent, org_slug, user_id),
      onChange: () => this.#health.look(),
    }
    for (const config of configs) agents.push(new Agent(config, serverOf(config, this.metrics), shared))
  }

  get facts(): HealthFacts {
    const { clock, version, gateway, state, server_watch } = this.#means
    const { unfinished, bytes, oldest_at } = state.counts()
    return {
      now: clock.now(),
      started_at: this.#started_at,
      version,
      agents: this.agents.map((agent) => agent.facts),
      gateway: gateway.link,
      server: server_watch.facts,
      state: {
        unfinished,
        bytes,
        oldest_at,
        writable: state.writable,
        full: state.full,
        moved_aside: state.moved_aside,
      },
    }
  }

  /** Works until the signal aborts and everything has ended. Rows that are not done stay in the state. */
  async run(signal: AbortSignal): Promise<void> {
    const { gateway } = this.#means
    const leave = [
      gateway.onEvent((event) => this.agents.find((agent) => agent.owns(event.session_key))?.hear(event)),
      gateway.onLink(() => this.#health.look()),
    ]
    this.#look()
    this.#prune()
    await Promise.all(this.agents.map((agent) => agent.run(signal)))
    for (const end of leave) end()
    this.#cancelLook()
    this.#cancelPrune()
  }

  /** The first agent that acts for a member keeps it. */
  #isTaken(agent: Agent, org_slug: string, user_id: string): boolean {
    return this.agents.some(
      (one) => one !== agent && one.config.org_slug === org_slug && one.user_id === user_id,
    )
  }

  #look(): void {
    const { state, clock, log } = this.#means
    try {
      if (!state.writable) state.probe()
      this.#health.look()
      this.#rest.look(this.#activity())
    } catch (error) {
      log.failed('look at the health', error)
    }
    this.#cancelLook = clock.after(LOOK_INTERVAL_MS, () => this.#look())
  }

  #activity(): Activity {
    const { agents, now, started_at, state } = this.facts
    const events = agents.map(({ last_event_at }) => last_event_at ?? started_at)
    return { now, unfinished: state.unfinished, last_at: Math.max(started_at, ...events) }
  }

  #prune(): void {
    const { state, clock, log } = this.#means
    try {
      state.prune(KEPT_MS)
    } catch (error) {
      log.failed('prune the state', error)
    }
    this.#cancelPrune = clock.after(PRUNE_INTERVAL_MS, () => this.#prune())
  }
}
