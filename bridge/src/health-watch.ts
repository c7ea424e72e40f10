import type { Agent } from './agent/agent.ts'
import { type Alarm, type AlarmKind, type Alarms, activeAlarms, NO_ALARMS, watch } from './health/alarms.ts'
import type { HealthFacts } from './health/facts.ts'
import type { Log } from './log.ts'

/** Told in the org-wide channel as well: people there wait for answers. */
const ANNOUNCED: readonly AlarmKind[] = [
  'gateway_away',
  'gateway_refused',
  'queue_full',
  'state_unwritable',
  'polling',
]

export interface HealthWatchPorts {
  agents: readonly Agent[]
  facts(): HealthFacts
  log: Log
}

/** Looks at the health of the bridge and tells what it sees: to the log, to the server about each agent, to the channel. */
export class HealthWatch {
  readonly #ports: HealthWatchPorts
  #alarms: Alarms = NO_ALARMS
  readonly #raised = new Map<string, Alarm>()

  constructor(ports: HealthWatchPorts) {
    this.#ports = ports
  }

  /** How many alarms of each kind are raised. */
  get active(): Record<AlarmKind, number> {
    return activeAlarms(this.#alarms)
  }

  look(): void {
    const { log, agents } = this.#ports
    const { alarms, raised, ended } = watch(this.#alarms, this.#ports.facts())
    this.#alarms = alarms
    for (const alarm of ended) {
      this.#raised.delete(keyOf(alarm))
      log.info(alarm.text, { alarm_kind: alarm.kind })
    }
    for (const alarm of raised) {
      this.#raised.set(keyOf(alarm), alarm)
      log.error(alarm.text, { alarm_kind: alarm.kind })
      this.#announce(alarm)
    }
    for (const agent of agents) agent.report(this.#problemsOf(agent))
  }

  #problemsOf({ config }: Agent): string[] {
    const about = [...this.#raised.values()].filter(({ agent }) => agent === null || agent === config.name)
    return about.map(({ text }) => text)
  }

  /** By the agent that it is about, or by the first agent of each org. */
  #announce({ kind, agent, since, text }: Alarm): void {
    if (!ANNOUNCED.includes(kind)) return
    const orgs = new Set<string>()
    for (const one of this.#ports.agents) {
      if (agent !== null && one.config.name !== agent) continue
      if (orgs.has(one.config.org_slug)) continue
      orgs.add(one.config.org_slug)
      one.announce(kind.replaceAll('_', '-'), since, text)
    }
  }
}

function keyOf({ kind, agent }: Alarm): string {
  return `${kind} ${agent ?? ''}`
}
