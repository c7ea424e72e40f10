import type { EventEnvelope } from '../../../src/contracts/events.ts'
import type { ClientReport } from '../../../src/contracts/requests.ts'
import type { Clock } from '../clock.ts'
import type { AgentConfig } from '../config/config.ts'
import type { CrashPoint } from '../delivery/crash-points.ts'
import type { DeliveryLimits } from '../delivery/limits.ts'
import type { Gateway, GatewayEvent } from '../gateway/port.ts'
import { ownsKey } from '../relay/draft.ts'
import type { AgentServer, KeyRefused, StreamMode } from '../server/port.ts'
import type { Row, State } from '../state/port.ts'
import { ClientReporter } from './client-reporter.ts'
import type { Directory } from './directory.ts'
import { Life } from './life.ts'
import type { Log } from './log.ts'
import { Problems, type ProblemTopic } from './problems.ts'
import { CountedSubAgents, type SubAgents } from './sub-agents.ts'

/** What all agents of a bridge share. */
export interface AgentMeans {
  state: State
  gateway: Gateway
  clock: Clock
  random: () => number
  limits: DeliveryLimits
  crash: CrashPoint
  log: Log
  /** Version of the bridge. */
  version: string
}

/** What the parts of one agent work with. */
export interface AgentPorts extends AgentMeans {
  config: AgentConfig
  server: AgentServer
  subAgents: SubAgents
  onKnown(directory: Directory): void
  onReceived(row: Row): void
  onPosted(row: Row): void
  onEvent(event: EventEnvelope): void
  onMode(mode: StreamMode, reason: string | null): void
  onBlocked(problem: string | null): void
}

/** What can be seen of an agent from outside. */
export interface AgentStatus {
  name: string
  org_slug: string
  gateway_agent: string
  /** `stopped`: its key was refused. */
  state: 'starting' | 'running' | 'stopped'
  stream: StreamMode
  /** Milliseconds since 1970; null before the first one. */
  last_event_at: number | null
  queue: number
  sessions: number
  sub_agents: number
  /** For people; empty when all is well. */
  problems: string[]
}

/** Counted since the start of the bridge. */
export interface AgentCounts {
  inbound: number
  outbound: number
  commands: number
  reconnections: number
}

/** One agent over all of its lives: a refused key ends one, another key begins the next. */
export class Agent {
  readonly config: AgentConfig
  readonly counts: AgentCounts = { inbound: 0, outbound: 0, commands: 0, reconnections: 0 }
  readonly #means: AgentMeans
  readonly #server: AgentServer
  readonly #subAgents: SubAgents
  readonly #problems: Problems
  #life: Life | undefined
  #reporter: ClientReporter | undefined
  #state: AgentStatus['state'] = 'starting'
  #stream: StreamMode = 'connecting'
  #last_event_at: number | null = null
  #gateway_version = ''
  #rekeyed: () => void = () => undefined

  constructor(config: AgentConfig, server: AgentServer, means: AgentMeans) {
    this.config = config
    this.#server = server
    this.#means = means
    this.#subAgents = new CountedSubAgents((message) => means.log.warn(message, { agent: config.name }))
    this.#problems = new Problems({ onChange: (topic, problem) => this.#changed(topic, problem) })
  }

  /** Works until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const refused = await this.#live(signal)
      if (!refused || signal.aborted) return
      this.#state = 'stopped'
      this.#problems.set('key', `Mission Control refuses the key of this agent: ${refused.message}`)
      await this.#anotherKey(signal)
      this.#problems.set('key', null)
    }
  }

  /** Replaces the key; an agent that was stopped for the old one goes on. */
  useKey(api_key: string): void {
    this.#server.useKey(api_key)
    this.#rekeyed()
  }

  /** An event of one of the agent's sessions. */
  hear(event: GatewayEvent): void {
    this.#life?.hear(event)
  }

  owns(session_key: string): boolean {
    return ownsKey(this.config, session_key)
  }

  /** What keeps the gateway from working, for people; null when nothing does. */
  gatewayProblem(problem: string | null): void {
    this.#problems.set('gateway', problem)
    this.reportClient()
  }

  get status(): AgentStatus {
    const { name, org_slug, gateway_agent } = this.config
    return {
      name,
      org_slug,
      gateway_agent,
      state: this.#state,
      stream: this.#stream,
      last_event_at: this.#last_event_at,
      queue: this.#life?.delivery.depth ?? 0,
      sessions: this.#means.state.sessions(name).filter(({ archived }) => !archived).length,
      sub_agents: this.#subAgents.active,
      problems: this.#problems.texts,
    }
  }

  /** Tells the server about this client, when what it says changed. */
  reportClient(): void {
    const { link } = this.#means.gateway
    const problems = this.#problems.texts
    const report: ClientReport = {
      name: 'mc-bridge',
      version: this.#means.version,
      wake: this.config.wake,
      state: problems.length === 0 ? 'ready' : 'degraded',
      detail: problems.length === 0 ? null : problems.join(' '),
      gateway: this.#gatewayOf(link.status === 'connected' ? link.version : undefined),
    }
    this.#reporter?.report(report)
  }

  #gatewayOf(version: string | undefined): ClientReport['gateway'] {
    if (version !== undefined) this.#gateway_version = version
    if (this.#gateway_version === '') return null
    return { version: this.#gateway_version, connected: version !== undefined }
  }

  async #live(signal: AbortSignal): Promise<KeyRefused | undefined> {
    const over = new AbortController()
    const end = () => over.abort()
    signal.addEventListener('abort', end)
    if (signal.aborted) end()
    const life = new Life(this.#ports(), over.signal)
    this.#life = life
    this.#reporter = new ClientReporter(
      {
        ...this.#means,
        server: this.#server,
        onKeyRefused: () => undefined,
        failed: this.#means.log.failed,
      },
      over.signal,
    )
    try {
      return await life.run()
    } finally {
      over.abort()
      signal.removeEventListener('abort', end)
      this.#life = undefined
      this.#stream = 'connecting'
    }
  }

  #ports(): AgentPorts {
    return {
      ...this.#means,
      config: this.config,
      server: this.#server,
      subAgents: this.#subAgents,
      onKnown: () => {
        this.#state = 'running'
        this.reportClient()
      },
      onReceived: ({ kind }) => {
        if (kind === 'command') this.counts.commands++
        else this.counts.inbound++
      },
      onPosted: () => void this.counts.outbound++,
      onEvent: () => {
        this.#last_event_at = this.#means.clock.now()
      },
      onMode: (mode, reason) => this.#onMode(mode, reason),
      onBlocked: (problem) => this.#problems.set('state', problem),
    }
  }

  #onMode(mode: StreamMode, reason: string | null): void {
    if (mode === 'stream' && this.#stream !== 'stream') this.counts.reconnections++
    this.#stream = mode
    const polling = mode === 'polling'
    if (polling)
      this.#problems.set('events', `The live stream is down (${reason ?? 'unknown'}): events are polled.`)
    else if (mode === 'stream') {
      this.#problems.set('events', null)
      this.#life?.delivery.wake()
    }
  }

  #changed(topic: ProblemTopic, problem: string | null): void {
    const { log } = this.#means
    const agent = this.config.name
    if (problem === null) log.info('A problem is over.', { agent, topic })
    else log.error(problem, { agent, topic })
    this.reportClient()
    if (problem !== null && (topic === 'events' || topic === 'state')) this.#life?.announce(topic, problem)
  }

  async #anotherKey(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const go = () => resolve()
    this.#rekeyed = go
    signal.addEventListener('abort', go)
    if (!signal.aborted) await promise
    signal.removeEventListener('abort', go)
  }
}
