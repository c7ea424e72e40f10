import { Agent, type AgentMeans } from './agent/agent.ts'
import type { AgentConfig } from './config/config.ts'
import type { Gateway, Link } from './gateway/port.ts'
import type { AgentServer } from './server/port.ts'

/** A gateway that is away for longer than this is an alarm. */
const GATEWAY_ALARM_MS = 2 * 60_000
const PRUNE_INTERVAL_MS = 60 * 60_000
/** Done rows are kept for 7 days, to suppress duplicates. */
const KEPT_MS = 7 * 24 * 60 * 60_000

export interface BridgeMeans extends AgentMeans {
  gateway: Gateway
  /** How long the gateway may be away before that is an alarm; 2 minutes when left out. */
  gateway_alarm_ms?: number
}

/** All agents of one bridge, over one gateway and one state file. */
export class Bridge {
  readonly agents: readonly Agent[]
  readonly #means: BridgeMeans
  #cancelAlarm: () => void = () => undefined
  #cancelPrune: () => void = () => undefined

  constructor(agents: readonly { config: AgentConfig; server: AgentServer }[], means: BridgeMeans) {
    this.#means = means
    this.agents = agents.map(({ config, server }) => new Agent(config, server, means))
  }

  /** Works until the signal aborts and everything has ended. Rows that are not done stay in the state. */
  async run(signal: AbortSignal): Promise<void> {
    const { gateway } = this.#means
    const leave = [
      gateway.onEvent((event) => this.agents.find((agent) => agent.owns(event.session_key))?.hear(event)),
      gateway.onLink((link) => this.#linked(link)),
    ]
    this.#linked(gateway.link)
    this.#prune()
    await Promise.all(this.agents.map((agent) => agent.run(signal)))
    for (const end of leave) end()
    this.#cancelAlarm()
    this.#cancelPrune()
  }

  #linked(link: Link): void {
    const { clock, gateway_alarm_ms = GATEWAY_ALARM_MS } = this.#means
    if (link.status === 'connected') {
      this.#cancelAlarm()
      this.#cancelAlarm = () => undefined
      this.#tell(null)
    } else if (link.status === 'refused') this.#tell(link.message)
    else {
      for (const agent of this.agents) agent.reportClient()
      const left_ms = link.since.getTime() + gateway_alarm_ms - clock.now()
      this.#cancelAlarm()
      this.#cancelAlarm = clock.after(Math.max(0, left_ms), () => this.#tell(awayFor(gateway_alarm_ms, link)))
    }
  }

  #tell(problem: string | null): void {
    for (const agent of this.agents) agent.gatewayProblem(problem)
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

function awayFor(ms: number, link: Link): string {
  const reason = link.status === 'away' ? ` (${link.reason})` : ''
  return `The gateway has not been connected for ${Math.max(1, Math.round(ms / 60_000))} minutes${reason}.`
}
