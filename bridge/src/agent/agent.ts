import type { ClientReport } from '../../../src/contracts/requests.ts'
import type { AgentClient } from '../../../src/contracts/resources.ts'
import type { Clock } from '../clock.ts'
import type { AgentConfig } from '../config/config.ts'
import type { CrashPoint } from '../delivery/crash-points.ts'
import type { DeliveryLimits } from '../delivery/limits.ts'
import type { Gateway, GatewayEvent } from '../gateway/port.ts'
import type { AgentFacts } from '../health/facts.ts'
import type { Metrics } from '../health/metrics.ts'
import type { Log } from '../log.ts'
import { ownsKey } from '../relay/session-keys.ts'
import type { AgentServer, StreamMode, SubAgentServer } from '../server/port.ts'
import type { State } from '../state/port.ts'
import type { Directory } from './directory.ts'
import { Life, type LifePorts } from './life.ts'
import { Presence, type PresenceTimes } from './presence.ts'
import { Rival } from './rival.ts'

/** What all agents of a bridge share. */
export interface AgentMeans {
  state: State
  gateway: Gateway
  clock: Clock
  random: () => number
  limits: DeliveryLimits
  times: PresenceTimes
  crash: CrashPoint
  log: Log
  metrics: Metrics
  /** Version of the bridge. */
  version: string
  /** The server as a sub-agent that an agent hosts. */
  serverOfSubAgent(host: AgentConfig, api_key: string): SubAgentServer
  /** True when another agent of this bridge acts for the same member of the org. */
  isTaken(agent: Agent, org_slug: string, user_id: string): boolean
  /** Something that health looks at has changed. */
  onChange(): void
}

/** Times after which an agent that was stopped by something else than its key tries again: 30 s, then longer up to 5 minutes. */
const AGAIN_MS = 30_000

/** Why the life of an agent ended; `reason` is for people. */
interface LifeEnd {
  why: 'key_refused' | 'taken' | 'other' | 'failed'
  reason: string
}

/** One agent over all of its lives: a refused key ends one, another key begins the next. */
export class Agent {
  readonly config: AgentConfig
  readonly #means: AgentMeans
  readonly #server: AgentServer
  readonly #log: Log
  #life: Life | undefined
  #presence: Presence | undefined
  #problems: readonly string[] = []
  readonly #rival: Rival
  #key: AgentFacts['key'] = 'unchecked'
  #stream: AgentFacts['stream']
  #was_streaming = false
  #other_bridge = false
  #last_event_at: number | null = null
  #user_id: string | undefined
  #gateway_version: string | undefined
  #rekeyed: () => void = () => undefined

  constructor(config: AgentConfig, server: AgentServer, means: AgentMeans) {
    this.config = config
    this.#server = server
    this.#means = means
    this.#log = means.log.child({ agent: config.name })
    this.#rival = new Rival(this.#log)
    this.#stream = { mode: 'connecting', since: means.clock.now(), reason: null }
  }

  /** Id of the member it acts for; undefined before the server told it. */
  get user_id(): string | undefined {
    return this.#user_id
  }

  /** Works until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted; ) {
      const end = await this.#live(signal)
      if (signal.aborted) return
      if (end.why === 'key_refused') this.#key = 'refused'
      this.#setStream('stopped', end.reason)
      if (end.why !== 'other') this.#log.error('The agent is stopped.', { reason: end.reason })
      this.#means.onChange()
      // Whatever else ended it may be over: the org is back, the member is active again.
      if (end.why === 'failed' || end.why === 'taken') failures++
      const again_ms = this.#againMs(end, failures)
      await this.#anotherKey(again_ms, signal)
    }
  }

  /** Undefined when only another key helps. */
  #againMs({ why }: LifeEnd, failures: number): number | undefined {
    if (why === 'key_refused') return undefined
    return why === 'other' ? this.#means.times.again_ms : AGAIN_MS * Math.min(10, failures)
  }

  /** Replaces the key; an agent that was stopped for the old one goes on. */
  useKey(api_key: string): void {
    this.#server.useKey(api_key)
    this.#key = 'unchecked'
    this.#rekeyed()
  }

  /** An event of one of the agent's sessions. */
  hear(event: GatewayEvent): void {
    // What the agent says while another bridge has it is posted by that one.
    if (!this.#rival.current) this.#life?.hear(event)
  }

  owns(session_key: string): boolean {
    return ownsKey(this.config, session_key)
  }

  get facts(): AgentFacts {
    const { name, org_slug } = this.config
    return {
      name,
      org_slug,
      key: this.#key,
      stream: this.#stream,
      other_bridge: this.#other_bridge,
      last_event_at: this.#last_event_at,
      sessions: this.#means.state.sessions(name).filter(({ archived }) => !archived).length,
      queue: this.#means.state.counts().by_agent[name] ?? 0,
      working_turns: this.#life?.delivery.working ?? 0,
      sub_agents: this.#life?.delivery.sub_agents ?? 0,
    }
  }

  /** Tells the server how this client is, when that changed. `problems` are sentences for people. */
  report(problems: readonly string[]): void {
    this.#problems = problems
    this.#presence?.tell()
  }

  #report(): ClientReport {
    const problems = this.#problems
    const { link } = this.#means.gateway
    if (link.status === 'connected') this.#gateway_version = link.version
    const version = this.#gateway_version
    return {
      name: 'mc-bridge',
      version: this.#means.version,
      wake: this.config.wake,
      state: problems.length === 0 ? 'ready' : 'degraded',
      detail: problems.length === 0 ? null : problems.join(' '),
      gateway: version === undefined ? null : { version, connected: link.status === 'connected' },
    }
  }

  /** Says something in the org-wide channel, best effort. `topic` and `since` make it one message over all attempts. */
  announce(topic: string, since: number, text: string): void {
    this.#life?.announce(`${topic}-${since}`, text)
  }

  async #live(signal: AbortSignal): Promise<LifeEnd> {
    const over = new AbortController()
    const end = () => over.abort()
    signal.addEventListener('abort', end)
    if (signal.aborted) end()
    // While another bridge has the agent, a look at it changes nothing.
    if (!this.#rival.current) this.#setStream('connecting', null)
    const presence = new Presence(
      {
        ...this.#means,
        server: this.#server,
        instance: this.#means.state.instance,
        report: () => this.#report(),
        onYield: (other) => this.#yield(other, end),
        warn: (message) => this.#log.warn(message),
        failed: this.#log.failed,
      },
      over.signal,
    )
    this.#presence = presence
    this.#life = new Life(this.#ports(end, presence), over.signal)
    try {
      const refused = await this.#life.run()
      if (refused) return { why: 'key_refused', reason: refused.message }
      if (this.#rival.current) return { why: 'other', reason: this.#rival.reason }
      return { why: 'taken', reason: 'another agent of this bridge acts for the same member' }
    } catch (error) {
      if (!signal.aborted) this.#log.failed('run the agent', error)
      return { why: 'failed', reason: error instanceof Error ? error.message : 'an unknown error' }
    } finally {
      over.abort()
      signal.removeEventListener('abort', end)
      this.#life = undefined
      this.#presence = undefined
      this.#user_id = undefined
    }
  }

  #ports(end: () => void, presence: Presence): LifePorts {
    const { metrics, clock, onChange } = this.#means
    const { name } = this.config
    return {
      ...this.#means,
      log: this.#log,
      config: this.config,
      server: this.#server,
      subAgentServer: (api_key) => this.#means.serverOfSubAgent(this.config, api_key),
      presence,
      onOther: (other) => this.#yield(other, end),
      onHeld: () => this.#held(),
      onKnown: (directory) => this.#known(directory, end),
      onReceived: ({ kind }) => metrics.inbound(name, kind),
      onCommand: (fate) => metrics.command(name, fate),
      onPosted: ({ kind }) => metrics.outbound(name, kind),
      onPostFailed: (why) => metrics.outboundError(name, why),
      onEvent: () => {
        this.#last_event_at = clock.now()
      },
      onMode: (mode, reason) => {
        this.#setStream(mode, reason)
        if (mode === 'stream') presence.lookAnew()
        onChange()
      },
    }
  }

  #known({ me }: Directory, end: () => void): void {
    this.#key = 'accepted'
    const taken = this.#means.isTaken(this, this.config.org_slug, me.id)
    this.#other_bridge = taken || this.#rival.current !== undefined
    if (taken) end()
    else this.#user_id = me.id
    this.#means.onChange()
  }

  /** Rows stay in the state, events at the server. */
  #yield(other: AgentClient, end: () => void): void {
    this.#rival.refused(other)
    this.#other_bridge = true
    end()
  }

  #held(): void {
    if (this.#rival.gone()) this.#setStream('connecting', null)
    this.#other_bridge = false
    this.#means.onChange()
  }

  #setStream(mode: StreamMode | 'stopped', reason: string | null): void {
    const { clock, metrics } = this.#means
    if (mode === 'stream') {
      if (this.#was_streaming) metrics.reconnected(this.config.name)
      this.#was_streaming = true
      this.#life?.delivery.wake()
    }
    if (mode !== this.#stream.mode) this.#log.info('The event stream changed.', { mode, reason })
    const since = mode === this.#stream.mode ? this.#stream.since : clock.now()
    this.#stream = { mode, since, reason }
  }

  /** Resolves when there is another key, after `again_ms` if that is given, and when the signal aborts. */
  async #anotherKey(again_ms: number | undefined, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const go = () => resolve()
    const cancel = again_ms === undefined ? undefined : this.#means.clock.after(again_ms, go)
    this.#rekeyed = go
    signal.addEventListener('abort', go)
    if (!signal.aborted) await promise
    cancel?.()
    signal.removeEventListener('abort', go)
    this.#rekeyed = () => undefined
  }
}
